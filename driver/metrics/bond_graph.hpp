// Who is bonded to whom, read off the distances, and how far two such graphs differ (NGED).
//
// Two variants. Honest: missing and spurious bonds both count. Reference: the published codes sum the
// signed difference, where one missing and one extra bond cancel.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "driver/metrics/points.hpp"
#include "io/topology.hpp"

namespace regrain::metrics {

using BondList = std::vector<std::pair<int, int>>;  // (a, b) with a < b, sorted, no duplicates

// Angstrom, from the CGVAE code. Throws Error(input) naming an element without one.
double covalent_radius(const std::string& element);

// a, b bonded iff their distance < 1.3 (r_a + r_b)
BondList bond_graph(const std::vector<double>& radius_A, const Points& points);
std::vector<double> covalent_radii(const io::Topology& topology);

// The like for a CA trace, one atom a residue: consecutive residues of a chain bonded iff 3.8 +- 0.4 A
// apart (2.9 +- 0.4 for cis); any other pair under 3.4 A counts as a (spurious) bond.
BondList trace_graph(const io::Topology& topology, const Points& points);

struct GraphDifference {
  int n_reference = 0, n_missing = 0, n_extra = 0;

  bool equal() const { return n_missing == 0 && n_extra == 0; }
  double nged() const;            // (missing + extra) / reference; NaN for a reference without bonds
  double nged_reference() const;  // |missing - extra| / reference
};
GraphDifference graph_difference(const BondList& reference, const BondList& generated);

}  // namespace regrain::metrics
