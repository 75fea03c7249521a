// data.list: which structures a transferable stage is trained on, and for what.
//
// One structure a line: file name, part (train, validation, test or left_out), then columns that nobody reads here.
// Columns are parted by tabs, or by blanks in a line without a tab; what follows # at a line's begin is for people.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace regrain::driver {

enum class Part { train, validation, test };

struct ListedStructure {
  std::string name;       // as the list has it
  Part part = Part::train;
  std::int64_t line = 0;  // of the list
};

// Structures of the part left_out don't come back. Throws Error(input) naming list and line of one without a part, with an
// unknown one or named twice, and if nothing is left to train on.
std::vector<ListedStructure> read_structure_list(const std::string& list);

// The first folder's file of that name, or with .gz more or less; "" if none has it.
std::string find_structure(const std::string& name, const std::vector<std::string>& folders);

}  // namespace regrain::driver
