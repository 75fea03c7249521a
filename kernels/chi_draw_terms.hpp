// What the Cpu and the Cuda overloads of chi_draws.hpp share: which number of a frame's stream a draw asks for, and the
// angle inside a bin.
#pragma once

#include <algorithm>
#include <cstdint>

#include "engine/errors.hpp"
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

// Throws Error(internal) if shapes disagree.
template <class T>
void check(const ChiDrawing<T>& d, View<T, 3> chi, View<T, 2> log_p) {
  const int n = d.symmetry_N4.dim(0), latent = d.mu_NL.dim(1);
  REGRAIN_CHECK(chi.dim(0) == n && chi.dim(2) == kChi && log_p.dim(0) == n && log_p.dim(1) == chi.dim(1) && d.mu_NL.dim(0) == n &&
                    chi.dim(1) <= static_cast<int>(kDraws) && latent <= kMaxLatent,
                "draw_chi: ", n, " residues, chi for ", chi.dim(0), ", ", chi.dim(1), " draws (at most ", kDraws, "), ", latent,
                " latent variables (at most ", kMaxLatent, ")");
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
