// Internal coordinates on the tape: put together, and atoms from them.
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

}  // namespace regrain
