// What the Cpu and the Cuda overloads of chi_draws.hpp share: which number of a frame's stream a draw asks for, and the
// angle inside a bin.
#pragma once

#include <algorithm>
#include <cstdint>

#include "engine/errors.hpp"
#include "kernels/angle_bins.hpp"
#include "kernels/chi_draws.hpp"

namespace regrain::kernels::chi_draws {

// numbers a draw of a residue may ask for, and draws of a residue: places in the stream of Rng
constexpr std::uint32_t kNumbers = 48, kDraws = 256;

// number k of draw s of the residue at a place in its frame
REGRAIN_HD inline std::uint32_t number(int place, int s, int k) {
  return (static_cast<std::uint32_t>(place) * kDraws + static_cast<std::uint32_t>(s)) * kNumbers + static_cast<std::uint32_t>(k);
}

// The frame of residue i: the last one that begins at it or before.
REGRAIN_HD inline int frame_of(View<const int, 1> first_of_set_G1, int i) {
  int first = 0, last = first_of_set_G1.dim(0);
  while (last - first > 1) {
    const int middle = first + (last - first) / 2;
    (first_of_set_G1(middle) <= i ? first : last) = middle;
  }
  return first;
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

// Throws Error(internal) if shapes disagree.
template <class T>
void check(const ChiDrawing<T>& d, View<T, 3> chi, View<T, 2> log_p) {
  const int n = d.symmetry_N4.dim(0), latent = d.mu_NL.dim(1);
  REGRAIN_CHECK(chi.dim(0) == n && chi.dim(2) == kChi && d.mu_NL.dim(0) == n && latent <= kMaxLatent,
                "draw_chi: ", n, " residues, chi for ", chi.dim(0), ", ", latent, " latent variables (at most ", kMaxLatent, ")");
  REGRAIN_CHECK(!log_p.data() || (log_p.dim(0) == n && log_p.dim(1) == chi.dim(1)), "draw_chi: log-probabilities of ", log_p.dim(1),
                " draws of ", log_p.dim(0), " residues for ", chi.dim(1), " of ", n);
  REGRAIN_CHECK(d.first_draw >= 0 && d.n_draws >= 0 && d.first_draw + d.n_draws <= chi.dim(1) && chi.dim(1) <= static_cast<int>(kDraws),
                "draw_chi: ", d.n_draws, " draws from number ", d.first_draw, " on, room for ", chi.dim(1), " (at most ", kDraws, ")");
  for (int k = 0; k < kChi; ++k) {
    const ChiHead<T>& h = d.head[static_cast<std::size_t>(k)];
    REGRAIN_CHECK(h.given_NH.dim(0) == n && h.given_NH.dim(1) % 16 == 0 && h.draw_HF.dim(0) == h.given_NH.dim(1) &&
                      h.draw_HF.dim(1) == kTurnFeatures * k + latent && h.logits_BH.dim(1) == h.given_NH.dim(1) &&
                      h.logits_BH.dim(0) <= kMaxAngleBins && h.logits_bias_B.dim(0) == h.logits_BH.dim(0),
                  "draw_chi: head ", k, " is ", h.given_NH.dim(0), " x ", h.given_NH.dim(1), ", of ", h.draw_HF.dim(1), " inputs and ",
                  h.logits_BH.dim(0), " bins");
  }
}

}  // namespace regrain::kernels::chi_draws
