// What people should know of the proteins a stage of atoms learns from: residues that lack atoms, disulfide bonds.
#pragma once

#include <string>
#include <vector>

#include "driver/stage.hpp"

namespace regrain::driver {

// A line each; nothing where nothing is odd. Of one protein residues are named, of many they are counted. The first and
// the last residue of a protein are not looked at.
std::vector<std::string> notes_on_atoms(const std::vector<StageSetup>& proteins);

}  // namespace regrain::driver
