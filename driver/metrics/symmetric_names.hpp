// Atoms that chemistry can't tell apart (PHE and TYR CD/CE, ASP OD, GLU OE, ARG NH) under the kinder name.
//
// A prediction is not wrong because it calls the other oxygen OD1. Used by the honest variants only;
// the published codes compare names as given.
#pragma once

#include <utility>
#include <vector>

#include "driver/metrics/points.hpp"
#include "io/topology.hpp"

namespace regrain::metrics {

// One residue's swaps: all of them happen or none.
using SymmetricGroup = std::vector<std::pair<int, int>>;

std::vector<SymmetricGroup> symmetric_groups(const io::Topology& topology);

// `generated` with groups swapped where that brings it nearer to `reference`, as they lie.
Points renamed(const std::vector<SymmetricGroup>& groups, Points generated, const Points& reference);

// The same after superposition; naming and superposition are improved in turn until nothing changes.
// The result stays where `generated` lies.
Points renamed_superposed(const std::vector<SymmetricGroup>& groups, Points generated,
                          const Points& reference);

}  // namespace regrain::metrics
