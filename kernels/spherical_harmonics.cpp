#include "kernels/spherical_harmonics.hpp"

#include "engine/errors.hpp"
#include "kernels/parallel.hpp"

namespace regrain::kernels {

template <class T>
void spherical_harmonics(Cpu be, View<const T, 2> r_E3, View<T, 2> y_E9) {
  REGRAIN_CHECK(r_E3.dim(1) == 3 && y_E9.dim(1) == kHarmonics && y_E9.dim(0) == r_E3.dim(0),
                "spherical_harmonics: r is ", r_E3.dim(0), "x", r_E3.dim(1), ", y ", y_E9.dim(0), "x",
                y_E9.dim(1));
  parallel_for(be, r_E3.dim(0), 30.0 * r_E3.dim(0), [&](int e) { harmonics_of(r_E3.row(e), y_E9.row(e)); });
}

template void spherical_harmonics<float>(Cpu, View<const float, 2>, View<float, 2>);
template void spherical_harmonics<double>(Cpu, View<const double, 2>, View<double, 2>);

}  // namespace regrain::kernels
