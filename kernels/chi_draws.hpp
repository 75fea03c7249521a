// Draws of chi angles, one after another: chi k of a residue by a softmax over bins whose logits depend on what is known
// of the residue, on its latent variables and on chi 1 .. k - 1 of the same draw.
//
//   hidden = silu(given + C [z, turns of chi 1 .. k-1]),  logits = V hidden + bias
// What chi k depends on are the chi before it as the middles of their bins stand for them, brought back as draws are (see
// draw_chi): a likelihood that sees the truth widened by more than a bin tells no two angles of one apart, and draws of
// the same bins and latent variables share their logits.
#pragma once

#include <array>

#include "engine/backend.hpp"
#include "engine/philox.hpp"
#include "engine/view.hpp"
#include "kernels/angle_bins.hpp"
#include "kernels/side_chains.hpp"

namespace regrain::kernels {

constexpr int kTurnFeatures = 8;  // cos and sin of 1, 2, 3 and 6 times an angle
constexpr int kMaxLatent = 32, kMostDraws = 256;
constexpr int kDrawLot = 32;  // draws that share their latent variables, see draw_chi

// cos and sin of m times an angle, m = 1, 2, 3, 6; of an angle with images those that are the same for all of them.
template <class T>
REGRAIN_HD inline void turn_features(T angle, int symmetry, T* out) {
  const T c = std::cos(angle), s = std::sin(angle);
  const T c3 = c * (T(4) * c * c - T(3)), s3 = s * (T(3) - T(4) * s * s);
  const T all[kTurnFeatures] = {c, s, T(2) * c * c - T(1), T(2) * s * c, c3, s3, T(2) * c3 * c3 - T(1), T(2) * s3 * c3};
  constexpr int multiple[kTurnFeatures / 2] = {1, 2, 3, 6};
  for (int m = 0; m < kTurnFeatures; ++m) out[m] = symmetry > 0 && multiple[m / 2] % symmetry == 0 ? all[m] : T(0);
}

// The head of one chi: H channels, F = 8 (k - 1) + L inputs of a draw, B bins.
template <class T>
struct ChiHead {
  View<const T, 2> given_KH;  // the part that all draws of a residue share, with the bias
  View<const T, 2> draw_HF;   // may be without columns
  View<const T, 2> logits_BH;
  View<const T, 1> logits_bias_B;
};

template <class T>
struct ChiDrawing {
  std::array<ChiHead<T>, kChi> head;
  View<const T, 2> mu_KL, logvar_KL;   // of the prior; L may be 0
  View<const int, 1> row_of_N;         // of those K rows; residues of copies of a frame share theirs
  View<const int, 2> symmetry_N4;      // images of each chi of a residue, 0 where it has no such chi
  View<const int, 1> first_of_set_G1;  // residues of each frame
  double temperature = 1;              // divides logits and multiplies the spread of z
  bool first_is_mode = true;           // the first draw: z at its mean, the largest bin of every chi
  // which draws are made, of those that there is room for: several models may share the room
  int first_draw = 0, n_draws = 0;
  int n_wide = 0;  // of them, the last ones, at this temperature; they are lots of their own
  double wide_temperature = 1;
};

// Draws are made in lots of kDrawLot. Those of a lot share their latent variables and are spread evenly over what they are
// drawn from: n draws with the same distribution of a chi take the parts (j + u) / n, j = 0 .. n - 1, of it, with one
// uniform number u. Any of them chosen at random has the model's distribution, and all together are as good as many more
// that know nothing of each other. An angle is drawn by its bin and evenly inside it, and goes a part of the way back by
// which the likelihood widened the truth (chi_draw_terms.hpp), so that draws are spread as the true angles are.
//
// chi (N, S, 4) in radians, 0 where there is none, and the bins they were drawn by, (N, S), bin k in bits 8 k to 8 k + 7;
// draws first_draw ... first_draw + n_draws of S. rng[f] names the draws of frame f: they depend on it, on the
// residue's place in the frame and on which draws are asked for alone.
template <class T>
void draw_chi(Cpu, const ChiDrawing<T>& drawing, View<const Rng, 1> rng_G, View<T, 3> chi_NS4, View<int, 2> bins_NS);
template <class T>
void draw_chi(Cuda, const ChiDrawing<T>& drawing, View<const Rng, 1> rng_G, View<T, 3> chi_NS4, View<int, 2> bins_NS);

}  // namespace regrain::kernels
