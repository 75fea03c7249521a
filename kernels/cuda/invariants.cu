// Invariants of node features on the device: a thread a column of a row.
//
// A row has 12 to 48 columns, so the threads of a warp share the few rows they read, from the first cache. A
// few operations and one root an element: memory limits both kernels.
#include "kernels/invariants.hpp"

#include "engine/errors.hpp"
#include "kernels/cuda/launch.hpp"

namespace regrain::kernels {

namespace {

constexpr int kS = kScalarChannels, kV = kVectorChannels;

// y(i, c) from row i of x. Grid: thread i * width + c. A row of x read and one of y written.
template <class T>
__global__ void __launch_bounds__(kBlock)
    invariant_features_kernel(int level, bool keep, View<const T, 2> x_NF, View<T, 2> y_NF) {
  const std::size_t at = thread_of_grid(), width = static_cast<std::size_t>(y_NF.dim(1));
  if (at >= y_NF.size()) return;
  const int i = static_cast<int>(at / width), c = static_cast<int>(at % width),
            vectors = n_vector_blocks(level);
  T y;
  if (c < kS) {
    y = x_NF(i, c);
  } else if (const int v = c - kS; v < kV * vectors) {
    y = soft_length(&x_NF(i, kS + v / kV * 3 * kV + v % kV));
  } else {
    const T pseudo = x_NF(i, kS + 3 * kV * vectors + v - kV * vectors);
    y = keep ? pseudo : pseudo * pseudo;
  }
  y_NF(i, c) = y;
}

// dx(i, c) += dy of the invariant that column c goes into, times its derivative. Grid: thread i * width + c
// of x; the three components of a vector each take its length again. Rows of x, dy and dx read, one of dx
// written.
template <class T>
__global__ void __launch_bounds__(kBlock)
    invariant_features_backward_kernel(int level, bool keep, View<const T, 2> x_NF, View<const T, 2> dy_NF,
                                       View<T, 2> dx_NF) {
  const std::size_t at = thread_of_grid(), width = static_cast<std::size_t>(dx_NF.dim(1));
  if (at >= dx_NF.size()) return;
  const int i = static_cast<int>(at / width), c = static_cast<int>(at % width),
            vectors = n_vector_blocks(level);
  T dx;
  if (c < kS) {
    dx = dy_NF(i, c);
  } else if (const int v = c - kS; v < 3 * kV * vectors) {
    const int block = v / (3 * kV), channel = v % kV;
    dx = dy_NF(i, kS + block * kV + channel) / soft_length(&x_NF(i, kS + block * 3 * kV + channel)) *
         x_NF(i, c);
  } else {
    dx = dy_NF(i, c - 2 * kV * vectors) * (keep ? T(1) : 2 * x_NF(i, c));
  }
  dx_NF(i, c) += dx;
}

}  // namespace

template <class T>
void invariant_features(Cuda be, int level, Handedness hand, View<const T, 2> x_NF, View<T, 2> y_NF) {
  REGRAIN_CHECK(x_NF.dim(1) == feature_width(level) && y_NF.dim(1) == invariant_width(level) &&
                    x_NF.dim(0) == y_NF.dim(0),
                "invariant_features: level ", level, ", x is ", x_NF.dim(0), "x", x_NF.dim(1), ", y ",
                y_NF.dim(0), "x", y_NF.dim(1));
  launch<invariant_features_kernel<T>>(be, blocks_for(y_NF.size()), kBlock, 0, level,
                                       hand == Handedness::keep, x_NF, y_NF);
}

template <class T>
void invariant_features_backward(Cuda be, int level, Handedness hand, View<const T, 2> x_NF,
                                 View<const T, 2> dy_NF, View<T, 2> dx_NF) {
  launch<invariant_features_backward_kernel<T>>(be, blocks_for(dx_NF.size()), kBlock, 0, level,
                                                hand == Handedness::keep, x_NF, dy_NF, dx_NF);
}

#define REGRAIN_INSTANTIATE(T)                                                                            \
  template void invariant_features<T>(Cuda, int, Handedness, View<const T, 2>, View<T, 2>);               \
  template void invariant_features_backward<T>(Cuda, int, Handedness, View<const T, 2>, View<const T, 2>, \
                                               View<T, 2>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
