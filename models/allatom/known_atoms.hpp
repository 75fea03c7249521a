// Atoms that are known besides the alpha carbons: they stay where they are, and what is missing is built onto them.
//
// A peptide with a known atom takes its plane from the known ones. A chi that known atoms tell is not drawn. In packing and
// relaxation a residue with all its atoms stands still, one with a known N, C or O keeps its backbone.
#pragma once

#include "kernels/peptide.hpp"
#include "models/allatom/packing.hpp"

namespace regrain::models::allatom {

// known_N14_3 in what follows: Angstrom, NaN where an atom isn't known; CA are the trace's.

// backbone_N43, the networks': known atoms as they are, the others of a peptide in the plane of its known ones.
template <class T>
void keep_backbone(Cpu, const kernels::TraceFrames<T>& trace, View<const T, 3> known_N14_3, View<T, 3> backbone_N43);

// Chi that known atoms tell, in all draws.
template <class T>
void keep_chi(Cpu, View<const int, 1> type_N, View<const T, 3> known_N14_3, View<T, 3> chi_NS4);

// What packing takes as PackingInput::given_R.
template <class T>
void given_residues(Cpu, View<const int, 1> type_N, View<const T, 3> known_N14_3, View<char, 1> given_N);

// Packed atoms: known ones as they are, the others of their residues placed from those.
template <class T>
void keep_atoms(Cpu, View<const int, 1> type_N, View<const T, 3> known_N14_3, View<const T, 2> chi_N4, View<T, 3> atoms_N14_3);

}  // namespace regrain::models::allatom
