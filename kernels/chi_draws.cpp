#include "kernels/chi_draws.hpp"

#include <algorithm>

#include "engine/errors.hpp"
#include "kernels/activation_functions.hpp"
#include "kernels/chi_draw_terms.hpp"
#include "kernels/gaussian.hpp"
#include "kernels/parallel.hpp"
#include "kernels/small_gemm.hpp"

namespace regrain::kernels {

namespace {

constexpr int padded(int n) { return (n + 15) / 16 * 16; }

// A head's weights with inputs first, columns padded with zeros.
template <class T>
struct Packed {
  int n_in, width, bins, bins_padded;
  T *draw_FH, *logits_HB, *bias_B;

  Packed(Cpu be, const ChiHead<T>& head)
      : n_in(head.draw_HF.dim(1)), width(head.given_NH.dim(1)), bins(head.logits_BH.dim(0)), bins_padded(padded(bins)) {
    draw_FH = be.scratch->allocate_array<T>(static_cast<std::size_t>(n_in * width));
    logits_HB = be.scratch->allocate_array<T>(static_cast<std::size_t>(width * bins_padded));
    bias_B = be.scratch->allocate_array<T>(static_cast<std::size_t>(bins_padded));
    for (int h = 0; h < width; ++h) {
      for (int f = 0; f < n_in; ++f) draw_FH[f * width + h] = head.draw_HF(h, f);
      for (int b = 0; b < bins_padded; ++b) logits_HB[h * bins_padded + b] = b < bins ? head.logits_BH(b, h) : T(0);
    }
    for (int b = 0; b < bins_padded; ++b) bias_B[b] = b < bins ? head.logits_bias_B(b) : T(0);
  }
};

// The bin of a softmax over `logits`, scaled: the largest, or the one a uniform number falls into. *log_p, if there is one,
// += its log-probability at temperature 1.
template <class T>
int pick_bin(const T* logits, int bins, T scale, bool mode, double uniform, T* log_p) {
  T largest = logits[0];
  for (int b = 1; b < bins; ++b) largest = std::max(largest, logits[b]);
  int picked = 0;
  if (mode) {
    picked = static_cast<int>(std::max_element(logits, logits + bins) - logits);
  } else {
    T weight[kMaxAngleBins], sum = T(0);
#pragma omp simd
    for (int b = 0; b < bins; ++b) weight[b] = exponential(scale * (logits[b] - largest));
    for (int b = 0; b < bins; ++b) sum += weight[b];
    T left = static_cast<T>(uniform) * sum;
    while (picked + 1 < bins && left >= weight[picked]) left -= weight[picked++];
  }
  if (log_p) {
    T plain = T(0);
    for (int b = 0; b < bins; ++b) plain += exponential(logits[b] - largest);
    *log_p += logits[picked] - largest - std::log(plain);
  }
  return picked;
}

}  // namespace

template <class T>
void draw_chi(Cpu be, const ChiDrawing<T>& d, View<const Rng, 1> rng_G, View<T, 3> chi_NS4, View<T, 2> log_p_NS) {
  chi_draws::check(d, chi_NS4, log_p_NS);
  const Arena::Scope scope(*be.scratch);
  const Packed<T> packed[kChi] = {{be, d.head[0]}, {be, d.head[1]}, {be, d.head[2]}, {be, d.head[3]}};
  const int n = d.symmetry_N4.dim(0), draws = d.n_draws, latent = d.mu_NL.dim(1);
  int widest = 0, most_bins = 0;
  for (const auto& p : packed) widest = std::max(widest, p.width), most_bins = std::max(most_bins, p.bins_padded);
  const int most_inputs = kTurnFeatures * (kChi - 1) + kMaxLatent;
  // residues in a fixed number of chunks, each with memory of its own
  const std::size_t per_chunk = static_cast<std::size_t>(draws) * static_cast<std::size_t>(widest + most_bins + most_inputs);
  T* memory = be.scratch->allocate_array<T>(per_chunk * kSumChunks);
  const T scale = static_cast<T>(1 / std::max(d.temperature, 1e-3));

  parallel_for(be, kSumChunks, 2.0 * n * draws * widest * (most_bins + most_inputs), [&](int chunk) {
    T *inputs = memory + per_chunk * static_cast<std::size_t>(chunk), *hidden = inputs + draws * most_inputs, *logits = hidden + draws * widest;
    const auto count = static_cast<std::size_t>(n);
    for (std::size_t r = chunk_begin(count, chunk); r < chunk_begin(count, chunk + 1); ++r) {
      const int i = static_cast<int>(r);
      const int set = chi_draws::frame_of(d.first_of_set_G1, i), place = i - d.first_of_set_G1(set);
      const Rng& rng = rng_G(set);
      T* chi = chi_NS4.row(i) + d.first_draw * kChi;
      T* log_p = log_p_NS.data() ? log_p_NS.row(i) + d.first_draw : nullptr;
      std::fill_n(chi, draws * kChi, T(0));
      if (log_p) std::fill_n(log_p, draws, T(0));
      for (int s = 0; s < draws; ++s)
        for (int l = 0; l < latent; ++l) {
          const T sigma = static_cast<T>(kPriorFloor) + exponential(d.logvar_NL(i, l) / T(2));
          const bool mean = s == 0 && d.first_is_mode;
          inputs[s * most_inputs + l] = d.mu_NL(i, l) + (mean ? T(0) : static_cast<T>(d.temperature * rng.normal(chi_draws::number(place, d.first_draw + s, 2 * kChi + l))) * sigma);
        }
      for (int k = 0; k < kChi; ++k) {
        if (d.symmetry_N4(i, k) == 0) break;
        const Packed<T>& head = packed[k];
        const ChiHead<T>& at = d.head[static_cast<std::size_t>(k)];
        for (int s = 0; s < draws; ++s) std::copy_n(at.given_NH.row(i), head.width, hidden + s * head.width);
        // inputs of a draw: z, then the turns of the chi before
        small_gemm(draws, head.width, head.n_in, inputs, most_inputs, 1, head.draw_FH, head.width, hidden, head.width, true);
#pragma omp simd
        for (int c = 0; c < draws * head.width; ++c) hidden[c] = SwishFunction<T>::value(hidden[c]);
        for (int s = 0; s < draws; ++s) std::copy_n(head.bias_B, head.bins_padded, logits + s * head.bins_padded);
        small_gemm(draws, head.bins_padded, head.width, hidden, head.width, 1, head.logits_HB, head.bins_padded, logits, head.bins_padded, true);
        for (int s = 0; s < draws; ++s) {
          const bool mode = s == 0 && d.first_is_mode;
          const int number = d.first_draw + s;
          const T* row = logits + s * head.bins_padded;
          const int b = pick_bin(row, head.bins, scale, mode, mode ? 0 : rng.uniform(chi_draws::number(place, number, 2 * k)), log_p ? log_p + s : nullptr);
          T inside = mode ? chi_draws::top_of_peak<T>(row, head.bins, b) : static_cast<T>(rng.uniform(chi_draws::number(place, number, 2 * k + 1)) - 0.5);
          if (!mode) inside += chi_draws::tweedie_step<T>(row, head.bins, b, inside);
          const T angle = bin_centre<T>(b, head.bins) + inside * static_cast<T>(6.283185307179586) / static_cast<T>(head.bins);
          chi[s * kChi + k] = angle;
          turn_features(angle, d.symmetry_N4(i, k), inputs + s * most_inputs + latent + kTurnFeatures * k);
        }
      }
    }
  });
}

#define REGRAIN_INSTANTIATE(T) template void draw_chi<T>(Cpu, const ChiDrawing<T>&, View<const Rng, 1>, View<T, 3>, View<T, 2>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
