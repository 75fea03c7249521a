#include "kernels/chi_draws.hpp"

#include <algorithm>

#include "engine/errors.hpp"
#include "kernels/activation_functions.hpp"
#include "kernels/chi_draw_terms.hpp"
#include "kernels/parallel.hpp"
#include "kernels/simd.hpp"
#include "kernels/small_gemm.hpp"

namespace regrain::kernels {

namespace {

constexpr int kMostTurns = kTurnFeatures * (kChi - 1);

// A head's weights with inputs first, columns padded with zeros.
template <class T>
struct Packed {
  int n_in, width, bins, bins_padded;
  T *draw_FH, *logits_HB, *bias_B;

  Packed(Cpu be, const ChiHead<T>& head)
      : n_in(head.draw_HF.dim(1)), width(head.given_KH.dim(1)), bins(head.logits_BH.dim(0)), bins_padded(row_pitch(bins)) {
    draw_FH = be.scratch->allocate_array<T>(static_cast<std::size_t>(n_in * width));
    logits_HB = be.scratch->allocate_array<T>(static_cast<std::size_t>(width * bins_padded));
    bias_B = be.scratch->allocate_array<T>(static_cast<std::size_t>(bins_padded));
    for (int h = 0; h < width; ++h) {
      for (int f = 0; f < n_in; ++f) draw_FH[f * width + h] = head.draw_HF(h, f);
      for (int b = 0; b < bins_padded; ++b) logits_HB[h * bins_padded + b] = b < bins ? head.logits_BH(b, h) : T(0);
    }
    for (int b = 0; b < bins_padded; ++b) bias_B[b] = b < bins ? head.logits_bias_B(b) : T(0);
  }
  // logits of rows of hidden channels, which are changed
  void logits(int rows, T* hidden, T* logits) const {
#pragma omp simd
    for (int c = 0; c < rows * width; ++c) hidden[c] = SwishFunction<T>::value(hidden[c]);
    for (int r = 0; r < rows; ++r) std::copy_n(bias_B, bins_padded, logits + r * bins_padded);
    small_gemm(rows, bins_padded, width, hidden, width, 1, logits_HB, bins_padded, logits, bins_padded, true);
  }
};

// The weights of bins in a softmax over `logits`, scaled; their sum.
template <class T>
T weigh(const T* logits, int bins, T scale, T* weight) {
  T largest = logits[0], sum = T(0);
  for (int b = 1; b < bins; ++b) largest = std::max(largest, logits[b]);
#pragma omp simd
  for (int b = 0; b < bins; ++b) weight[b] = exponential(scale * (logits[b] - largest));
  for (int b = 0; b < bins; ++b) sum += weight[b];
  return sum;
}

// The draws of one residue after another. What is computed for a chi is a row of logits: draws share it whose latent
// variables and bins are the same so far.
template <class T>
class Drawer {
 public:
  Drawer(const ChiDrawing<T>& d, const Packed<T> (&packed)[kChi], T* memory)
      : d_(d), packed_(packed), latent_(d.mu_KL.dim(1)), inputs_(memory) {
    hidden_ = inputs_ + d.n_draws * (latent_ + kMostTurns);
    logits_ = hidden_ + d.n_draws * widest(d, packed);
    weight_ = logits_ + d.n_draws * most_bins(packed);
  }
  static std::size_t memory(const ChiDrawing<T>& d, const Packed<T> (&packed)[kChi]) {
    return static_cast<std::size_t>(row_pitch(d.n_draws * (d.mu_KL.dim(1) + kMostTurns + widest(d, packed) + 2 * most_bins(packed))));
  }

  void draw(int i, const Rng& rng, int place, T* chi, int* bins) {
    std::fill_n(chi, d_.n_draws * kChi, T(0));
    std::fill_n(bins, d_.n_draws, 0);
    begin(i, rng, place);
    for (int k = 0; k < kChi && d_.symmetry_N4(i, k) > 0; ++k) {
      const Packed<T>& head = packed_[k];
      const T* given = d_.head[static_cast<std::size_t>(k)].given_KH.row(d_.row_of_N(i));
      for (int r = 0; r < n_rows_; ++r) std::copy_n(given, head.width, hidden_ + r * head.width);
      small_gemm(n_rows_, head.width, head.n_in, inputs_, latent_ + kMostTurns, 1, head.draw_FH, head.width, hidden_, head.width, true);
      head.logits(n_rows_, hidden_, logits_);
      for (int r = 0; r < n_rows_; ++r) sum_[r] = weigh(logits_ + r * head.bins_padded, head.bins, scale_[r], weight_ + r * head.bins_padded);
      draw_angles(k, rng, place, chi + k);
      for (int s = 0; s < d_.n_draws; ++s) bins[s] |= bin_[s] << 8 * k;
      if (k + 1 < kChi && d_.symmetry_N4(i, k + 1) > 0) split_rows(k, d_.symmetry_N4(i, k));
    }
  }

 private:
  // of hidden rows, which hold inputs while these change places
  static int widest(const ChiDrawing<T>& d, const Packed<T> (&packed)[kChi]) {
    return std::max({packed[0].width, packed[1].width, packed[2].width, packed[3].width, d.mu_KL.dim(1) + kMostTurns});
  }
  static int most_bins(const Packed<T> (&packed)[kChi]) {
    return std::max({packed[0].bins_padded, packed[1].bins_padded, packed[2].bins_padded, packed[3].bins_padded});
  }
  bool is_mode(int s) const { return chi_draws::Kind<T>(d_, s).mode; }
  T* inputs(int row) const { return inputs_ + row * (latent_ + kMostTurns); }

