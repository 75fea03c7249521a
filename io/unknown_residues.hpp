// Residues of unknown name that stand in a chain as amino acids do: modified ones, UNK, whatever a trace has
// in their place.
#pragma once

#include <vector>

#include "io/raw_model.hpp"

namespace regrain::io {

// Marks the atoms of unknown residues that have a carbon called CA. HETATM records hold ligands too: there a
// residue needs N and C besides, or nothing but its CA, and a known residue in its chain.
std::vector<char> mark_unknown_residues(const RawModel& raw);

}  // namespace regrain::io
