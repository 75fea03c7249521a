#include "io/bead_map.hpp"

#include "tests/io/test_files.hpp"

namespace regrain::io {
namespace {

TEST(BeadMap, ContiguousIsFloorOfTheShare) {
  EXPECT_EQ(contiguous_map(7, 3).bead_of_atom, (std::vector<int>{0, 0, 0, 1, 1, 2, 2}));
  EXPECT_EQ(contiguous_map(3, 3).bead_of_atom, (std::vector<int>{0, 1, 2}));
  contiguous_map(1500000, 100000).check("big");
  expect_error(ErrorKind::usage, {"4 beads", "3 atoms"}, [] { contiguous_map(3, 4); });
  expect_error(ErrorKind::usage, {"0 beads"}, [] { contiguous_map(3, 0); });
}

TEST(BeadMap, AlphaCarbonsAlone) {
  const Topology topology = small_topology(3);
  const BeadMap map = ca_map(topology, "x.pdb");
  EXPECT_EQ(map.n_beads, 3);
  EXPECT_EQ(map.bead_of_atom[5], 1);
  EXPECT_EQ(map.bead_of_atom[4], -1);
  const Frame frame = random_frame(12, 1), beads = apply(map, frame);
  for (size_t r = 0; r < 3; ++r) EXPECT_EQ(beads.xyz_A3[r * 3 + 1], frame.xyz_A3[(r * 4 + 1) * 3 + 1]);
}

TEST(BeadMap, ApplyTakesTheMean) {
  BeadMap map{{0, 1, 0, -1}, 2};
  Frame frame;
  frame.xyz_A3 = {0, 0, 0, 5, 6, 7, 2, 4, 8, 100, 100, 100};
  frame.time = 3;
  const Frame beads = apply(map, frame);
  EXPECT_EQ(beads.xyz_A3, (std::vector<float>{1, 2, 4, 5, 6, 7}));
  EXPECT_EQ(beads.time, 3);
  map.centroid = false;
  expect_error(ErrorKind::internal, {"mean"}, [&] { apply(map, frame); });
}

TEST(BeadMap, FileRoundTrip) {
  TestFolder folder;
  BeadMap map = contiguous_map(100, 7);
  map.bead_of_atom[3] = -1;
  map.centroid = false;
  write_bead_map(folder.path("map.json"), map);
  const BeadMap back = read_bead_map(folder.path("map.json"), 100);
  EXPECT_EQ(back.bead_of_atom, map.bead_of_atom);
  EXPECT_EQ(back.n_beads, 7);
  EXPECT_FALSE(back.centroid);
  expect_error(ErrorKind::input, {"map.json", "100 atoms", "expected the 99"},
               [&] { read_bead_map(folder.path("map.json"), 99); });
  expect_error(ErrorKind::output, {"--force"}, [&] { write_bead_map(folder.path("map.json"), map); });
  EXPECT_EQ(parse_bead_map("[0, 0, 1]", "x").n_beads, 2) << "a bare list will do";
}

TEST(BeadMap, ErrorsSayWhatIsWrong) {
  const auto parse = [](const char* text) { return [text] { parse_bead_map(text, "map.json"); }; };
  expect_error(ErrorKind::input, {"3 beads for 2 atoms"}, parse("[0, 2]"));
  expect_error(ErrorKind::input, {"map.json", "bead 1 has no atom"}, parse("[0, 2, 2]"));
  expect_error(ErrorKind::input, {"atom 1", "-2"}, parse("[0, -2, 0]"));
  expect_error(ErrorKind::input, {"atom 0", "1.5"}, parse("[1.5]"));
  expect_error(ErrorKind::input, {"99999999999"}, parse("[99999999999]"));
  expect_error(ErrorKind::input, {"0 beads"}, parse("[-1]"));
  expect_error(ErrorKind::input, {"map.json:1:2", "beads"}, parse("{\"beads\": 3}"));
  expect_error(ErrorKind::input, {"n_beads is 3"}, parse("{\"n_beads\": 3, \"bead_of_atom\": [0, 1, 1]}"));
  expect_error(ErrorKind::input, {"n_atoms is 3"}, parse("{\"n_atoms\": 3, \"bead_of_atom\": [0, 1]}"));
  expect_error(ErrorKind::input, {"twice"},
               parse("{\"n_atoms\": 2, \"n_atoms\": 2, \"bead_of_atom\": [0, 1]}"));
  expect_error(ErrorKind::input, {"no list"}, parse("3"));
}

TEST(BeadMap, TopologyOfBeads) {
  const Topology beads = bead_topology(contiguous_map(24, 4), small_topology(3, 2));
  beads.check();
  EXPECT_EQ(beads.chains.size(), 2u);
  EXPECT_EQ(beads.residue_label(3), "B/BEA 4");
}

}  // namespace
}  // namespace regrain::io
