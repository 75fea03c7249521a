// From alpha carbons to all atoms with the weights that come with the program.
#include <algorithm>
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>

#include "tests/driver/cli/program.hpp"

namespace regrain::cli_test {
namespace {

using nlohmann::json;

// Lines of a PDB file with alpha carbons, 3.8 Angstrom apart along x unless told otherwise.
std::string trace(int n, double step = 3.8, const char* name = "LEU", double beside = 0) {
  std::string text;
  char line[100];
  for (int i = 0; i < n; ++i) {
    std::snprintf(line, sizeof line, "ATOM  %5d  CA  %s A%4d    %8.3f%8.3f%8.3f  1.00  0.00           C\n", i + 1, name, i + 1, step * i,
                  beside * (i % 2), 0.0);
    text += line;
  }
  return text + "END\n";
}

double metric(const json& found, const std::string& name) {
  for (const json& m : found.at("metrics"))
    if (m.at("name") == name) return m.at("value");
  ADD_FAILURE() << "no metric " << name;
  return 0;
}

TEST_F(Cli, AllAtomsFromAnyTraceWithoutOptions) {
  write_frames("few.pdb", 2);
  ok({"coarsen", "few.pdb", "-o", "ca.pdb"});
  ok({"backmap", "ca.pdb", "-o", "out.pdb"});
  const io::Structure in = load("ca.pdb"), out = load("out.pdb"), truth = load("few.pdb");
  ASSERT_EQ(out.frames.size(), 2u);
  EXPECT_EQ(out.topology.n_atoms(), truth.topology.n_atoms() + 1);  // the file has no OXT
  EXPECT_GE(out.topology.find_atom(19, "OXT"), 0);
  for (int r = 0; r < 20; ++r) {
    EXPECT_EQ(out.topology.residues[r].number, in.topology.residues[r].number);
    const int ca = out.topology.find_atom(r, "CA");
    for (int k = 0; k < 3; ++k) EXPECT_EQ(out.frames[1].xyz_A3[3 * ca + k], in.frames[1].xyz_A3[3 * r + k]) << r;
  }
  const Result scores = ok({"evaluate", "out.pdb", "--reference", "few.pdb"});
  says(scores, {"1 OXT", "don't count"});
  const json found = json::parse(scores.out);
  EXPECT_LT(metric(found, "rmsd"), 2.0);
  EXPECT_GT(metric(found, "bonds_within_10_percent"), 0.98);
  EXPECT_EQ(metric(found, "d_residues"), 0);
  EXPECT_EQ(metric(found, "wrong_beta"), 0);
  EXPECT_EQ(metric(found, "ring_penetrations"), 0);
  EXPECT_EQ(metric(found, "cis_peptides"), 0);
}

TEST_F(Cli, AllAtomsDrawnAtRandomDifferAndRepeat) {
  write_frames("few.pdb", 1);
  ok({"backmap", "few.pdb", "--sample", "-n", "3", "--seed", "5", "-o", "a.pdb"});
  ok({"backmap", "few.pdb", "--sample", "-n", "3", "--seed", "5", "--batch", "1", "--threads", "2", "-o", "b.pdb"});
  ok({"backmap", "few.pdb", "--sample", "-n", "3", "--seed", "6", "-o", "c.pdb"});
  EXPECT_EQ(read("a.pdb"), read("b.pdb"));
  EXPECT_NE(read("a.pdb"), read("c.pdb"));
  const io::Structure s = load("a.pdb");
  ASSERT_EQ(s.frames.size(), 3u);
  EXPECT_NE(s.frames[0].xyz_A3, s.frames[1].xyz_A3);
  EXPECT_NE(s.frames[1].xyz_A3, s.frames[2].xyz_A3);
}

TEST_F(Cli, AllAtomsKeepChainsAndTheirNumbers) {
  write("two.pdb", two_chains());
  ok({"backmap", "two.pdb", "--drop-unknown", "-o", "out.pdb"});
  ok({"coarsen", "two.pdb", "--drop-unknown", "-o", "ca.pdb"});
  const io::Structure in = load("ca.pdb"), out = load("out.pdb");
  ASSERT_EQ(out.topology.chains.size(), 2u);
  for (std::size_t c = 0; c < 2; ++c) {
    EXPECT_EQ(out.topology.chains[c].id, c == 0 ? "A" : "B");
    const int last = out.topology.chains[c].first_residue + out.topology.chains[c].n_residues - 1;
    EXPECT_GE(out.topology.find_atom(last, "OXT"), 0);
  }
  ASSERT_EQ(out.topology.n_residues(), in.topology.n_residues());
  for (int r = 0; r < out.topology.n_residues(); ++r) EXPECT_EQ(out.topology.residues[r].number, in.topology.residues[r].number);
}

TEST_F(Cli, AllAtomsOfTracesNoProteinHas) {
  struct {
    const char* what;
    std::string text;
  } cases[] = {{"one residue", trace(1)},       {"two residues", trace(2)},          {"collinear", trace(12)},
               {"too near", trace(12, 1.2, "LEU", 1.0)}, {"in one place", trace(12, 0)}, {"far apart", trace(12, 30)},
               {"glycines", trace(12, 2.4, "GLY", 2.9)}, {"a zigzag", trace(40, 2.4, "TRP", 2.9)}};
  for (const auto& c : cases) {
    write("odd.pdb", c.text);
    const Result r = run({"backmap", "odd.pdb", "--hydrogens", "-o", "out.pdb", "--force"});
    if (r.exit_code != kDone) {
      EXPECT_TRUE(r.exit_code == kInput || r.exit_code == kNumbers) << c.what << ": " << r.exit_code << " " << r.err;
      says(r, {"odd.pdb"});
      continue;
    }
    const io::Structure out = load("out.pdb", "", true);
    for (float x : out.frames[0].xyz_A3) ASSERT_TRUE(std::isfinite(x)) << c.what;
  }
}

// Without the atoms of `file` for which drop(residue, name) holds.
void drop_atoms(const std::string& file, const std::string& out, const std::function<bool(int, const std::string&)>& drop) {
  std::ifstream in(file);
  std::ofstream kept(out);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("ATOM")) {
      std::string name = line.substr(12, 4);
      name.erase(std::remove(name.begin(), name.end(), ' '), name.end());
      if (drop(std::stoi(line.substr(22, 4)), name)) continue;
    }
    kept << line << "\n";
  }
}

