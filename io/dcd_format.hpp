// DCD: Fortran records of one moment's x, y and z, as CHARMM, NAMD, OpenMM and VMD write them.
//
// Each record stands between two copies of its length, which also tell the byte order.
#pragma once

#include <cstddef>

namespace regrain::io {

inline constexpr double kAkmaPs = 0.0488882129;  // CHARMM's unit of time in picoseconds
inline constexpr size_t kControlBytes = 84;      // "CORD" and twenty integers
inline constexpr size_t kCellBytes = 48;

}  // namespace regrain::io
