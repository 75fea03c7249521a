// Spherical harmonics of edge directions on the device, an edge a thread.
#include "kernels/spherical_harmonics.hpp"

#include "kernels/cuda/launch.hpp"

namespace regrain::kernels {

namespace {

// y(e) = harmonics_of(r(e)). Grid: thread e writes row e. 3 values read and 9 written an edge for some 40 operations,
// rows of neighbouring threads side by side: limited by memory.
template <class T>
__global__ void __launch_bounds__(kBlock) spherical_harmonics_kernel(View<const T, 2> r_E3, View<T, 2> y_E9) {
  const std::size_t at = thread_of_grid();
  if (at >= static_cast<std::size_t>(r_E3.dim(0))) return;
  const int e = static_cast<int>(at);
  harmonics_of(r_E3.row(e), y_E9.row(e));
}

}  // namespace

template <class T>
void spherical_harmonics(Cuda be, View<const T, 2> r_E3, View<T, 2> y_E9) {
  REGRAIN_CHECK(r_E3.dim(1) == 3 && y_E9.dim(1) == kHarmonics && y_E9.dim(0) == r_E3.dim(0),
                "spherical_harmonics: r is ", r_E3.dim(0), "x", r_E3.dim(1), ", y ", y_E9.dim(0), "x", y_E9.dim(1));
  launch<spherical_harmonics_kernel<T>>(be, blocks_for(static_cast<std::size_t>(r_E3.dim(0))), kBlock, 0, r_E3, y_E9);
}

template void spherical_harmonics<float>(Cuda, View<const float, 2>, View<float, 2>);
template void spherical_harmonics<double>(Cuda, View<const double, 2>, View<double, 2>);

}  // namespace regrain::kernels
