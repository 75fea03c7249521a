#include "kernels/layer_norm.hpp"

#include <algorithm>
#include <cmath>

#include "engine/errors.hpp"
#include "kernels/parallel.hpp"

namespace regrain::kernels {

namespace {

// Lanes of a sum over a row: a fixed number, so that the compiler may use vectors.
constexpr int kLanesOfSum = 16;

template <class T, class F>
T row_sum(int n, F f) {
  T lane[kLanesOfSum] = {};
  int c = 0;
  for (; c + kLanesOfSum <= n; c += kLanesOfSum)
    for (int l = 0; l < kLanesOfSum; ++l) lane[l] += f(c + l);
  for (int l = 0; c < n; ++c, ++l) lane[l] += f(c);
  for (int half = kLanesOfSum / 2; half > 0; half /= 2)
    for (int l = 0; l < half; ++l) lane[l] += lane[l + half];
  return lane[0];
}

// mean and 1 / sqrt(variance + epsilon) of a row
template <class T>
struct Row {
  T mean, inverse;

  Row(const T* x, int n) {
    mean = row_sum<T>(n, [&](int c) { return x[c]; }) / static_cast<T>(n);
    const T variance = row_sum<T>(n, [&](int c) { return (x[c] - mean) * (x[c] - mean); }) / static_cast<T>(n);
    inverse = T(1) / std::sqrt(variance + static_cast<T>(kLayerNormEpsilon));
  }
};

constexpr double kWork = 10;

}  // namespace

template <class T>
void layer_norm(Cpu be, View<const T, 2> x_NF, View<const T, 1> scale_F, View<const T, 1> shift_F, View<T, 2> y_NF) {
  const int n = x_NF.dim(0), f = x_NF.dim(1);
  REGRAIN_CHECK(scale_F.dim(0) == f && shift_F.dim(0) == f && y_NF.dim(0) == n && y_NF.dim(1) == f, "layer_norm: x is ", n, " x ", f,
                ", y ", y_NF.dim(0), " x ", y_NF.dim(1), ", ", scale_F.dim(0), " scales");
  parallel_for(be, n, kWork * n * f, [&](int i) {
    const T* __restrict x = x_NF.row(i);
    T* __restrict y = y_NF.row(i);
    const Row<T> row(x, f);
    for (int c = 0; c < f; ++c) y[c] = scale_F.data()[c] * ((x[c] - row.mean) * row.inverse) + shift_F.data()[c];
  });
}

template <class T>
void layer_norm_backward(Cpu be, View<const T, 2> x_NF, View<const T, 1> scale_F, View<const T, 2> dy_NF, View<T, 2> dx_NF,
                         View<T, 1> dscale_F, View<T, 1> dshift_F) {
  const int n = x_NF.dim(0), f = x_NF.dim(1);
  const Arena::Scope scope(*be.scratch);
  T* sums = be.scratch->allocate_array<T>(static_cast<std::size_t>(2 * f * kSumChunks));
  parallel_for(be, kSumChunks, 2 * kWork * n * f, [&](int chunk) {
    T *__restrict dscale = sums + 2 * f * chunk, *__restrict dshift = dscale + f;
    std::fill_n(dscale, 2 * f, T(0));
    const auto rows = static_cast<std::size_t>(n);
    for (std::size_t r = chunk_begin(rows, chunk); r < chunk_begin(rows, chunk + 1); ++r) {
      const int i = static_cast<int>(r);
      const T *__restrict x = x_NF.row(i), *__restrict dy = dy_NF.row(i), *__restrict scale = scale_F.data();
      const Row<T> row(x, f);
      for (int c = 0; c < f; ++c) {
        dscale[c] += dy[c] * ((x[c] - row.mean) * row.inverse);
        dshift[c] += dy[c];
      }
      if (!dx_NF.data()) continue;
      // dx = inverse (g - mean(g) - xhat mean(g xhat)), g = scale dy
      const T mean_g = row_sum<T>(f, [&](int c) { return scale[c] * dy[c]; }) / static_cast<T>(f);
      const T mean_gx = row_sum<T>(f, [&](int c) { return scale[c] * dy[c] * ((x[c] - row.mean) * row.inverse); }) / static_cast<T>(f);
      T* __restrict dx = dx_NF.row(i);
      for (int c = 0; c < f; ++c)
        dx[c] += row.inverse * (scale[c] * dy[c] - mean_g - ((x[c] - row.mean) * row.inverse) * mean_gx);
    }
  });
  for (int chunk = 0; chunk < kSumChunks; ++chunk)
    for (int c = 0; c < f; ++c) {
      dscale_F(c) += sums[2 * f * chunk + c];
      dshift_F(c) += sums[2 * f * chunk + f + c];
    }
}

#define REGRAIN_INSTANTIATE(T)                                                                                          \
  template void layer_norm<T>(Cpu, View<const T, 2>, View<const T, 1>, View<const T, 1>, View<T, 2>);                   \
  template void layer_norm_backward<T>(Cpu, View<const T, 2>, View<const T, 1>, View<const T, 2>, View<T, 2>, View<T, 1>, \
                                       View<T, 1>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
