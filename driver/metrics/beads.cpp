#include "driver/metrics/beads.hpp"

#include <algorithm>

#include "engine/errors.hpp"

namespace regrain::metrics {

Points coarsen(const Points& points, const io::BeadMap& map) {
  REGRAIN_CHECK(points.size() == map.bead_of_atom.size(), "coarsen: ", points.size(),
                " atoms, but the mapping has ", map.bead_of_atom.size());
  Points beads(static_cast<size_t>(map.n_beads));
  std::vector<int> n_atoms(beads.size(), 0);
  for (size_t a = 0; a < points.size(); ++a) {
    if (map.bead_of_atom[a] < 0) continue;
    const auto bead = static_cast<size_t>(map.bead_of_atom[a]);
    beads[bead] = beads[bead] + points[a];
    ++n_atoms[bead];
  }
  for (size_t b = 0; b < beads.size(); ++b) beads[b] = (1.0 / n_atoms[b]) * beads[b];
  return beads;
}

BeadDisplacement bead_displacement(const Points& beads, const Points& given) {
  REGRAIN_CHECK(beads.size() == given.size(), "bead_displacement: ", beads.size(), " beads against ",
                given.size());
  BeadDisplacement result;
  for (size_t b = 0; b < beads.size(); ++b) {
    result.sum_squares += squared_distance(beads[b], given[b]);
    result.largest = std::max(result.largest, distance(beads[b], given[b]));
  }
  return result;
}

}  // namespace regrain::metrics
