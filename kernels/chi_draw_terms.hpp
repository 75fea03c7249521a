// What the Cpu and the Cuda overloads of chi_draws.hpp share: which number of a frame's stream a draw asks for, and the
// angle inside a bin.
#pragma once

#include <algorithm>
#include <cstdint>

#include "engine/errors.hpp"
#include "kernels/angle_bins.hpp"
#include "kernels/chi_draws.hpp"
#include "kernels/exponential.hpp"
#include "kernels/gaussian.hpp"
#include "kernels/sets.hpp"

namespace regrain::kernels::chi_draws {

constexpr std::uint32_t kNumbers = kChi + kMaxLatent;  // that a draw of a residue may ask for: places in the stream of Rng

// number k of draw s of the residue at a place in its frame
REGRAIN_HD inline std::uint32_t number(int place, int s, int k) {
  return (static_cast<std::uint32_t>(place) * kMostDraws + static_cast<std::uint32_t>(s)) * kNumbers + static_cast<std::uint32_t>(k);
}

// What a draw is of: the mode, a lot of draws, or the wide draws of a lot. Those of one kind begin with the same row.
template <class T>
struct Kind {
  bool mode, wide;
  int lot;
  REGRAIN_HD Kind(const ChiDrawing<T>& d, int s) : mode(s == 0 && d.first_is_mode), wide(s >= d.n_draws - d.n_wide), lot(s / kDrawLot) {}
  REGRAIN_HD int key() const { return mode ? 0 : 1 + 2 * lot + wide; }
  REGRAIN_HD double temperature(const ChiDrawing<T>& d) const { return wide ? d.wide_temperature : d.temperature; }
  // of logits
  REGRAIN_HD T scale(const ChiDrawing<T>& d) const {
    const double t = temperature(d);
    return static_cast<T>(1 / (t > 1e-3 ? t : 1e-3));
  }
};
// Latent variable l of the draws of a kind, of which s is one.
template <class T>
REGRAIN_HD inline T latent_of(const ChiDrawing<T>& d, const Kind<T>& kind, const Rng& rng, int i, int place, int l) {
  const int row = d.row_of_N(i);
  if (kind.mode) return d.mu_KL(row, l);
  const T sigma = static_cast<T>(kPriorFloor) + exponential(d.logvar_KL(row, l) / T(2));
  const int first = kind.wide ? d.n_draws - 1 : kind.lot * kDrawLot;  // the draw whose numbers these are
  return d.mu_KL(row, l) + static_cast<T>(kind.temperature(d) * rng.normal(number(place, d.first_draw + first, kChi + l))) * sigma;
}

// Where the top of a peak lies whose highest bin is b, by the parabola through three logits; in bins from its middle.
// `logits` is a pointer, or what is indexed like one.
template <class T, class Logits>
REGRAIN_HD inline T top_of_peak(Logits logits, int bins, int b) {
  const T left = logits[(b + bins - 1) % bins], right = logits[(b + 1) % bins], bend = left - T(2) * logits[b] + right;
  return bend < T(-1e-6) ? std::clamp((left - right) / (T(2) * bend), T(-0.5), T(0.5)) : T(0);
}

// The share of Tweedie's step that an angle takes. A peak of spread w became one of sqrt(w^2 + s^2): the whole step makes it too
// narrow, w^2 / sqrt(w^2 + s^2), and 0.8 brings back what side chains in crystals have, some 6 to 8 degrees.
constexpr double kTweedieShare = 0.8;

// The step of an angle back to what it was before the truth was widened (angle_bins.hpp), in bins; `inside`: where in bin b
// it is, from its middle. A sum of an angle and of noise of variance s^2 is off its mean origin by s^2 d(log p) (Tweedie's
// formula).
template <class T, class Logits>
REGRAIN_HD inline T tweedie_step(Logits logits, int bins, int b, T inside) {
  const T left = logits[(b + bins - 1) % bins], right = logits[(b + 1) % bins];
  const T slope = (right - left) / T(2) + (left - T(2) * logits[b] + right) * inside;
  const T width = static_cast<T>(6.283185307179586) / static_cast<T>(bins);
  return std::clamp(T(kTweedieShare) / (T(kAngleKappa) * width * width) * slope, T(-1.5), T(1.5));
}

// A bin, and where in it, in bins from its middle.
template <class T>
struct Drawn {
  int bin;
  T inside;

