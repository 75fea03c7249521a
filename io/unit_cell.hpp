// The two ways to write a periodic cell: three vectors, or three lengths and three angles.
#pragma once

#include <array>

namespace regrain::io {

// Lengths in Angstrom, angles in degrees. All zero: no cell.
struct UnitCell {
  double a = 0, b = 0, c = 0, alpha = 0, beta = 0, gamma = 0;
};

// Rows are the cell vectors, the first along x and the second in the xy plane. A cell that spans no
// volume or isn't finite gives all zeros: such records stand in many files for "no cell".
std::array<float, 9> box_of_cell(const UnitCell& cell);
// The same of a PDB or mmCIF entry's record, where a cell of 1 x 1 x 1 stands for "no cell" (NMR, cryo-EM).
std::array<float, 9> box_of_entry(const UnitCell& cell);
// All zeros for vectors that aren't finite or that reach farther than any cell does.
std::array<float, 9> box_of_vectors(const std::array<float, 9>& vectors);
UnitCell cell_of_box(const std::array<float, 9>& box);
bool has_box(const std::array<float, 9>& box);

}  // namespace regrain::io
