// How many neighbours particles and beads of the training frames have: the corrected bead-to-particles VAE
// divides its message sums by these means, so they belong to its configuration.
#pragma once

#include <vector>

#include "engine/context.hpp"
#include "io/bead_map.hpp"
#include "io/frame.hpp"
#include "io/json_config.hpp"

namespace regrain::driver {

// Means within the cutoffs over some frames of the system; at least 1.
struct NeighborCounts {
  double atoms, beads;
};
NeighborCounts count_neighbors(Context& context, const io::BeadMap& map, const std::vector<const io::Frame*>& truth,
                               double atom_cutoff, double bead_cutoff);

// `config` with model.atom_neighbors and model.bead_neighbors measured where they are 0.
io::Config resolve_neighbors(Context& context, const io::Config& config, const io::BeadMap& map,
                             const std::vector<const io::Frame*>& training);

}  // namespace regrain::driver
