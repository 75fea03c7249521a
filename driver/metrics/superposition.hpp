// The rigid motion that lays one structure on another, and the RMSD with and without it.
//
// Kabsch's method with the sign fixed: proper rotations only, so a mirror image never fits. One atom,
// two atoms and collinear atoms leave part of the rotation open; any best one is returned.
#pragma once

#include <array>

#include "driver/metrics/points.hpp"

namespace regrain::metrics {

// p -> rotation (p - from) + to
struct Motion {
  std::array<double, 9> rotation{1, 0, 0, 0, 1, 0, 0, 0, 1};  // row by row
  Vec3 from, to;
  Vec3 operator()(Vec3 p) const;
};

// The motion of `mobile` that brings it nearest to `target`. Throws Error(internal) on unequal sizes.
Motion superpose(const Points& mobile, const Points& target);

Points moved(const Motion& motion, const Points& points);

// As they lie, and after superposing a on b. NaN for no atoms.
double rmsd(const Points& a, const Points& b);
double superposed_rmsd(const Points& a, const Points& b);

}  // namespace regrain::metrics
