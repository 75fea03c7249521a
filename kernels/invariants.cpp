#include "kernels/invariants.hpp"

#include "engine/errors.hpp"
#include "kernels/parallel.hpp"

namespace regrain::kernels {

namespace {

constexpr int kS = kScalarChannels, kV = kVectorChannels;

}  // namespace

template <class T>
void invariant_features(Cpu be, int level, Handedness hand, View<const T, 2> x_NF, View<T, 2> y_NF) {
  REGRAIN_CHECK(x_NF.dim(1) == feature_width(level) && y_NF.dim(1) == invariant_width(level) &&
                    x_NF.dim(0) == y_NF.dim(0),
                "invariant_features: level ", level, ", x is ", x_NF.dim(0), "x", x_NF.dim(1), ", y ",
                y_NF.dim(0), "x", y_NF.dim(1));
  parallel_for(be, x_NF.dim(0), 50.0 * x_NF.dim(0), [&](int i) {
    const T* x = x_NF.row(i);
    T* y = std::copy_n(x, kS, y_NF.row(i));
    x += kS;
    for (int b = 0; b < n_vector_blocks(level); ++b, x += 3 * kV)
      for (int c = 0; c < kV; ++c) *y++ = soft_length(x + c);
    if (level == 3)
      for (int c = 0; c < kS; ++c) *y++ = hand == Handedness::keep ? x[c] : x[c] * x[c];
  });
}

template <class T>
void invariant_features_backward(Cpu be, int level, Handedness hand, View<const T, 2> x_NF,
                                 View<const T, 2> dy_NF, View<T, 2> dx_NF) {
  parallel_for(be, x_NF.dim(0), 50.0 * x_NF.dim(0), [&](int i) {
    const T *x = x_NF.row(i), *dy = dy_NF.row(i);
    T* dx = dx_NF.row(i);
    for (int c = 0; c < kS; ++c) *dx++ += *dy++;
    x += kS;
    for (int b = 0; b < n_vector_blocks(level); ++b, x += 3 * kV, dx += 3 * kV)
      for (int c = 0; c < kV; ++c) {
        const T factor = *dy++ / soft_length(x + c);
        for (int m = 0; m < 3; ++m) dx[m * kV + c] += factor * x[m * kV + c];
      }
    if (level == 3)
      for (int c = 0; c < kS; ++c) dx[c] += dy[c] * (hand == Handedness::keep ? T(1) : 2 * x[c]);
  });
}

#define REGRAIN_INSTANTIATE(T)                                                                           \
  template void invariant_features<T>(Cpu, int, Handedness, View<const T, 2>, View<T, 2>);               \
  template void invariant_features_backward<T>(Cpu, int, Handedness, View<const T, 2>, View<const T, 2>, \
                                               View<T, 2>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
