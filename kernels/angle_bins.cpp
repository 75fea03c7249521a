#include "kernels/angle_bins.hpp"

#include <algorithm>

#include "engine/errors.hpp"
#include "kernels/parallel.hpp"

namespace regrain::kernels {

template <class T>
void check_angle_bins(View<const T, 2> logits, View<const T, 1> angle, View<const int, 1> symmetry) {
  REGRAIN_CHECK(angle.dim(0) == logits.dim(0) && symmetry.dim(0) == logits.dim(0) && logits.dim(1) > 0 && logits.dim(1) <= kMaxAngleBins,
                "angle_bins: logits are ", logits.dim(0), " x ", logits.dim(1), " (1 to ", kMaxAngleBins, " bins), ", angle.dim(0),
                " angles, ", symmetry.dim(0), " symmetries");
}

namespace {

constexpr double kWorkPerBin = 60;

// p = softmax of a row; returns log of the sum of exponentials
template <class T>
T softmax(const T* logits, int n, T* p) {
  T largest = logits[0], sum = T(0);
  for (int b = 1; b < n; ++b) largest = std::max(largest, logits[b]);
  for (int b = 0; b < n; ++b) sum += p[b] = exponential(logits[b] - largest);
  for (int b = 0; b < n; ++b) p[b] /= sum;
  return largest + std::log(sum);
}

}  // namespace

template <class T>
void angle_bins_loss(Cpu be, View<const T, 2> logits_NB, View<const T, 1> angle_N, View<const int, 1> symmetry_N, T* loss) {
  check_angle_bins(logits_NB, angle_N, symmetry_N);
  const int n = logits_NB.dim(0), bins = logits_NB.dim(1);
  double partial[kSumChunks];
  parallel_for(be, kSumChunks, kWorkPerBin * n * bins, [&](int chunk) {
    double sum = 0;
    const auto rows = static_cast<std::size_t>(n);
    for (std::size_t r = chunk_begin(rows, chunk); r < chunk_begin(rows, chunk + 1); ++r) {
      const int i = static_cast<int>(r);
      if (symmetry_N(i) == 0) continue;
      T target[kMaxAngleBins], p[kMaxAngleBins];
      angle_target(angle_N(i), symmetry_N(i), bins, target);
      const T* logits = logits_NB.row(i);
      const T log_sum = softmax(logits, bins, p);
      for (int b = 0; b < bins; ++b) sum += static_cast<double>(target[b] * (log_sum - logits[b]));
    }
    partial[chunk] = sum;
  });
  double sum = 0;
  for (double s : partial) sum += s;
  *loss = static_cast<T>(sum / std::max(n, 1));
}

template <class T>
void angle_bins_loss_backward(Cpu be, const T* dloss, View<const T, 2> logits_NB, View<const T, 1> angle_N,
                              View<const int, 1> symmetry_N, View<T, 2> dlogits_NB) {
  const int n = logits_NB.dim(0), bins = logits_NB.dim(1);
  const T factor = *dloss / static_cast<T>(std::max(n, 1));
  parallel_for(be, n, kWorkPerBin * n * bins, [&](int i) {
    if (symmetry_N(i) == 0) return;
    T target[kMaxAngleBins], p[kMaxAngleBins];
    angle_target(angle_N(i), symmetry_N(i), bins, target);
    softmax(logits_NB.row(i), bins, p);
    T* d = dlogits_NB.row(i);
    for (int b = 0; b < bins; ++b) d[b] += factor * (p[b] - target[b]);
  });
}

#define REGRAIN_INSTANTIATE(T)                                                                                         \
  template void check_angle_bins<T>(View<const T, 2>, View<const T, 1>, View<const int, 1>);                           \
  template void angle_bins_loss<T>(Cpu, View<const T, 2>, View<const T, 1>, View<const int, 1>, T*);                   \
  template void angle_bins_loss_backward<T>(Cpu, const T*, View<const T, 2>, View<const T, 1>, View<const int, 1>, View<T, 2>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
