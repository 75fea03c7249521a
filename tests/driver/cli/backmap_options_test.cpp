// What backmap's options make of a trace: known atoms, mended traces, beads, sequences, candidates.
#include <algorithm>
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>

#include "tests/driver/cli/traces.hpp"

namespace regrain::cli_test {
namespace {

using nlohmann::json;

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

TEST_F(Cli, TracesOfOtherBeadsAreBroughtToAlphaCarbons) {
  write_frames("few.pdb", 2);
  const io::Structure truth = load("few.pdb");
  const auto beads_of = [&](bool centres, bool with_ca) {
    std::string text;
    char line[100];
    for (std::size_t f = 0; f < 2; ++f) {
      std::snprintf(line, sizeof line, "MODEL     %4d\n", static_cast<int>(f) + 1);
      text += line;
      for (int r = 0; r < truth.topology.n_residues(); ++r) {
        const io::Residue& residue = truth.topology.residues[r];
        double sum[3] = {}, n = 0;
        for (int a = residue.first_atom; a < residue.first_atom + residue.n_atoms; ++a) {
          if (!centres && truth.topology.atoms[a].name != (residue.name == "GLY" ? "CA" : "CB")) continue;
          ++n;
          for (int k = 0; k < 3; ++k) sum[k] += truth.frames[f].xyz_A3[3 * a + k];
        }
        const char* name = centres ? "CM" : residue.name == "GLY" || with_ca ? "CA" : "CB";
        std::snprintf(line, sizeof line, "ATOM  %5d  %s  %s A%4d    %8.3f%8.3f%8.3f  1.00  0.00           C\n", r + 1, name, residue.name.c_str(), r + 1,
                      sum[0] / n, sum[1] / n, sum[2] / n);
        text += line;
      }
      text += "ENDMDL\n";
    }
    return text;
  };
  const auto score = [&](const char* file, const char* what) { return metric(json::parse(ok({"evaluate", file, "--reference", "few.pdb"}).out), what); };
  write("cb.pdb", beads_of(false, false));
  write("cm.pdb", beads_of(true, false));
  write("wrong.pdb", beads_of(false, true));  // CB called CA
  says(ok({"backmap", "cb.pdb", "-o", "from_cb.pdb"}), {"a trace of CB", "CB trace: alpha carbons moved"});
  says(ok({"backmap", "cm.pdb", "-o", "from_cm.pdb"}), {"a trace of CM", "20 residues (CM)"});
  refused({"backmap", "wrong.pdb", "-o", "no.pdb"}, kInput, {"consecutive alpha carbons"});
  EXPECT_LT(score("from_cb.pdb", "rmsd_ca"), 0.5);
  EXPECT_LT(score("from_cm.pdb", "rmsd_ca"), 0.8);
  for (const char* file : {"from_cb.pdb", "from_cm.pdb"}) {
    EXPECT_EQ(load(file).topology.n_atoms(), truth.topology.n_atoms() + 1) << file;
    EXPECT_GT(score(file, "bonds_within_10_percent"), 0.97) << file;
    EXPECT_EQ(score(file, "d_residues"), 0) << file;
  }
  refused({"backmap", "cb.pdb", "--keep", "-o", "no.pdb"}, kUsage, {"--keep", "CB"});
  // neither all CB nor all CA
  std::string mixed = beads_of(false, false);
  mixed.replace(mixed.find(" CB "), 4, " CG ");
  write("mixed.pdb", mixed);
  refused({"backmap", "mixed.pdb", "-o", "no.pdb"}, kInput, {"has no CA"});
}

// Fewer of the shipped model's members draw otherwise, and there are no more than there are.
TEST_F(Cli, TakesSomeOfTheMembers) {
  write_frames("few.pdb", 1);
  ok({"backmap", "few.pdb", "--draws", "256", "-o", "most.pdb"});
  ok({"backmap", "few.pdb", "--draws", "4", "-o", "all.pdb"});
  ok({"backmap", "few.pdb", "--draws", "4", "--members", "3", "-o", "three.pdb"});
  ok({"backmap", "few.pdb", "--draws", "4", "--members", "1", "-o", "one.pdb"});
  EXPECT_EQ(read("all.pdb"), read("three.pdb"));
  EXPECT_NE(read("all.pdb"), read("one.pdb"));
  refused({"backmap", "few.pdb", "--members", "4", "-o", "no.pdb"}, kUsage, {"--members 4", "this model has 3 members"});
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

}  // namespace
}  // namespace regrain::cli_test
