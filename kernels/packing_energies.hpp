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
// 0 for residues that don't move and behind the last draw. Rows have `stride` places.
template <class T>
void self_energies(Cpu, DrawsView<T> residues, GraphView near, PackingWeights weights, View<T, 2> energy_RS);
template <class T>
void self_energies(Cuda, DrawsView<T> residues, GraphView near, PackingWeights weights, View<T, 2> energy_RS);

// energy_PSS(p, s, t) of draw s of the lower residue of pair p with draw t of the higher one, (tables, draws, stride). Most
// rows are zeros: with used_PS, (tables, draws), these get a 0 there and are not written.
template <class T>
void pair_energies(Cpu, DrawsView<T> residues, PackingPairs pairs, PackingWeights weights, View<T, 3> energy_PSS,
                   View<char, 2> used_PS = {});
template <class T>
void pair_energies(Cuda, DrawsView<T> residues, PackingPairs pairs, PackingWeights weights, View<T, 3> energy_PSS);

}  // namespace regrain::kernels
