// From alpha carbons to all atoms with the weights that come with the program.
#include <cmath>
#include <nlohmann/json.hpp>

#include "tests/driver/cli/traces.hpp"

namespace regrain::cli_test {
namespace {

using nlohmann::json;

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

TEST_F(Cli, AllAtomsOfFramesTogetherAreThoseOfEachAlone) {
  write_frames("few.pdb", 3);
  const Words options[] = {{}, {"--sample", "-n", "2"}, {"-n", "2", "--best-of", "2"}, {"--keep"}, {"--fix-ca"}};
  for (const Words& more : options) {
    Words results;
    for (const char* batch : {"1", "5", "16"}) {
      Words args{"backmap", "few.pdb", "--draws", "16", "--batch", batch, "--force", "-o", "out.pdb"};
      args.insert(args.end(), more.begin(), more.end());
      ok(args);
      results.push_back(read("out.pdb"));
      EXPECT_EQ(results.back(), results.front()) << text_of(args);
    }
  }
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

TEST_F(Cli, UnknownResiduesAreKeptByTheStageThatCan) {
  write_frames("few.pdb", 1);
  std::string text = read("few.pdb");
  for (std::size_t at; (at = text.find("TYR")) != std::string::npos;) text.replace(at, 3, "FOO");
  write("unknown.pdb", text);
  says(ok({"backmap", "unknown.pdb", "-o", "out.pdb"}), {"warning: unknown.pdb: 1 unknown residue keeps its alpha carbon alone (A/FOO 3)"});
  EXPECT_NE(read("out.pdb").find("CA  FOO A   3"), std::string::npos);
  EXPECT_EQ(read("out.pdb").find("CB  FOO"), std::string::npos);
  write_configs();
  ok({"train", "s2.json"});
  refused({"backmap", "unknown.pdb", "--stages", "runs/s2/model.safetensors", "-o", "no.pdb"}, kInput, {"unknown.pdb:", "A/FOO 3", "--drop-unknown"});
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
