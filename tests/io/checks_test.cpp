#include "io/checks.hpp"

#include "tests/io/test_files.hpp"

namespace regrain::io {
namespace {

// alpha carbons in a row, this far apart
Frame stretched(const Topology& topology, float distance) {
  Frame frame;
  for (const Atom& atom : topology.atoms)
    for (const float x : {distance * static_cast<float>(atom.residue), 0.0f, 0.0f}) frame.xyz_A3.push_back(x);
  return frame;
}

TEST(Checks, Units) {
  const Topology topology = small_topology(6);
  check_units(topology, stretched(topology, 3.8f), "x.pdb");
  check_units(topology, stretched(topology, 2.9f), "x.pdb");
  check_units(small_topology(1), stretched(small_topology(1), 1), "x.pdb");
  check_units(Topology(), Frame(), "x.pdb");
  expect_error(ErrorKind::input, {"x.pdb", "0.38", "nanometres"},
               [&] { check_units(topology, stretched(topology, 0.38f), "x.pdb"); });
  expect_error(ErrorKind::input, {"x.pdb", "10 apart", "topology"},
               [&] { check_units(topology, stretched(topology, 10), "x.pdb"); });
}

TEST(Checks, UnitsForgiveAFewBreaks) {
  const Topology topology = small_topology(9);
  Frame frame = stretched(topology, 3.8f);
  for (size_t i = 20 * 3; i < frame.xyz_A3.size(); i += 3) frame.xyz_A3[i] += 30;
  check_units(topology, frame, "x.pdb");
}

TEST(Checks, ChainBreaks) {
  Topology topology = small_topology(4, 2);
  Frame frame = stretched(topology, 3.8f);
  EXPECT_TRUE(find_chain_breaks(topology, frame).empty()) << "between chains there is no break";
  topology.residues[3].number = 9;
  for (size_t i = 8 * 3; i < frame.xyz_A3.size(); i += 3) frame.xyz_A3[i] += 3;  // from residue 2 on
  const std::vector<ChainBreak> breaks = find_chain_breaks(topology, frame);
  ASSERT_EQ(breaks.size(), 2u);
  EXPECT_EQ(breaks[0].residue, 1);
  EXPECT_TRUE(breaks[0].too_far);
  EXPECT_FALSE(breaks[0].number_gap);
  EXPECT_NEAR(breaks[0].distance, 6.8f, 1e-4);
  EXPECT_EQ(breaks[1].residue, 2);
  EXPECT_TRUE(breaks[1].number_gap);
  EXPECT_FALSE(breaks[1].too_far);
}

TEST(Checks, FiniteNamesFrameAndAtom) {
  const Topology topology = small_topology(2);
  Frame frame = stretched(topology, 1);
  check_finite(topology, frame, "x.xtc", 3);
  frame.xyz_A3[16] = -INFINITY;
  expect_error(ErrorKind::numbers, {"x.xtc", "frame 3", "atom CA", "A/GLY 2", "y coordinate", "-inf"},
               [&] { check_finite(topology, frame, "x.xtc", 3); });
}

TEST(Checks, ExtentNamesFrameAndAtom) {
  const Topology topology = small_topology(2);
  Frame frame = stretched(topology, 1);
  frame.xyz_A3[16] = -1e5f;
  check_extent(topology, frame, "x.dcd", 3);
  frame.xyz_A3[16] = -1.1e5f;
  expect_error(ErrorKind::input, {"x.dcd", "frame 3", "atom CA", "A/GLY 2", "y coordinate", "-110000", "at most 100000"},
               [&] { check_extent(topology, frame, "x.dcd", 3); });
}

TEST(Checks, ExtentNamesACrowdedPlace) {
  const Topology topology = small_topology(300);
  Frame frame = stretched(topology, 3.8f);  // a box of 20 holds 6 residues
  for (size_t i = 0; i < 3000; ++i) frame.xyz_A3[i] = -500;
  check_extent(topology, frame, "x.pdb", 0);
  for (size_t i = 3000; i < 3003; ++i) frame.xyz_A3[i] = -500;
  expect_error(ErrorKind::input, {"x.pdb", "frame 0", "more than 1000", "A/GLY 1;", "coordinates missing"},
               [&] { check_extent(topology, frame, "x.pdb", 0); });
}

}  // namespace
}  // namespace regrain::io
