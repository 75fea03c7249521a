// Coordinates of one moment: xyz in Angstrom, three floats an atom.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

namespace regrain::io {

struct Frame {
  std::vector<float> xyz_A3;   // Angstrom, [n_atoms][3]
  std::array<float, 9> box{};  // rows are the box vectors in Angstrom; all zero if there is none
  double time = 0;             // picoseconds; the frame's index where the format has no time
  int step = 0;
  int n_atoms() const { return static_cast<int>(xyz_A3.size() / 3); }
};

}  // namespace regrain::io