  // rows of latent variables, one for each kind of draws
  void begin(int i, const Rng& rng, int place) {
    n_rows_ = 0;
    int key = -1;
    for (int s = 0; s < d_.n_draws; ++s) {
      const chi_draws::Kind<T> kind(d_, s);
      if (kind.key() != key) {
        key = kind.key();
        for (int l = 0; l < latent_; ++l) inputs(n_rows_)[l] = chi_draws::latent_of(d_, kind, rng, i, place, l);
        scale_[n_rows_++] = kind.scale(d_);
      }
      row_[s] = n_rows_ - 1;
    }
  }

  // draws s of row_[s] whose bins of chi k differ get rows of their own
  void split_rows(int k, int symmetry) {
    int parent[kMostDraws], bin[kMostDraws], n = 0, next[kMostDraws];
    T scale[kMostDraws];
    for (int s = 0; s < d_.n_draws; ++s) {
      int r = 0;
      while (r < n && (parent[r] != row_[s] || bin[r] != bin_[s])) ++r;
      if (r == n) parent[n] = row_[s], bin[n++] = bin_[s];
      next[s] = r;
    }
    const int before = latent_ + kTurnFeatures * k, all = latent_ + kMostTurns;
    T* to = hidden_;
    for (int r = 0; r < n; ++r) {
      std::copy_n(inputs(parent[r]), before, to + r * all);
      const T* logits = logits_ + parent[r] * packed_[k].bins_padded;
      scale[r] = scale_[parent[r]];
      turn_features(chi_draws::angle_of_bin<T>(logits, packed_[k].bins, bin[r]), symmetry, to + r * all + before);
    }
    std::copy_n(to, n * all, inputs_);
    std::copy_n(scale, n, scale_);
    std::copy_n(next, d_.n_draws, row_);
    n_rows_ = n;
  }

  // of all draws the bins, and the angles into chi (., 4)
  void draw_angles(int k, const Rng& rng, int place, T* chi) {
    const Packed<T>& head = packed_[k];
    int draws[kMostDraws] = {}, before[kMostDraws] = {};
    double start[kMostDraws];
    for (int s = 0; s < d_.n_draws; ++s)
      if (draws[row_[s]]++ == 0) start[row_[s]] = is_mode(s) ? 0 : rng.uniform(chi_draws::number(place, d_.first_draw + s, k));
    for (int s = 0; s < d_.n_draws; ++s) {
      const int r = row_[s];
      const T* logits = logits_ + r * head.bins_padded;
      const auto drawn = is_mode(s) ? chi_draws::mode_of<T>(logits, head.bins)
                                    : chi_draws::draw_at<T>(logits, weight_ + r * head.bins_padded, head.bins, sum_[r],
                                                            (before[r]++ + start[r]) / draws[r]);
      bin_[s] = drawn.bin;
      chi[s * kChi] = drawn.angle(head.bins);
    }
  }

  const ChiDrawing<T>& d_;
  const Packed<T> (&packed_)[kChi];
  int latent_, n_rows_ = 0;
  T *inputs_, *hidden_, *logits_, *weight_;  // of each row, of which there are no more than draws
  T scale_[kMostDraws], sum_[kMostDraws];
  int row_[kMostDraws], bin_[kMostDraws];  // of each draw
};

}  // namespace

template <class T>
void draw_chi(Cpu be, const ChiDrawing<T>& d, View<const Rng, 1> rng_G, View<T, 3> chi_NS4, View<int, 2> bins_NS) {
  chi_draws::check(d, chi_NS4, bins_NS);
  if (d.n_draws == 0) return;
  const Arena::Scope scope(*be.scratch);
  const Packed<T> packed[kChi] = {{be, d.head[0]}, {be, d.head[1]}, {be, d.head[2]}, {be, d.head[3]}};
  const auto n = static_cast<std::size_t>(d.symmetry_N4.dim(0));
  // residues in a fixed number of chunks, each with memory of its own; some 4e4 operations a draw
  const std::size_t per_chunk = Drawer<T>::memory(d, packed);
  T* memory = be.scratch->allocate_array<T>(per_chunk * kSumChunks);
  parallel_for(be, kSumChunks, 4e4 * static_cast<double>(n) * d.n_draws, [&](int chunk) {
    Drawer<T> drawer(d, packed, memory + per_chunk * static_cast<std::size_t>(chunk));
    for (std::size_t r = chunk_begin(n, chunk); r < chunk_begin(n, chunk + 1); ++r) {
      const int i = static_cast<int>(r), set = set_of(d.first_of_set_G1, i);
      drawer.draw(i, rng_G(set), i - d.first_of_set_G1(set), chi_NS4.row(i) + d.first_draw * kChi, bins_NS.row(i) + d.first_draw);
    }
  });
}

#define REGRAIN_INSTANTIATE(T) template void draw_chi<T>(Cpu, const ChiDrawing<T>&, View<const Rng, 1>, View<T, 3>, View<int, 2>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
