// The packing of coordinates inside an XTC frame: integers, most of them stored as small differences.
//
// Coordinates are rounded to 1/precision nm. The stream is a row of groups: one atom in full (its
// three integers above the frame's minimum), one bit or six that say how many of the next atoms
// follow as small differences and whether the range of "small" grows or shrinks after the group, and
// those differences. Three integers of limited ranges are packed as digits of one number.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace regrain::io {

struct XtcPacking {
  float precision = 1000;  // steps a nanometre
  std::array<int32_t, 3> lowest{}, highest{};
  int32_t small_index = 0;  // of the first group's range, into the format's table
};

// bytes must have 8 spare bytes after n_bytes. place opens every message: file and frame. Throws
// Error(input) on a stream that no writer makes. Result in Angstrom, xyz_A3 has its size already.
void unpack_coordinates(const XtcPacking& packing, const uint8_t* bytes, size_t n_bytes,
                        const std::string& place, std::vector<float>& xyz_A3);

// Angstrom in; fills packing but for its precision. Throws Error(output) if a coordinate is out of range.
std::vector<uint8_t> pack_coordinates(const std::vector<float>& xyz_A3, XtcPacking& packing,
                                      const std::string& place);

}  // namespace regrain::io
