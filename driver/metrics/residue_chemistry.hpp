// The twenty amino acids as tables: chi torsions, rings, and names that could be swapped.
//
// Heavy atoms under their PDB names. Their bonds are those of models/residues.hpp.
#pragma once

#include <array>
#include <string>
#include <utility>
#include <vector>

namespace regrain::metrics {

struct ResidueChemistry {
  std::vector<std::array<std::string, 4>> chi;             // chi1, chi2 where they exist
  std::vector<std::vector<std::string>> rings;             // atoms in ring order
  std::vector<std::pair<std::string, std::string>> swaps;  // chemically the same; swapped all together
};

// Null for residues that are not one of the twenty.
const ResidueChemistry* residue_chemistry(const std::string& name);

}  // namespace regrain::metrics
