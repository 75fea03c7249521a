// Alpha carbons of traces whose beads are others: CB, or centres of mass of residues.
//
// In the frame of a bead and its two neighbours CA lies where a linear model of the residue's type says, of the places of the
// two beads on either side and the types beside it. Its weights are fitted by scripts/fit_ca_shift.py; on the validation
// chains CA is then 0.21 Angstrom off for CB, 0.43 for centres of mass, before fix_trace (trace_fixes.hpp).
#pragma once

#include "models/allatom/trace.hpp"

namespace regrain::models::allatom {

constexpr int kShiftOffsets[] = {-2, -1, 1, 2};
constexpr int kShiftFeatures = 1 + 6 * 4;  // 1; of each offset, if there is a bead: its place, 1, its distance and the square of it
constexpr int kShiftRows = kStandardTypes * kShiftFeatures + 2 * kStandardTypes;  // of each type; types before and behind

// weight_W3: Angstrom, kShiftRows rows. Frames run through a chain whatever its bonds; beads more than 12 Angstrom away are not
// seen. A chain of one residue keeps its bead. Turns with the beads.
template <class T>
void shift_to_ca(Cpu, const Sequence& sequence, View<const T, 2> weight_W3, View<const T, 2> bead_N3, View<T, 2> ca_N3);

}  // namespace regrain::models::allatom