TEST_F(Cli, AllAtomsKeepWhatTheInputHas) {
  write_frames("few.pdb", 2);
  const auto missing = [](int residue, const std::string& name) {
    return name != "CA" && (residue == 3 || (residue == 6 && name != "N" && name != "C" && name != "CB") || (residue > 11 && name.size() > 1 && name != "CB"));
  };
  drop_atoms(path("few.pdb"), path("part.pdb"), missing);
  const Result r = ok({"backmap", "part.pdb", "--keep", "-o", "out.pdb"});
  says(r, {"kept", "atoms"});
  const io::Structure part = load("part.pdb"), out = load("out.pdb"), truth = load("few.pdb");
  EXPECT_EQ(out.topology.n_atoms(), truth.topology.n_atoms() + 1);  // OXT
  EXPECT_LT(part.topology.n_atoms(), out.topology.n_atoms() - 20);
  for (std::size_t f = 0; f < 2; ++f)
    for (int a = 0; a < part.topology.n_atoms(); ++a) {
      const int there = out.topology.find_atom(part.topology.atoms[a].residue, part.topology.atoms[a].name);
      ASSERT_GE(there, 0) << part.topology.atoms[a].name;
      for (int k = 0; k < 3; ++k) EXPECT_EQ(out.frames[f].xyz_A3[3 * there + k], part.frames[f].xyz_A3[3 * a + k]) << part.topology.atoms[a].name;
    }
  const json found = json::parse(ok({"evaluate", "out.pdb", "--reference", "few.pdb"}).out);
  EXPECT_GT(metric(found, "bonds_within_10_percent"), 0.98);
  EXPECT_EQ(metric(found, "d_residues"), 0);
  // nothing is missing: the structure comes back, but for OXT
  ok({"backmap", "few.pdb", "--keep", "-o", "same.pdb"});
  const io::Structure same = load("same.pdb");
  for (int a = 0; a < truth.topology.n_atoms(); ++a) {
    const int there = same.topology.find_atom(truth.topology.atoms[a].residue, truth.topology.atoms[a].name);
    for (int k = 0; k < 3; ++k) EXPECT_EQ(same.frames[1].xyz_A3[3 * there + k], truth.frames[1].xyz_A3[3 * a + k]);
  }
}