  REGRAIN_HD T angle(int bins) const { return bin_centre<T>(bin, bins) + inside * static_cast<T>(6.283185307179586) / static_cast<T>(bins); }
};
template <class T, class Logits>
REGRAIN_HD inline Drawn<T> mode_of(Logits logits, int bins) {
  int b = 0;
  for (int other = 1; other < bins; ++other)
    if (logits[other] > logits[b]) b = other;
  return {b, top_of_peak<T>(logits, bins, b)};
}
// The draw at a part in [0, 1) of all `weight`, which `sum` is the sum of.
template <class T, class Logits, class Weight>
REGRAIN_HD inline Drawn<T> draw_at(Logits logits, Weight weight, int bins, T sum, double part) {
  int b = 0;
  T left = static_cast<T>(part) * sum;
  while (b + 1 < bins && left >= weight[b]) left -= weight[b++];
  const T inside = (weight[b] > T(0) ? std::clamp(left / weight[b], T(0), T(1)) : T(0)) - T(0.5);
  return {b, inside + tweedie_step<T>(logits, bins, b, inside)};
}

// The angle that stands for bin b.
template <class T, class Logits>
REGRAIN_HD inline T angle_of_bin(Logits logits, int bins, int b) {
  return Drawn<T>{b, tweedie_step<T>(logits, bins, b, T(0))}.angle(bins);
}

// Throws Error(internal) if shapes disagree.
template <class T>
void check(const ChiDrawing<T>& d, View<T, 3> chi, View<int, 2> bins) {
  const int n = d.symmetry_N4.dim(0), rows = d.mu_KL.dim(0), latent = d.mu_KL.dim(1);
  REGRAIN_CHECK(chi.dim(0) == n && chi.dim(2) == kChi && d.row_of_N.dim(0) == n && latent <= kMaxLatent, "draw_chi: ", n, " residues, chi for ",
                chi.dim(0), ", rows named for ", d.row_of_N.dim(0), ", ", latent, " latent variables (at most ", kMaxLatent, ")");
  REGRAIN_CHECK(bins.dim(0) == n && bins.dim(1) == chi.dim(1), "draw_chi: bins of ", bins.dim(1), " draws of ", bins.dim(0),
                " residues for ", chi.dim(1), " of ", n);
  REGRAIN_CHECK(d.first_draw >= 0 && d.n_draws >= 0 && d.n_wide >= 0 && d.n_wide <= d.n_draws && d.first_draw + d.n_draws <= chi.dim(1) && chi.dim(1) <= kMostDraws,
                "draw_chi: ", d.n_draws, " draws from number ", d.first_draw, " on, room for ", chi.dim(1), " (at most ", kMostDraws, ")");
  for (int k = 0; k < kChi; ++k) {
    const ChiHead<T>& h = d.head[static_cast<std::size_t>(k)];
    REGRAIN_CHECK(h.given_KH.dim(0) == rows && h.given_KH.dim(1) % 16 == 0 && h.draw_HF.dim(0) == h.given_KH.dim(1) &&
                      h.draw_HF.dim(1) == kTurnFeatures * k + latent && h.logits_BH.dim(1) == h.given_KH.dim(1) &&
                      h.logits_BH.dim(0) <= kMaxAngleBins && h.logits_bias_B.dim(0) == h.logits_BH.dim(0),
                  "draw_chi: head ", k, " is ", h.given_KH.dim(0), " x ", h.given_KH.dim(1), ", of ", h.draw_HF.dim(1), " inputs and ",
                  h.logits_BH.dim(0), " bins, the prior of ", rows, " rows");
  }
}

}  // namespace regrain::kernels::chi_draws
