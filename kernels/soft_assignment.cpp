#include "kernels/soft_assignment.hpp"

#include <cmath>

#include "kernels/parallel.hpp"

namespace regrain::kernels {

namespace {

constexpr double kWorkPerDraw = 100, kWorkPerExp = 30;

// columns of one thread, top to bottom: one order of additions
constexpr int kStrip = 16;

template <class F>
void for_strips(Cpu be, int rows, int cols, F f) {
  parallel_for(be, (cols + kStrip - 1) / kStrip, 2.0 * rows * cols,
               [&](int s) { f(s * kStrip, std::min(cols, (s + 1) * kStrip)); });
}

}  // namespace

template <class T>
void fill_gumbel(Cpu be, Rng rng, View<T, 1> noise) {
  parallel_for(be, noise.dim(0), kWorkPerDraw * noise.dim(0), [&](int i) {
    noise(i) = static_cast<T>(rng.gumbel(static_cast<std::uint32_t>(i)));
  });
}

template <class T>
void gumbel_softmax(Cpu be, View<const T, 2> logit_AB, View<const T, 2> noise_AB, T temperature,
                    View<T, 2> m_AB) {
  const int n = m_AB.dim(0), b = m_AB.dim(1);
  check_gumbel_softmax(logit_AB, noise_AB, temperature, m_AB);
  parallel_for(be, n, kWorkPerExp * n * b, [&](int i) {
    const T *logit = logit_AB.row(i), *noise = noise_AB.row(i);
    T* m = m_AB.row(i);
    T top = (logit[0] + noise[0]) / temperature;
    for (int k = 0; k < b; ++k) {
      m[k] = (logit[k] + noise[k]) / temperature;
      top = std::max(top, m[k]);
    }
    T sum = T(0);
    for (int k = 0; k < b; ++k) {
      m[k] = std::exp(m[k] - top);
      sum += m[k];
    }
    for (int k = 0; k < b; ++k) m[k] /= sum;
  });
}

template <class T>
void gumbel_softmax_backward(Cpu be, View<const T, 2> m_AB, T temperature, View<const T, 2> dm_AB,
                             View<T, 2> dlogit_AB) {
  const int n = m_AB.dim(0), b = m_AB.dim(1);
  parallel_for(be, n, 4.0 * n * b, [&](int i) {
    const T *m = m_AB.row(i), *dm = dm_AB.row(i);
    T* dlogit = dlogit_AB.row(i);
    T mean = T(0);
    for (int k = 0; k < b; ++k) mean += m[k] * dm[k];
    for (int k = 0; k < b; ++k) dlogit[k] += m[k] * (dm[k] - mean) / temperature;
  });
}

template <class T>
void normalize_columns(Cpu be, View<const T, 2> m_AB, View<T, 2> y_AB, View<T, 1> sum_B) {
  const int n = m_AB.dim(0);
  for_strips(be, n, m_AB.dim(1), [&](int begin, int end) {
    for (int k = begin; k < end; ++k) sum_B(k) = static_cast<T>(kColumnFloor);
    for (int i = 0; i < n; ++i)
      for (int k = begin; k < end; ++k) sum_B(k) += m_AB(i, k);
    for (int i = 0; i < n; ++i)
      for (int k = begin; k < end; ++k) y_AB(i, k) = m_AB(i, k) / sum_B(k);
  });
}

template <class T>
void normalize_columns_backward(Cpu be, View<const T, 2> y_AB, View<const T, 1> sum_B, View<const T, 2> dy_AB,
                                View<T, 2> dm_AB) {
  const int n = y_AB.dim(0);
  for_strips(be, n, y_AB.dim(1), [&](int begin, int end) {
    T mean[kStrip] = {};
    for (int i = 0; i < n; ++i)
      for (int k = begin; k < end; ++k) mean[k - begin] += y_AB(i, k) * dy_AB(i, k);
    for (int i = 0; i < n; ++i)
      for (int k = begin; k < end; ++k) dm_AB(i, k) += (dy_AB(i, k) - mean[k - begin]) / sum_B(k);
  });
}

#define REGRAIN_INSTANTIATE(T)                                                                           \
  template void fill_gumbel<T>(Cpu, Rng, View<T, 1>);                                                    \
  template void gumbel_softmax<T>(Cpu, View<const T, 2>, View<const T, 2>, T, View<T, 2>);               \
  template void gumbel_softmax_backward<T>(Cpu, View<const T, 2>, T, View<const T, 2>, View<T, 2>);      \
  template void normalize_columns<T>(Cpu, View<const T, 2>, View<T, 2>, View<T, 1>);                     \
  template void normalize_columns_backward<T>(Cpu, View<const T, 2>, View<const T, 1>, View<const T, 2>, \
                                              View<T, 2>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
