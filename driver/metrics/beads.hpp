// Beads of a structure in double: the mean of each bead's atoms.
#pragma once

#include "driver/metrics/points.hpp"
#include "io/bead_map.hpp"

namespace regrain::metrics {

Points coarsen(const Points& points, const io::BeadMap& map);

// How far the beads of a structure lie from where they were given.
struct BeadDisplacement {
  double sum_squares = 0, largest = 0;  // A^2, A
};
BeadDisplacement bead_displacement(const Points& beads, const Points& given);

}  // namespace regrain::metrics
