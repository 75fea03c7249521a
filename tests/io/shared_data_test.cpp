// Real proteins, where they are at hand (REGRAIN_SHARED_DIR, or ../shared beside the sources): every
// file is read, or refused for a reason that this test knows.
#include <algorithm>
#include <cmath>
#include <map>

#include "io/checks.hpp"
#include "io/trajectory.hpp"
#include "tests/io/test_files.hpp"

namespace regrain::io {
namespace {

namespace fs = std::filesystem;

#define NEEDS_SHARED_DATA(folder)           \
  const std::string folder = shared_data(); \
  if (folder.empty()) GTEST_SKIP() << "no shared data; set REGRAIN_SHARED_DIR"

void expect_readable(const std::string& folder, const std::map<std::string, std::string>& refused) {
  std::map<std::string, bool> seen;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.find(".pdb") == std::string::npos) continue;
    const auto reason = refused.find(name);
    try {
      const Structure s = read_structure(entry.path().string());
      EXPECT_EQ(reason, refused.end()) << name << " should be refused";
      s.topology.check();
      for (const Frame& frame : s.frames) check_units(s.topology, frame, name);
    } catch (const Error& error) {
      ASSERT_NE(reason, refused.end()) << error.what();
      EXPECT_NE(std::string(error.what()).find(reason->second), std::string::npos) << error.what();
      EXPECT_NE(std::string(error.what()).find(name), std::string::npos) << error.what();
    }
  }
}

TEST(SharedData, RawEntries) {
  NEEDS_SHARED_DATA(data);
  // nucleic acids, and one chain of unknown residues
  expect_readable(data + "/raw", {{"1A9N.pdb.gz", "Q/C 0"},
                                  {"1F7Y.pdb.gz", "B/G 1"},
                                  {"2H7H.pdb.gz", "X/DC 201"},
                                  {"2XS7.pdb.gz", "B/U 2"},
                                  {"3GNN.pdb.gz", "D/UNK 169"},
                                  {"4YOW.pdb.gz", "B/DC 4"}});
}

TEST(SharedData, EnsemblesAndChains) {
  NEEDS_SHARED_DATA(data);
  expect_readable(data + "/ensembles", {{"2axd.pdb", "S/LYS 76 OXT is too many"}});
  expect_readable(data + "/chains", {});
}

TEST(SharedData, XtcAgreesWithDcd) {
  NEEDS_SHARED_DATA(data);
  for (const std::string name : {"adk_dims", "trpcage_330K"}) {
    TrajectoryReader dcd = TrajectoryReader::open(data + "/traj/" + name + "_heavy.dcd");
    TrajectoryReader xtc = TrajectoryReader::open(data + "/traj/" + name + "_heavy.xtc", dcd.n_atoms());
    ASSERT_EQ(dcd.n_frames(), xtc.n_frames());
    double worst = 0;
    Frame a, b;
    while (dcd.next(a) && xtc.next(b))
      for (size_t i = 0; i < a.xyz_A3.size(); ++i)
        worst = std::max(worst, std::fabs(double(a.xyz_A3[i]) - b.xyz_A3[i]));
    EXPECT_LT(worst, 0.00501) << name;
  }
}

TEST(SharedData, AdenylateKinase) {
  NEEDS_SHARED_DATA(data);
  const std::string traj = data + "/traj/";
  const Structure adk = load_frames({traj + "adk_dims_heavy.xtc", traj + "adk_dims2_heavy.xtc"},
                                    traj + "adk_dims_heavy_top.pdb");
  EXPECT_EQ(adk.frames.size(), 200u);
  EXPECT_EQ(adk.topology.n_residues(), 214);
  for (const Frame& frame : adk.frames) EXPECT_TRUE(find_chain_breaks(adk.topology, frame).empty());
  TrajectoryReader all_atoms = TrajectoryReader::open(traj + "adk_dims.dcd");
  EXPECT_EQ(all_atoms.n_atoms(), 3341);
  EXPECT_EQ(all_atoms.n_frames(), 98);
}

TEST(SharedData, RawEntriesSurviveWriting) {
  NEEDS_SHARED_DATA(data);
  TestFolder folder;
  for (const char* name : {"1EJG", "3NIR", "1AVG", "3CYH", "1GYA", "2ISK"}) {
    const std::string path = data + "/raw/" + name + ".pdb.gz";
    if (!fs::exists(path)) continue;
    const Structure s = read_structure(path);
    for (const char* extension : {".pdb", ".cif"}) {
      const std::string copy = folder.path(std::string(name) + extension);
      write_structure(copy, s.topology, s.frames);
      const Structure back = read_structure(copy);
      expect_same_topology(back.topology, s.topology);
      expect_near(back.frames[0].xyz_A3, s.frames[0].xyz_A3, 1e-4);
    }
  }
}

}  // namespace
}  // namespace regrain::io
