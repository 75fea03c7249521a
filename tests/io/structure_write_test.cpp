#include <cstring>

#include "io/hybrid36.hpp"
#include "io/structure.hpp"
#include "tests/io/test_files.hpp"

namespace regrain::io {
namespace {

TEST(Hybrid36, CountsOnAsOtherProgramsDo) {
  EXPECT_EQ(hybrid36(-999, 4), "-999");
  EXPECT_EQ(hybrid36(-1000, 4), "");
  EXPECT_EQ(hybrid36(7, 4), "   7");
  EXPECT_EQ(hybrid36(9999, 4), "9999");
  EXPECT_EQ(hybrid36(10000, 4), "A000");
  EXPECT_EQ(hybrid36(10001, 4), "A001");
  EXPECT_EQ(hybrid36(10000 + 26 * 36 * 36 * 36 - 1, 4), "ZZZZ");
  EXPECT_EQ(hybrid36(10000 + 26 * 36 * 36 * 36, 4), "a000");
  EXPECT_EQ(hybrid36(10000 + 2 * 26 * 36 * 36 * 36 - 1, 4), "zzzz");
  EXPECT_EQ(hybrid36(10000 + 2 * 26 * 36 * 36 * 36, 4), "");
  EXPECT_EQ(hybrid36(100000, 5), "A0000");
}

void expect_round_trip(const std::string& extension, const Topology& topology,
                       const std::vector<Frame>& frames, const ReadOptions& options = {}) {
  TestFolder folder;
  const std::string path = folder.path("x" + extension);
  write_structure(path, topology, frames);
  const Structure back = read_structure(path, options);
  expect_same_topology(back.topology, topology);
  ASSERT_EQ(back.frames.size(), frames.size());
  for (size_t f = 0; f < frames.size(); ++f) {
    expect_near(back.frames[f].xyz_A3, frames[f].xyz_A3, 0.00051);
    expect_near({back.frames[f].box.begin(), back.frames[f].box.end()},
                {frames[f].box.begin(), frames[f].box.end()}, 0.02);
  }
  const std::string again = folder.path("again" + extension);
  write_structure(again, back.topology, back.frames);
  EXPECT_EQ(bytes_of(path), bytes_of(again));
}

TEST(WriteStructure, RoundTrips) {
  Topology topology = small_topology(5, 2);
  topology.residues[2].insertion = 'B';
  topology.residues[2].number = -12;
  topology.chains[1].id = "7";
  std::vector<Frame> frames;
  for (uint64_t f = 0; f < 3; ++f) frames.push_back(random_frame(topology.n_atoms(), f));
  for (Frame& frame : frames) frame.box = {30, 0, 0, 5, 40, 0, 3, 4, 50};
  for (const char* extension : {".pdb", ".ent", ".cif", ".mmcif"}) {
    expect_round_trip(extension, topology, frames);
    expect_round_trip(extension, topology, {frames[0]});
  }
}

TEST(WriteStructure, SameLettersTwiceStayTwoChains) {
  Topology topology = small_topology(3, 2);
  topology.chains[1].id = "A";
  for (const char* extension : {".pdb", ".cif"})
    expect_round_trip(extension, topology, {random_frame(24, 1)});
}

TEST(WriteStructure, LargeNumbersAndOddNames) {
  Topology topology;
  topology.chains.push_back({"A", 0, 10200});
  for (int r = 0; r < 10200; ++r) {
    topology.residues.push_back({"POPC", r + 1, ' ', 0, r * 10, 10});
    for (int a = 0; a < 10; ++a) topology.atoms.push_back({"C" + std::to_string(a), "C", r});
  }
  const Frame frame = random_frame(topology.n_atoms(), 5, 0.5f);
  expect_round_trip(".pdb", topology, {frame}, {.beads = true});
  Topology odd = small_topology(2);
  odd.atoms[0].name = "C'";
  odd.atoms[1].name = "O5\"";
  odd.atoms[2].name = "_x";
  odd.atoms[3].name = "LONGNAME";
  odd.residues[0].name = "data_";
  odd.chains[0].id = "chain one";
  expect_round_trip(".cif", odd, {random_frame(8, 1)}, {.beads = true});
}

TEST(WriteStructure, PdbColumns) {
  TestFolder folder;
  Topology topology = small_topology(1);
  topology.atoms[2] = {"HG12", "H", 0};
  topology.atoms[3] = {"ZN", "ZN", 0};
  Frame frame;
  frame.xyz_A3 = {-999.999f, 9999.999f, 0, 1, 2, 3, 1, 2, 3, 1, 2, 3};
  write_structure(folder.path("x.pdb"), topology, {frame});
  EXPECT_EQ(bytes_of(folder.path("x.pdb")),
            "ATOM      1  N   GLY A   1    -999.9999999.999   0.000  1.00  0.00           N  \n"
            "ATOM      2  CA  GLY A   1       1.000   2.000   3.000  1.00  0.00           C  \n"
            "ATOM      3 HG12 GLY A   1       1.000   2.000   3.000  1.00  0.00           H  \n"
            "ATOM      4 ZN   GLY A   1       1.000   2.000   3.000  1.00  0.00          ZN  \n"
            "TER       5      GLY A   1 \n"
            "END\n");
}

TEST(WriteStructure, BeadsAreConnectedWithinTheirChain) {
  TestFolder folder;
  Topology beads;
  for (int c = 0; c < 2; ++c) {
    beads.chains.push_back({std::string(1, char('A' + c)), 2 * c, 2});
    for (int b = 0; b < 2; ++b) {
      beads.residues.push_back({"BEA", b + 1, ' ', c, beads.n_atoms(), 1});
      beads.atoms.push_back({"BB", "X", beads.n_residues() - 1});
    }
  }
  WriteOptions options;
  options.connect_beads = true;
  write_structure(folder.path("x.pdb"), beads, {random_frame(4, 1)}, options);
  const std::string text = bytes_of(folder.path("x.pdb"));
  EXPECT_NE(text.find("CONECT    1    2\nCONECT    4    5\nEND\n"), std::string::npos) << text;
  expect_same_topology(read_structure(folder.path("x.pdb"), {.beads = true}).topology, beads);
}

TEST(WriteStructure, ErrorsNameTheLimitAndTheWayOut) {
  TestFolder folder;
  Topology topology = small_topology(2);
  Frame frame = random_frame(8, 1);
  const std::string pdb = folder.path("x.pdb");
  const auto write = [&] { write_structure(pdb, topology, {frame}); };
  frame.xyz_A3[4] = 10000;
  expect_error(ErrorKind::output, {pdb, "atom 1", "10000", ".cif"}, write);
  frame.xyz_A3[4] = -1000;
  expect_error(ErrorKind::output, {pdb, "atom 1"}, write);
  frame.xyz_A3[4] = NAN;
  expect_error(ErrorKind::numbers, {pdb, "frame 0", "CA", "A/GLY 1", "nan"}, write);
  frame.xyz_A3[4] = 1;
  topology.chains[0].id = "AB";
  expect_error(ErrorKind::output, {pdb, "'AB'", ".cif"}, write);
  topology.chains[0].id = "A";
  topology.atoms[0].name = "LONGER";
  expect_error(ErrorKind::output, {pdb, "'LONGER'", ".cif"}, write);
  topology.atoms[0].name = "N";
  topology.residues[0].number = -1000;
  expect_error(ErrorKind::output, {pdb, "-1000", ".cif"}, write);
  topology.residues[0].number = 1;
  frame.box = {1e5f, 0, 0, 0, 40, 0, 0, 0, 40};
  expect_error(ErrorKind::output, {pdb, "frame 0", "cell", "100000", "99999.999", ".cif"}, write);
  EXPECT_EQ(folder.n_files(), 0u) << "failures leave nothing behind";
  expect_error(ErrorKind::usage, {"x.xyz", ".pdb"},
               [&] { write_structure(folder.path("x.xyz"), topology, {frame}); });
  expect_error(ErrorKind::usage, {"no frame"}, [&] { write_structure(pdb, topology, {}); });
}

}  // namespace
}  // namespace regrain::io
