// Hydrogens and the names of force fields, written and read back.
#include <cmath>
#include <nlohmann/json.hpp>

#include "tests/driver/cli/traces.hpp"

namespace regrain::cli_test {
namespace {

using nlohmann::json;

// Names of the atoms of a residue as the file has them, apart by spaces.
std::string names(const io::Topology& t, int r) {
  std::string text;
  for (int a = t.residues[r].first_atom; a < t.residues[r].first_atom + t.residues[r].n_atoms; ++a) text += (text.empty() ? "" : " ") + t.atoms[a].name;
  return text;
}

TEST_F(Cli, HydrogensAndNamesOfForceFieldsAreReadBack) {
  write_frames("few.pdb", 2);
  ok({"backmap", "few.pdb", "-o", "plain.pdb"});
  const io::Structure plain = load("plain.pdb");
  const std::map<std::string, std::string> second = {{"pdb", "N CA C O CB CG CD1 CD2 H HA HB2 HB3 HG HD11 HD12 HD13 HD21 HD22 HD23"},
                                                     {"amber", "N H CA HA CB HB2 HB3 CG HG CD1 HD11 HD12 HD13 CD2 HD21 HD22 HD23 C O"},
                                                     {"charmm", "N HN CA HA CB HB1 HB2 CG HG CD1 HD11 HD12 HD13 CD2 HD21 HD22 HD23 C O"},
                                                     {"gromacs", "N H CA HA CB HB1 HB2 CG HG CD1 HD11 HD12 HD13 CD2 HD21 HD22 HD23 C O"}};
  for (const auto& [naming, leu] : second) {
    const Result r = ok({"backmap", "few.pdb", "--hydrogens", "--naming", naming, "-o", naming + ".pdb"});
    says(r, {"304 particles"});  // 154 heavy atoms and 150 hydrogens, as in 1L2Y
    const io::Structure all = load(naming + ".pdb", "", true), heavy = load(naming + ".pdb");
    EXPECT_EQ(names(all.topology, 1), leu) << naming;
    ASSERT_EQ(heavy.topology.n_atoms(), plain.topology.n_atoms()) << naming;
    const std::string now = ok({"evaluate", naming + ".pdb", "--reference", "few.pdb"}).out;
    EXPECT_LT(metric(json::parse(now), "rmsd"), 2.0) << naming;
    ok({"coarsen", naming + ".pdb", "--map", "ca", "-o", naming + "_ca.pdb"});
    EXPECT_EQ(load(naming + "_ca.pdb").topology.n_atoms(), 20) << naming;
    ok({"backmap", "few.pdb", "--naming", naming, "-o", naming + "_heavy.cif"});
    EXPECT_EQ(load(naming + "_heavy.cif").topology.n_atoms(), plain.topology.n_atoms());
  }
}

TEST_F(Cli, HydrogensAreTheSameInEveryFormat) {
  write_frames("few.pdb", 2);
  const auto made = [&](const std::string& name) { ok({"backmap", "few.pdb", "--hydrogens", "--naming", "charmm", "-n", "2", "--sample", "-o", name}); };
  for (const char* name : {"out.pdb", "out.dcd", "out.xtc", "out.cif"}) made(name);
  const io::Structure pdb = load("out.pdb", "", true);
  ASSERT_EQ(pdb.frames.size(), 4u);
  for (const char* name : {"out.dcd", "out.xtc", "out.cif"}) {
    const io::Structure other = load(name, io::is_bare_trajectory(name) ? "out.pdb" : "", true);
    ASSERT_EQ(other.frames.size(), 4u) << name;
    for (std::size_t f = 0; f < 4; ++f)
      for (std::size_t i = 0; i < pdb.frames[f].xyz_A3.size(); ++i)
        ASSERT_NEAR(other.frames[f].xyz_A3[i], pdb.frames[f].xyz_A3[i], 0.0061) << name << " " << f;
  }
  // heavy atoms are picked out of a trajectory with hydrogens
  ok({"evaluate", "out.xtc", "--top", "out.pdb", "--reference", "few.pdb", "-o", "scores.json"});
}

TEST_F(Cli, HistidinesFollowTheNamesOfTheInput) {
  std::string text = trace(8, 2.4, "GLY", 2.9);
  for (const auto& [number, name] : {std::pair{2, "HSD"}, {4, "HIS"}, {6, "HIP"}}) text.replace(text.find("GLY A   " + std::to_string(number)), 3, name);
  write("his.pdb", text);
  ok({"backmap", "his.pdb", "--hydrogens", "--naming", "amber", "-o", "out.pdb"});
  const io::Structure out = load("out.pdb", "", true);
  EXPECT_EQ(out.topology.residues[1].name, "HID");
  EXPECT_EQ(out.topology.residues[3].name, "HIE");
  EXPECT_EQ(out.topology.residues[5].name, "HIP");
}

TEST_F(Cli, HydrogensNeedAtomsAndNamingsAName) {
  write_frames("few.pdb", 1);
  refused({"backmap", "few.pdb", "--naming", "opls", "-o", "out.pdb"}, kUsage, {"--naming", "opls", "pdb, amber, charmm or gromacs"});
  const std::string model = train("s1");
  ok({"coarsen", "few.pdb", "--map", "runs/s1/map.json", "-o", "beads.pdb"});
  refused({"backmap", "beads.pdb", "--stages", model, "--hydrogens", "-o", "out.pdb"}, kUsage, {"--hydrogens", "allatom"});
  refused({"backmap", "beads.pdb", "--stages", model, "--naming", "amber", "-o", "out.pdb"}, kUsage, {"--naming", "allatom"});
}

TEST_F(Cli, HydrogensOfThePublishedStageLeaveItsEndsOut) {
  const std::string model = train("s2");
  write_frames("few.pdb", 1);
  const Result r = ok({"backmap", "few.pdb", "--stages", model, "--hydrogens", "-o", "out.pdb"});
  says(r, {"14 are left out", "A/ASN 1, A/LEU 2, A/SER 20"});
  EXPECT_EQ(names(load("out.pdb", "", true).topology, 19), "CA");
}

}  // namespace
}  // namespace regrain::cli_test