TEST_F(Cli, AtomsAreKeptByAllAtomStagesAlone) {
  write_configs();
  ok({"train", "s1.json", "--out", "r1"});
  write_frames("few.pdb", 1);
  ok({"coarsen", "few.pdb", "--map", "r1/map.json", "-o", "beads.pdb"});
  refused({"backmap", "beads.pdb", "--stages", "r1/model.safetensors", "allatom", "--keep", "-o", "out.pdb"}, kUsage, {"--keep", "cgvae"});
}

TEST_F(Cli, FixCaMovesATraceIntoShape) {
  write("bent.pdb", trace(30, 3.0, "ALA", 0.9));
  ok({"backmap", "bent.pdb", "-o", "plain.pdb"});
  const Result r = ok({"backmap", "bent.pdb", "--fix-ca", "-o", "fixed.pdb"});
  says(r, {"--fix-ca", "moved by", "29 bonds"});
  const auto longest_error = [&](const char* file) {
    const io::Structure s = load(file);
    double most = 0;
    for (int i = 0; i + 1 < s.topology.n_residues(); ++i) {
      double square = 0;
      for (int k = 0; k < 3; ++k)
        square += std::pow(s.frames[0].xyz_A3[3 * s.topology.find_atom(i + 1, "CA") + k] - s.frames[0].xyz_A3[3 * s.topology.find_atom(i, "CA") + k], 2);
      most = std::max(most, std::abs(std::sqrt(square) - 3.8));
    }
    return most;
  };
  EXPECT_GT(longest_error("plain.pdb"), 0.5);
  EXPECT_LT(longest_error("fixed.pdb"), 0.08);
  refused({"backmap", "bent.pdb", "--fix-ca", "--keep", "-o", "no.pdb"}, kUsage, {"--keep and --fix-ca"});
}

