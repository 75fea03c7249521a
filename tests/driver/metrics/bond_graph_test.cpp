#include "driver/metrics/bond_graph.hpp"

#include <gtest/gtest.h>

#include "driver/metrics/pair_search.hpp"
#include "driver/metrics/superposition.hpp"
#include "engine/errors.hpp"
#include "tests/driver/metrics/peptide.hpp"

namespace regrain::metrics {
namespace {

TEST(PairSearch, EqualsBruteForce) {
  for (int n : {0, 1, 2, 200}) {
    Points points = test::random_points(n, 8, 6);
    if (n == 200) points[7] = {1e7, -1e6, 3};  // a stray atom coarsens the grid but changes nothing
    BondList expected, found;
    for (int i = 0; i < n; ++i)
      for (int j = i + 1; j < n; ++j)
        if (distance(points[static_cast<size_t>(i)], points[static_cast<size_t>(j)]) < 3)
          expected.emplace_back(i, j);
    PairSearch(points, 3).for_each([&](int i, int j, double) { found.emplace_back(i, j); });
    std::sort(found.begin(), found.end());
    EXPECT_EQ(found, expected) << n << " points";
  }
}

TEST(BondGraph, RuleIsStrict) {
  const double reach = 1.3 * (0.68 + 0.68);
  const std::vector<double> carbon{covalent_radius("C"), covalent_radius("C")};
  EXPECT_TRUE(bond_graph(carbon, {{0, 0, 0}, {reach, 0, 0}}).empty());
  EXPECT_EQ(bond_graph(carbon, {{0, 0, 0}, {std::nextafter(reach, 0.0), 0, 0}}).size(), 1u);
  const std::vector<double> sulphur{covalent_radius("S"), covalent_radius("S")};
  EXPECT_EQ(bond_graph(sulphur, {{0, 0, 0}, {2.65, 0, 0}}).size(), 1u);
  EXPECT_TRUE(bond_graph(sulphur, {{0, 0, 0}, {2.66, 0, 0}}).empty());
}

TEST(BondGraph, Degenerate) {
  EXPECT_TRUE(bond_graph({}, {}).empty());
  EXPECT_TRUE(bond_graph({0.68}, {{0, 0, 0}}).empty());
  EXPECT_TRUE(std::isnan(graph_difference({}, {}).nged()));
  EXPECT_THROW(covalent_radius("X"), Error);
}

TEST(BondGraph, OneMissingAndOneExtraCancelOnlyInTheReferenceVariant) {
  // a chain of five carbons 1.5 apart; the last one leaves its place and docks onto the first
  const std::vector<double> radius(5, covalent_radius("C"));
  Points chain;
  for (int i = 0; i < 5; ++i) chain.push_back({1.5 * i, 0, 0});
  const BondList reference = bond_graph(radius, chain);
  ASSERT_EQ(reference.size(), 4u);
  chain[4] = {0, 1.5, 0};
  const GraphDifference d = graph_difference(reference, bond_graph(radius, chain));
  EXPECT_EQ(d.n_missing, 1);
  EXPECT_EQ(d.n_extra, 1);
  EXPECT_DOUBLE_EQ(d.nged_reference(), 0);
  EXPECT_DOUBLE_EQ(d.nged(), 0.5);
  EXPECT_FALSE(d.equal());
}

TEST(BondGraph, StaysUnderMotion) {
  const test::Molecule m = test::peptide({"ALA", "PHE", "THR", "ILE", "PRO", "GLY"});
  const auto radii = covalent_radii(m.topology);
  const BondList bonds = bond_graph(radii, m.points);
  // 5 peptide links, 3 backbone bonds a residue, side chains 1 8 3 4 4 0
  EXPECT_EQ(bonds.size(), 5u + 18u + 20u);
  EXPECT_EQ(bond_graph(radii, moved(test::random_motion(3), m.points)), bonds);
  EXPECT_EQ(bond_graph(radii, test::mirrored(m.points)), bonds);
}

TEST(TraceGraph, ConsecutiveCisAndBreaks) {
  test::Molecule m = test::trace({{0, 0, 0}, {3.8, 0, 0}, {6.7, 0, 0}, {12.7, 0, 0}});
  // trans, cis, broken
  EXPECT_EQ(trace_graph(m.topology, m.points), (BondList{{0, 1}, {1, 2}}));
  m.points[1] = {3.35, 0, 0};  // neither trans (3.4 .. 4.2) nor cis (2.5 .. 3.3), and the next pair 3.35
  EXPECT_TRUE(trace_graph(m.topology, m.points).empty());
}

TEST(TraceGraph, NextChainIsNotConsecutive) {
  test::Molecule m;
  for (int i = 0; i < 4; ++i) {
    test::add_residue(m, "ALA", i == 2);
    test::add_atom(m, "CA", {3.8 * i, 0, 0});
  }
  EXPECT_EQ(trace_graph(m.topology, m.points), (BondList{{0, 1}, {2, 3}}));
}

TEST(TraceGraph, ClosePairsAreSpurious) {
  const test::Molecule m = test::trace({{0, 0, 0}, {3.8, 0, 0}, {3.8, 3.8, 0}, {0, 3.3, 0}});
  EXPECT_EQ(trace_graph(m.topology, m.points), (BondList{{0, 1}, {0, 3}, {1, 2}, {2, 3}}));
  const BondList straight{{0, 1}, {1, 2}, {2, 3}};
  EXPECT_EQ(graph_difference(straight, trace_graph(m.topology, m.points)).n_extra, 1);
}

TEST(TraceGraph, Degenerate) {
  EXPECT_TRUE(trace_graph({}, {}).empty());
  const test::Molecule one = test::trace({{1, 2, 3}});
  EXPECT_TRUE(trace_graph(one.topology, one.points).empty());
  const test::Molecule atoms = test::peptide({"ALA"});
  EXPECT_THROW(trace_graph(atoms.topology, atoms.points), Error);
}

}  // namespace
}  // namespace regrain::metrics
