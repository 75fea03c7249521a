#include "driver/metrics/symmetric_names.hpp"

#include "driver/metrics/residue_chemistry.hpp"
#include "driver/metrics/superposition.hpp"

namespace regrain::metrics {

namespace {

size_t at(int a) { return static_cast<size_t>(a); }

// swaps the group in `named`, if `placed` (the same atoms, perhaps moved) says it helps
bool swap_if_nearer(const SymmetricGroup& group, Points& placed, Points& named, const Points& reference) {
  double as_named = 0, swapped = 0;
  for (const auto& [a, b] : group) {
    as_named +=
        squared_distance(placed[at(a)], reference[at(a)]) + squared_distance(placed[at(b)], reference[at(b)]);
    swapped +=
        squared_distance(placed[at(a)], reference[at(b)]) + squared_distance(placed[at(b)], reference[at(a)]);
  }
  if (swapped >= as_named) return false;
  for (const auto& [a, b] : group) {
    std::swap(placed[at(a)], placed[at(b)]);
    if (&placed != &named) std::swap(named[at(a)], named[at(b)]);
  }
  return true;
}

}  // namespace

std::vector<SymmetricGroup> symmetric_groups(const io::Topology& topology) {
  std::vector<SymmetricGroup> groups;
  for (int r = 0; r < topology.n_residues(); ++r) {
    const ResidueChemistry* chemistry = residue_chemistry(topology.residues[at(r)].name);
    if (!chemistry) continue;
    SymmetricGroup group;
    for (const auto& [first, second] : chemistry->swaps) {
      const int a = topology.find_atom(r, first), b = topology.find_atom(r, second);
      if (a >= 0 && b >= 0) group.emplace_back(a, b);
    }
    // half a ring can't be turned over
    if (!group.empty() && group.size() == chemistry->swaps.size()) groups.push_back(group);
  }
  return groups;
}

Points renamed(const std::vector<SymmetricGroup>& groups, Points generated, const Points& reference) {
  for (const SymmetricGroup& group : groups) swap_if_nearer(group, generated, generated, reference);
  return generated;
}

Points renamed_superposed(const std::vector<SymmetricGroup>& groups, Points generated,
                          const Points& reference) {
  // both halves of a round lower the RMSD, so this ends; the bound is for ties within rounding
  for (int round = 0; round < 20; ++round) {
    Points placed = moved(superpose(generated, reference), generated);
    bool changed = false;
    for (const SymmetricGroup& group : groups)
      if (swap_if_nearer(group, placed, generated, reference)) changed = true;
    if (!changed) break;
  }
  return generated;
}

}  // namespace regrain::metrics
