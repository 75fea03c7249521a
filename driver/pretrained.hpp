// The weights that come with the program.
#pragma once

#include <string>

namespace regrain::driver {

// The name that stands for the shipped stage from alpha carbons to all atoms in a list of stages.
constexpr const char* kShippedStage = "allatom";

// The weights that bring other beads to where alpha carbons are; models/allatom/ca_shift.hpp.
constexpr const char* kCaShift = "ca_shift";

// A file that comes with the program, NAME.safetensors: in the folder REGRAIN_MODELS names, if it names one; else beside
// the installed program, in ../share/regrain, or in the sources it was built from. Throws Error(input) naming the places
// where it was looked for.
std::string shipped_file(const std::string& name);

}  // namespace regrain::driver