TEST_F(Cli, ASequenceMayBeGivenApartFromTheTrace) {
  write_frames("few.pdb", 2);
  ok({"coarsen", "few.pdb", "-o", "ca.pdb"});
  ok({"coarsen", "few.pdb", "-o", "ca.dcd"});
  ok({"backmap", "ca.pdb", "-o", "want.pdb"});
  const std::string letters = "NLYIQWLKDGGPSSGRPPPS";
  std::string nameless = read("ca.pdb");
  for (std::size_t at = 0; (at = nameless.find("\nATOM", at)) != std::string::npos; at += 20) nameless.replace(at + 13, 8, " BB  XXX");
  write("nameless.pdb", nameless);
  write("trp.fasta", ">trp-cage\n" + letters.substr(0, 9) + "\n" + letters.substr(9) + "*\n");
  ok({"backmap", "nameless.pdb", "--sequence", letters, "-o", "a.pdb"});
  ok({"backmap", "nameless.pdb", "--sequence", "trp.fasta", "-o", "b.pdb"});
  ok({"backmap", "ca.dcd", "--sequence", "trp.fasta", "-o", "c.pdb"});
  const io::Structure want = load("want.pdb");
  for (const char* file : {"a.pdb", "b.pdb", "c.pdb"}) {
    const io::Structure found = load(file);
    ASSERT_EQ(found.topology.n_atoms(), want.topology.n_atoms()) << file;
    EXPECT_EQ(found.topology.residues[5].name, "TRP") << file;
    for (std::size_t i = 0; i < want.frames[1].xyz_A3.size(); ++i) EXPECT_NEAR(found.frames[1].xyz_A3[i], want.frames[1].xyz_A3[i], 2e-2) << file;
  }
  EXPECT_EQ(read("a.pdb"), read("b.pdb"));
  refused({"backmap", "nameless.pdb", "--sequence", letters.substr(1), "-o", "d.pdb"}, kInput, {"19 residues", "nameless.pdb has 20"});
  refused({"backmap", "nameless.pdb", "--sequence", letters + "/AA", "-o", "d.pdb"}, kInput, {"22 residues"});
  refused({"backmap", "nameless.pdb", "--sequence", letters.substr(2) + "/AA", "-o", "d.pdb"}, kInput, {"2 chains", "has 1"});
  refused({"backmap", "nameless.pdb", "--sequence", "NLYB", "-o", "d.pdb"}, kInput, {"letter 4", "'B'"});
  refused({"backmap", "nameless.pdb", "--sequence", "no/such/file.fasta", "-o", "d.pdb"}, kInput, {"'o'", "doesn't exist"});
  write("bad.fasta", ">a\nNLY\nNL1\n");
  refused({"backmap", "nameless.pdb", "--sequence", "bad.fasta", "-o", "d.pdb"}, kInput, {"bad.fasta:3", "'1'"});
  write("empty.fasta", ">a\n>b\nNL\n");
  refused({"backmap", "nameless.pdb", "--sequence", "empty.fasta", "-o", "d.pdb"}, kInput, {"empty.fasta", "without residues"});
  refused({"backmap", "nameless.pdb", "--sequence", letters, "--keep", "-o", "d.pdb"}, kUsage, {"--keep and --sequence"});
}

TEST_F(Cli, SideChainsFollowBeads) {
  write_frames("few.pdb", 1);
  const io::Structure truth = load("few.pdb");
  std::string beads;
  char line[100];
  for (int r = 0; r < truth.topology.n_residues(); ++r) {
    const io::Residue& residue = truth.topology.residues[r];
    double side[3] = {}, n = 0;
    for (int a = residue.first_atom; a < residue.first_atom + residue.n_atoms; ++a) {
      const std::string& name = truth.topology.atoms[a].name;
      if (name == "N" || name == "CA" || name == "C" || name == "O") continue;
      ++n;
      for (int k = 0; k < 3; ++k) side[k] += truth.frames[0].xyz_A3[3 * a + k];
    }
    const auto add = [&](const char* name, double x, double y, double z) {
      std::snprintf(line, sizeof line, "ATOM  %5d  %-3s %s A%4d    %8.3f%8.3f%8.3f  1.00  0.00           C\n", r + 1, name, residue.name.c_str(), r + 1, x, y, z);
      beads += line;
    };
    const float* ca = truth.frames[0].xyz_A3.data() + 3 * truth.topology.find_atom(r, "CA");
    add("CA", ca[0], ca[1], ca[2]);
    if (n > 0) add("SC1", side[0] / n, side[1] / n, side[2] / n);
  }
  write("beads.pdb", beads + "END\n");
  says(ok({"backmap", "beads.pdb", "-o", "with.pdb"}), {"side chains follow beads", "17 side chains"});
  ok({"backmap", "few.pdb", "-o", "without.pdb"});
  const auto score = [&](const char* file) { return metric(json::parse(ok({"evaluate", file, "--reference", "few.pdb"}).out), "rmsd"); };
  EXPECT_LT(score("with.pdb"), 0.8 * score("without.pdb"));
  EXPECT_EQ(load("with.pdb").topology.n_atoms(), load("without.pdb").topology.n_atoms());
}

