// Energies of draws: of one draw against all that doesn't move, and of two draws of two residues.
//
// The energy is the sum of overlap::energy over pairs of atoms more than three bonds apart. Distances run over the draws
// of one residue as vectors, and no sum crosses them: every number is added up in the order of atoms alone.
#pragma once

#include "kernels/packing_draws.hpp"

namespace regrain::kernels {

struct PackingWeights {
  double ring_closure = 30;     // per A^2, of the bond a proline's ring closes with, 1.473 A long
  double disulfide = 1;         // what a disulfide of ideal length gains
};

// energy_RS(i, s) of draw s of residue i with its own backbone and the atoms that don't move of the residues near it;
// 0 for residues that don't move and behind the last draw. Rows have the residues' stride.
template <class T>
void self_energies(Cpu, DrawsView<T> residues, GraphView near, PackingWeights weights, View<T, 2> energy_RS);
template <class T>
void self_energies(Cuda, DrawsView<T> residues, GraphView near, PackingWeights weights, View<T, 2> energy_RS);

// energy_E: the tables of all pairs one behind another, of each draw of the lower residue a row of those of the higher one.
// Most rows are zeros: with used, one for each pitch of energies, these get a 0 there and are not written.
template <class T>
void pair_energies(Cpu, DrawsView<T> residues, PackingPairs pairs, PackingWeights weights, View<T, 1> energy_E, View<char, 1> used = {});
template <class T>
void pair_energies(Cuda, DrawsView<T> residues, PackingPairs pairs, PackingWeights weights, View<T, 1> energy_E);

// Where the mark of a row stands: no table has fewer places than rows.
REGRAIN_HD inline int mark_of(int first, int pitch, int row) { return first / pitch + row; }

}  // namespace regrain::kernels
