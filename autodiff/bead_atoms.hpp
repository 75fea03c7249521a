// Atoms of a bead from the bead's vector channels; see kernels/bead_atoms.hpp.
#pragma once

#include "autodiff/tape.hpp"
#include "kernels/bead_atoms.hpp"

namespace regrain {

// xyz (A,3) from v (B,3,F). `beads` (atoms -> beads), `channel` and `x_B3` must outlive the tape.
template <class T>
Var<T> place_bead_atoms(Tape<T>& tape, Var<T> v_B3F, const kernels::Graph& beads, View<const int, 1> channel_A,
                        View<const T, 2> x_B3, bool recenter);

}  // namespace regrain