TEST_F(Cli, BestOfKeepsTheCandidateWithFewestOverlaps) {
  write_frames("few.pdb", 1);
  const Words base{"backmap", "few.pdb", "--sample", "--no-relax", "--temperature", "3", "--draws", "2", "--seed", "4"};
  const auto with = [&](Words more) {
    Words all = base;
    all.insert(all.end(), more.begin(), more.end());
    return all;
  };
  ok(with({"-n", "6", "-o", "all.pdb"}));
  ok(with({"-n", "2", "--best-of", "3", "-o", "best.pdb"}));
  ok(with({"-n", "2", "--best-of", "3", "--batch", "1", "--threads", "2", "-o", "again.pdb"}));
  EXPECT_EQ(read("best.pdb"), read("again.pdb"));
  const io::Structure all = load("all.pdb"), best = load("best.pdb");
  ASSERT_EQ(best.frames.size(), 2u);
  const auto overlaps = [&](const char* file) {
    return metric(json::parse(ok({"evaluate", file, "--reference", "few.pdb"}).out), "vdw_overlaps");
  };
  for (std::size_t s = 0; s < 2; ++s) {
    // the sample is one of its own three candidates
    int which = -1;
    for (std::size_t c = 3 * s; c < 3 * s + 3; ++c)
      if (all.frames[c].xyz_A3 == best.frames[s].xyz_A3) which = static_cast<int>(c);
    EXPECT_GE(which, static_cast<int>(3 * s));
    EXPECT_LT(which, static_cast<int>(3 * s + 3));
  }
  EXPECT_LE(overlaps("best.pdb"), overlaps("all.pdb"));
  refused(with({"-n", "1000", "--best-of", "100", "-o", "c.pdb"}), kUsage, {"--best-of", "65535"});
}

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

TEST_F(Cli, ShippedWeightsAreLookedForWhereTheyAreNamed) {
  write_frames("few.pdb", 1);
  ::setenv("REGRAIN_MODELS", path("nowhere").c_str(), 1);
  refused({"backmap", "few.pdb", "-o", "out.pdb"}, kInput, {"nowhere/allatom.safetensors", "REGRAIN_MODELS", "--stages"});
  ::unsetenv("REGRAIN_MODELS");
}

TEST_F(Cli, AllAtomsHaveNoPosterior) {
  write_frames("few.pdb", 1);
  // what the file would be compared with has the end that backmap builds
  ok({"backmap", "few.pdb", "-o", "truth.pdb"});
  refused({"backmap", "few.pdb", "--posterior-from", "truth.pdb", "-o", "out.pdb"}, kUsage, {"--posterior-from", "allatom"});
}

TEST_F(Cli, TheShippedStageEndsAChain) {
  write_configs();
  ok({"train", "s1.json", "--out", "r1"});
  write_frames("few.pdb", 1);
  ok({"coarsen", "few.pdb", "--map", "r1/map.json", "-o", "beads.pdb"});
  ok({"backmap", "beads.pdb", "--stages", "r1/model.safetensors", "allatom", "-o", "out.pdb"});
  EXPECT_EQ(load("out.pdb").topology.n_residues(), 20);
}

TEST_F(Cli, AnAllAtomStageIsTrainedFromAList) {
  write_list();
  write("own.json", R"({"model": {"kind": "allatom", "channels": 16, "layers": 1, "backbone_channels": 8, "neighbors": 6},
 "data": {"list": "list.tsv", "folder": ["set"]}, "train": {"epochs": 2, "batch": 2}})");
  ok({"train", "own.json", "--out", "a"});
  ok({"train", "own.json", "--out", "b", "--threads", "2"});
  EXPECT_EQ(read("a/log.csv"), read("b/log.csv"));
  EXPECT_TRUE(read("a/model.safetensors") == read("b/model.safetensors"));
  write_frames("few.pdb", 1);
  ok({"backmap", "few.pdb", "--stages", "a/model.safetensors", "-o", "out.pdb"});
  EXPECT_EQ(load("out.pdb").topology.n_residues(), 20);
  refused({"train", "own.json", "--out", "d", "--set", "model.channels=20"}, kInput, {"own.json", "model.channels", "multiple of 16"});
}

}  // namespace
}  // namespace regrain::cli_test
