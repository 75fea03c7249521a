// Internal coordinates on the tape: atoms from them, and how far they are from their targets.
#pragma once

#include "autodiff/tape.hpp"
#include "kernels/internal_coordinates.hpp"

namespace regrain {

// The three columns of internal coordinates of the same rows.
template <class T>
struct InternalColumns {
  Var<T> length, angle, torsion;  // (R, rows)
};

// ic_RT3 (R,13,3) from those of the backbone (3 rows) and of the side chain (10 rows)
template <class T>
Var<T> join_internal(Tape<T>& tape, InternalColumns<T> backbone, InternalColumns<T> side);

// xyz_A3 from ic_RT3 (R,13,3); atoms no slot names stay 0. The trace and the tables must outlive the tape.
template <class T>
Var<T> place_atoms(Tape<T>& tape, Var<T> ic_RT3, kernels::PlacementView residues, View<const T, 2> trace_N3,
                   int n_atoms);

template <class T>
struct InternalLosses {
  Var<T> length, angle, torsion;
};

// Means over the rows with mask 1; see kernels/internal_losses.hpp. Target and mask must outlive the tape.
template <class T>
InternalLosses<T> internal_losses(Tape<T>& tape, Var<T> ic_RT3, View<const T, 3> target_RT3,
                                  View<const int, 2> mask_RT);

}  // namespace regrain
