// What the Cpu and the Cuda overloads of relaxation.hpp share: which turns are unknown, what one atom meets in another, what
// a disulfide pulls, and one step of Adam.
#pragma once

#include <cmath>

#include "engine/errors.hpp"
#include "kernels/overlap.hpp"
#include "kernels/relaxation_geometry.hpp"

namespace regrain::kernels::relaxation {

// Added to the root of the mean square that Adam divides by: forces much smaller than this move next to nothing. Without it
// Adam would turn their roundings into whole steps, and a protein that is turned would relax to other angles. A pair of
// atoms 0.05 A nearer than threshold and buffer allow, one of them 1 A from the axis, is a force of 1.
constexpr double kSmallForce = 1;
constexpr double kBondedWithin = 3.0, kDisulfideBond = 2.05;  // Angstrom between two SG
constexpr double kLeastSquare = 1e-6;                         // A^2; atoms nearer than its root count as so far apart

// Throw Error(internal) if shapes or settings are not what relaxation.hpp asks for.
template <class T>
void check_relaxed(const char* name, const RelaxedView<T>& r, const GraphView& near, View<const T, 2> turns_R5) {
  REGRAIN_CHECK(near.n_dst == r.n_residues && turns_R5.dim(0) == r.n_residues && turns_R5.dim(1) == kTurns, name, ": a graph of ",
                near.n_dst, " and turns of ", turns_R5.dim(0), " residues for ", r.n_residues);
}
template <class T>
void check_placed(const RelaxedView<T>& r, View<const T, 2> turns_R5, View<T, 3> atoms_R14_3) {
  const int n = r.n_residues;
  REGRAIN_CHECK(turns_R5.dim(0) == n && turns_R5.dim(1) == kTurns && atoms_R14_3.dim(0) == n, "place_turned: turns of ", turns_R5.dim(0),
                " and atoms of ", atoms_R14_3.dim(0), " residues for ", n);
}
inline void check_renewal(const RelaxationSettings& settings) {
  REGRAIN_CHECK(settings.renew > 0, "relax: lists renewed after ", settings.renew, " steps");
}

// How far beyond a residue's box its near atoms may be, Angstrom; with the margin, for lists that are used for some steps.
template <class T>
REGRAIN_HD inline T list_cutoff(const RelaxationSettings& settings, bool margin) {
  return static_cast<T>(overlap::kMostDistance + (settings.buffer > 0 ? settings.buffer : 0.0) + (margin ? settings.margin : 0.0));
}

REGRAIN_HD inline bool linked(const char* linked_R, int i, int j) {
  return (j == i + 1 && linked_R[i]) || (i == j + 1 && linked_R[j]);
}

// Is turn k of residue i unknown?
template <class T>
REGRAIN_HD inline bool unknown(const RelaxedView<T>& r, int i, int k) {
  return k < kChi ? r.moving[i] && k < r.tables.n_chi[r.type[i]] : turns(r, i);
}

// Are two boxes (low xyz, high xyz), one of them wider by `cutoff`, apart?
template <class T>
REGRAIN_HD inline bool apart(const T* box, const T* other, T cutoff) {
  bool away = false;
  for (int k = 0; k < 3; ++k) away |= (other[k] > box[3 + k] + cutoff) | (other[3 + k] < box[k] - cutoff);
  return away;
}

// Derivative of all terms by turn k of residue i, which is `turn` from its start; d_R6 of relaxation::derivatives.
template <class T>
REGRAIN_HD inline T derivative(const RelaxedView<T>& r, const RelaxationSettings& settings, const T* d_R6, int i, int k, T turn) {
  const T weight = static_cast<T>(k < kChi ? settings.chi_restraint : settings.peptide_restraint);
  T slope = d_R6[i * (kTurns + 1) + k] + weight * std::sin(turn);
  if (k == kChi && i + 1 < r.n_residues) slope += d_R6[(i + 1) * (kTurns + 1) + kTurns];
  return slope;
}

// Energy of a bond of two SG; g (3), the derivative of both ends' sum by x, += its own.
template <class T>
REGRAIN_HD inline T add_disulfide(const RelaxationSettings& settings, const T* x, const T* other, T* g) {
  T difference[3], square = T(0);
  for (int k = 0; k < 3; ++k) {
    difference[k] = x[k] - other[k];
    square += difference[k] * difference[k];
  }
  const T d = std::sqrt(square), off = d - T(kDisulfideBond);
  const T slope = d > T(1e-3) ? static_cast<T>(2 * settings.disulfide) * off / d : T(0);
  for (int k = 0; k < 3; ++k) g[k] += slope * difference[k];
  return static_cast<T>(settings.disulfide) * off * off;
}

// One step of Adam; the scales undo the moments' start at 0.
constexpr double kMeanDecay = 0.9, kSquareDecay = 0.999;
struct StepScales {
  double mean, square;
};
inline StepScales step_scales(int step) { return {1 / (1 - std::pow(kMeanDecay, step + 1)), 1 / (1 - std::pow(kSquareDecay, step + 1))}; }

template <class T>
REGRAIN_HD inline T adam_turn(T slope, T rate, const StepScales& scales, T& mean, T& square) {
  mean += T(1 - kMeanDecay) * (slope - mean);
  square += T(1 - kSquareDecay) * (slope * slope - square);
  return rate * mean * static_cast<T>(scales.mean) / (std::sqrt(square * static_cast<T>(scales.square)) + T(kSmallForce));
}

}  // namespace regrain::kernels::relaxation
