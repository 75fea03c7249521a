// What the all-atom model is trained to say: backbone atoms in the frames of the trace, and chi angles.
#pragma once

#include "kernels/chi_draws.hpp"
#include "models/allatom/trace.hpp"

namespace regrain::models::allatom {

using kernels::kChi;
using kernels::kResidueSlots;
using kernels::kTurnFeatures;

constexpr int kBackboneTargets = 6;  // points a residue: N, C, O in its frame; C, O, next N in that of its bond

// Images of chi k of a residue that look the same: 0 where the type has no such chi, more than 1 for the last chi of some.
template <class T>
int chi_images(const kernels::SideChainTables<T>& tables, int type, int k) {
  const int n_chi = tables.n_chi[type];
  return k >= n_chi ? 0 : k + 1 == n_chi ? tables.symmetry[type] : 1;
}

template <class T>
struct Truth {
  Tensor<T> backbone_63;    // (6 N, 3), 0 where keep is 0
  Tensor<int> keep_6;       // (6 N)
  int n_kept = 0;
  Tensor<T> chi_4N;         // (4, N) radians
  Tensor<int> symmetry_4N;  // (4, N) images of the angle, 0 where it isn't known
  Tensor<T> turns_NF;       // (N, 32) turn features of the four chi, side by side

  static constexpr auto arrays() {
    return std::make_tuple(&Truth::backbone_63, &Truth::keep_6, &Truth::chi_4N, &Truth::symmetry_4N, &Truth::turns_NF);
  }
  static constexpr auto numbers() { return std::make_tuple(&Truth::n_kept); }
};

// atoms_N14_3 by slots, NaN where there is none. The trace may have been moved off the true CA by noise: the atoms of a
// peptide then move with its two CA, so that what is learned has the shape of a peptide.
template <class T>
void make_truth(Context& context, const Trace<T>& trace, View<const T, 3> atoms_N14_3, Truth<T>& out);

}  // namespace regrain::models::allatom
