// Every subcommand does what it is for.
#include <nlohmann/json.hpp>

#include "tests/driver/cli/program.hpp"

namespace regrain::cli_test {
namespace {

using nlohmann::json;

TEST_F(Cli, HelpAndVersion) {
  EXPECT_NE(ok({"--help"}).out.find("Exit codes"), std::string::npos);
  EXPECT_NE(ok({"--version"}).out.find("0."), std::string::npos);
  for (const char* command : {"coarsen", "train", "backmap", "evaluate", "summarize", "split", "config", "info"})
    EXPECT_FALSE(ok({command, "--help"}).out.empty()) << command;
}

TEST_F(Cli, CoarsenMakesAlphaCarbons) {
  write_frames("few.pdb", 2);
  const Result r = ok({"coarsen", "few.pdb", "-o", "ca.pdb"});
  EXPECT_EQ(r.out, "");
  const io::Structure ca = load("ca.pdb"), all = load("few.pdb");
  ASSERT_EQ(ca.topology.n_atoms(), 20);
  ASSERT_EQ(ca.frames.size(), 2u);
  EXPECT_EQ(ca.topology.residues[5].name, "TRP");
  EXPECT_EQ(ca.topology.atoms[5].name, "CA");
  const int atom = all.topology.find_atom(5, "CA");
  for (int k = 0; k < 3; ++k) EXPECT_EQ(ca.frames[1].xyz_A3[5 * 3 + k], all.frames[1].xyz_A3[atom * 3 + k]);
}

TEST_F(Cli, CoarsenMakesPiecesOfTheSequence) {
  write_frames("few.dcd", 3);
  for (const char* out : {"beads.pdb", "beads.cif"}) {
    ok({"coarsen", "few.dcd", "--top", "top.pdb", "--map", "fixed", "--beads", "3", "-o", out});
    const io::Structure b = load(out, "", true);
    EXPECT_EQ(b.topology.n_atoms(), 3);
    EXPECT_EQ(b.frames.size(), 3u);
  }
  for (const char* out : {"beads.dcd", "beads.xtc"}) {
    ok({"coarsen", "few.dcd", "--top", "top.pdb", "--map", "fixed", "--beads", "3", "-o", out});
    EXPECT_EQ(load(out, "beads.pdb", true).frames.size(), 3u);
  }
  ok({"coarsen", "top.pdb", "--map", "fixed", "--beads", "5", "--particles", "heavy", "-o", "heavy.json"});
  EXPECT_EQ(json::parse(read("heavy.json")).at("n_atoms"), load("top.pdb").topology.n_atoms());
}

TEST_F(Cli, CoarsenTakesAMapFromAFile) {
  write_frames("few.pdb", 2);
  ok({"coarsen", "few.pdb", "--map", "fixed", "--beads", "4", "-o", "map.json"});
  const json map = json::parse(read("map.json"));
  EXPECT_EQ(map.at("n_beads"), 4);
  EXPECT_EQ(map.at("bead_of_atom").size(), 20u);
  ok({"coarsen", "few.pdb", "--map", "map.json", "-o", "of_file.pdb"});
  ok({"coarsen", "few.pdb", "--map", "fixed", "--beads", "4", "-o", "of_name.pdb"});
  EXPECT_EQ(read("of_file.pdb"), read("of_name.pdb"));
  // one entry a residue serves heavy atoms too
  ok({"coarsen", "few.pdb", "--map", "map.json", "--particles", "heavy", "-o", "heavy.pdb"});
  EXPECT_EQ(load("heavy.pdb", "", true).topology.n_atoms(), 4);
}

TEST_F(Cli, CoarsenLearnsAMap) {
  write_frames("few.pdb", 6);
  ok({"coarsen", "few.pdb", "--map", "autograin", "--beads", "3", "-o", "map.json"});
  const json map = json::parse(read("map.json"));
  EXPECT_EQ(map.at("n_beads"), 3);
  EXPECT_EQ(map.at("bead_of_atom").size(), 20u);
}

TEST_F(Cli, SplitGivesTheFramesThatTrainingTakes) {
  const Words parts{"train", "validation", "test"};
  const std::size_t expected[] = {472, 59, 59};
  for (int i = 0; i < 3; ++i) {
    ok({"split", "traj.xtc", "--top", "top.pdb", "--part", parts[i], "-o", parts[i] + ".dcd"});
    EXPECT_EQ(load(parts[i] + ".dcd", "top.pdb").frames.size(), expected[i]);
  }
  ok({"split", "traj.xtc", "--top", "top.pdb", "--split", "random", "--seed", "3", "-o", "random.dcd"});
  EXPECT_NE(read("random.dcd"), read("test.dcd"));
}

TEST_F(Cli, TrainLeavesARunFolder) {
  const std::string model = train("s1");
  const auto files = everything();
  for (const char* name : {"model.safetensors", "checkpoint.safetensors", "log.csv", "effective.json", "map.json"})
    EXPECT_TRUE(files.contains("runs/s1/" + std::string(name))) << name;
  const std::string log = read("runs/s1/log.csv");
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 3);
  EXPECT_TRUE(log.starts_with("epoch,learning_rate,gradient_norm,skipped_batches,train_total,train_reconstruction,"));
  // what it resolved is a training file again
  ok({"train", "runs/s1/effective.json", "--out", "again"});
  EXPECT_EQ(read("again/model.safetensors"), read(model));

  const std::string told = ok({"info", model}).out;
  for (const char* piece : {"cgvae", "epoch 2, validation loss", "4 beads", "NLYIQWLKDGGPSSGRPPPS", "\"channels\": 8"})
    EXPECT_NE(told.find(piece), std::string::npos) << piece << "\n" << told;
  EXPECT_NE(ok({"info", "runs/s1/checkpoint.safetensors"}).out.find("training state"), std::string::npos);
  EXPECT_NE(ok({"info"}).out.find("threads"), std::string::npos);
}

// A lysine without its tail, as crystal structures have them, and a disulfide: both are said once, and train.
TEST_F(Cli, TrainSaysWhatItFound) {
  std::string text = read("top.pdb");
  const auto remove = [&](const std::string& atom) {
    const auto at = text.find(atom);
    ASSERT_NE(at, std::string::npos) << atom;
    text.erase(text.rfind("ATOM", at), 81);
  };
  for (const char* atom : {"CG  LYS A   8", "CD  LYS A   8", "CE  LYS A   8", "NZ  LYS A   8", "CD2 LEU A   7"}) remove(atom);
  write("few.pdb", text);
  write("few.json", R"({"model": {"kind": "genzprot"}, "data": {"trajectory": ["few.pdb"]}, "train": {"epochs": 2}})");
  const Result r = ok({"train", "few.json"});
  const std::string line = "genzprot: 2 residues lack atoms (A/LEU 7 without CD2; A/LYS 8 without CG CD CE NZ): ";
  says(r, {line});
  EXPECT_EQ(r.err.find(line), r.err.rfind(line));
  EXPECT_EQ(r.err.find("disulfide"), std::string::npos);

  // two serines, turned into cysteines whose sulfurs meet
  text = read("top.pdb");
  float at = 0;
  for (const char* serine : {"SER A  13", "SER A  14"}) {
    for (std::size_t i; (i = text.find(serine)) != std::string::npos;) text.replace(i, 3, "CYS");
    const auto line_of = text.rfind("ATOM", text.find(std::string("OG  CYS") + (serine + 3)));
    char coordinates[200];
    std::snprintf(coordinates, sizeof coordinates, "%8.3f%8.3f%8.3f", at, 0., 0.);
    text.replace(line_of + 30, 24, coordinates);
    text.replace(text.find("OG  CYS"), 2, "SG");
    text[line_of + 77] = 'S';
    at = 2.05f;
  }
  write("few.pdb", text);
  says(ok({"train", "few.json", "--force"}), {"genzprot: disulfide bonds in the first training frame: A/CYS 13 - A/CYS 14"});
}

TEST_F(Cli, TrainOnAListOfStructures) {
  write_list();
  const Result r = ok({"train", "s3.json"});
  says(r, {"2 training, 1 validation and 1 test frames of 4 structures with 48 residues"});
  EXPECT_FALSE(fs::exists(path("runs/s3/map.json")));
  const std::string log = read("runs/s3/log.csv");
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 3);
  for (const char* file : {"runs/s3/model.safetensors", "runs/s3/checkpoint.safetensors"}) {
    const std::string told = ok({"info", file}).out;
    for (const char* piece : {"trained on  list.tsv: 4 structures (2 training, 1 validation, 1 test) of 48 residues, hash ", "\"list\": \"list.tsv\""})
      EXPECT_NE(told.find(piece), std::string::npos) << piece << "\n" << told;
  }
  // the list's own folder where none is named
  fs::copy_file(path("list.tsv"), path("set/list.tsv"));
  ok({"train", "s3.json", "--out", "beside", "--set", "data.list=set/list.tsv", "--set", "data.folder=[]"});
  EXPECT_EQ(read("beside/log.csv"), log);
  // any protein gets its atoms, that of the list or another one
  ok({"backmap", "top.pdb", "--stages", "runs/s3/model.safetensors", "-o", "out.pdb"});
  EXPECT_EQ(load("out.pdb").topology.n_residues(), 20);
  // a map of an older run goes
  ok({"train", "s3.json", "--force", "--set", "data.list=", "data.folder=[]", "data.trajectory=[\"top.pdb\"]"});
  EXPECT_TRUE(fs::exists(path("runs/s3/map.json")));
  ok({"train", "s3.json", "--force"});
  EXPECT_FALSE(fs::exists(path("runs/s3/map.json")));
}

TEST_F(Cli, ForceTrainsAnew) {
  const std::string model = train("s1");
  ok({"train", "s1.json", "--force", "--set", "train.epochs=1"});
  const std::string log = read("runs/s1/log.csv");
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 2);
}

TEST_F(Cli, BackmapWritesEveryFormat) {
  const std::string model = train("s1"), in = beads();
  for (const char* out : {"out.pdb", "out.cif", "out.dcd", "out.xtc"}) {
    ok({"backmap", in, "--stages", model, "-n", "3", "-o", out});
    const io::Structure made = load(out, io::is_bare_trajectory(out) ? "out.pdb" : "");
    EXPECT_EQ(made.topology.n_atoms(), 20) << out;
    EXPECT_EQ(made.frames.size(), 6u) << out;  // 2 frames x 3 samples
  }
  EXPECT_NE(read("out.pdb").find("LATENTS DRAWN FROM THE PRIOR"), std::string::npos);
  // beads without names: the stage knows them
  beads("beads.xtc");
  ok({"backmap", "beads.xtc", "--stages", model, "-o", "of_xtc.pdb"});
  EXPECT_EQ(load("of_xtc.pdb").frames.size(), 2u);
  // another seed, other structures
  ok({"backmap", in, "--stages", model, "-n", "3", "--seed", "2", "-o", "other.dcd"});
  EXPECT_NE(read("other.dcd"), read("out.dcd"));
}

TEST_F(Cli, BackmapTakesTheTraceOfAnyStructure) {
  const std::string model = train("s2");
  write_frames("few.pdb", 2);
  ok({"coarsen", "few.pdb", "-o", "ca.pdb"});
  ok({"backmap", "ca.pdb", "--stages", model, "-o", "of_trace.pdb"});
  ok({"backmap", "few.pdb", "--stages", model, "-o", "of_atoms.pdb"});
  EXPECT_EQ(read("of_trace.pdb"), read("of_atoms.pdb"));
  const io::Structure made = load("of_trace.pdb"), ca = load("ca.pdb");
  EXPECT_EQ(made.topology.n_residues(), 20);
  const int atom = made.topology.find_atom(7, "CA");
  for (int k = 0; k < 3; ++k) EXPECT_EQ(made.frames[1].xyz_A3[atom * 3 + k], ca.frames[1].xyz_A3[7 * 3 + k]);
}

TEST_F(Cli, TwoStagesEvaluateAndSummarize) {
  const std::string first = train("s1"), second = train("s2");
  const std::string in = beads();
  ok({"backmap", in, "--stages", first, second, "-n", "2", "-o", "atoms.pdb"});
  EXPECT_EQ(load("atoms.pdb").frames.size(), 4u);
  EXPECT_EQ(json::parse(ok({"evaluate", "atoms.pdb", "--reference", "few.pdb"}).out).at("frames"), 2);
  ok({"evaluate", "atoms.pdb", "--reference", "few.pdb", "--map", "runs/s1/map.json", "--training", "few.pdb", "--z", "prior", "-o", "result.json"});
  EXPECT_EQ(json::parse(read("result.json")).at("samples_per_frame"), 2);
  const std::string table = ok({"summarize", "result.json"}).out;
  for (const char* piece : {"| result ", "2 x 2", "prior", "RMSD"}) EXPECT_NE(table.find(piece), std::string::npos) << table;

  ok({"backmap", in, "--stages", first, second, "--posterior-from", "few.pdb", "-o", "seen.pdb"});
  EXPECT_NE(read("seen.pdb").find("POSTERIOR"), std::string::npos);
}

TEST_F(Cli, BeadsOfBeadsMakeThreeStages) {
  const std::string first = train("s1"), second = train("s2");
  ok({"coarsen", "traj.xtc", "--top", "top.pdb", "--map", "fixed", "--beads", "4", "-o", "beads_of_all.pdb"});
  write("s0.json", R"({"model": {"kind": "cgvae", "channels": 8, "n_rbf": 4, "encoder_layers": 1, "decoder_layers": 2},
 "data": {"trajectory": ["beads_of_all.pdb"], "fine": "all", "map": "fixed", "beads": 3, "max_frames": 20}, "train": {"epochs": 1}})");
  ok({"train", "s0.json"});
  // not two: alpha carbons on one line would leave the last stage no plane to place atoms by
  ok({"coarsen", "beads_of_all.pdb", "--particles", "all", "--map", "fixed", "--beads", "3", "-o", "coarsest.pdb"});
  const io::Structure coarsest = load("coarsest.pdb", "", true);
  EXPECT_EQ(coarsest.topology.n_atoms(), 3);
  ok({"split", "coarsest.pdb", "--beads", "--part", "test", "-o", "few_coarsest.pdb"});
  ok({"backmap", "few_coarsest.pdb", "--stages", "runs/s0/model.safetensors", "-o", "four.pdb"});
  EXPECT_EQ(load("four.pdb", "", true).topology.n_atoms(), 4);
  ok({"backmap", "few_coarsest.pdb", "--stages", "runs/s0/model.safetensors", first, second, "-o", "atoms.dcd"});
  ok({"backmap", beads(), "--stages", first, second, "-o", "names.pdb"});
  EXPECT_EQ(load("atoms.dcd", "names.pdb").frames.size(), 59u);
}

TEST_F(Cli, ConfigDocumentsItself) {
  for (const char* kind : {"cgvae", "genzprot"}) {
    const json schema = json::parse(ok({"config", "--schema", "--kind", kind}).out);
    EXPECT_TRUE(schema.contains("properties"));
    json defaults = json::parse(ok({"config", "--defaults", "--kind", kind}).out);
    EXPECT_EQ(defaults.at("model").at("kind"), kind);
    defaults["data"]["trajectory"] = json::array({"traj.xtc"});
    write("all.json", defaults.dump());
    const std::string filled = ok({"config", "--check", "all.json"}).out;
    EXPECT_EQ(json::parse(filled), defaults);
    write("filled.json", filled);
    EXPECT_EQ(ok({"config", "--check", "filled.json"}).out, filled);
  }
  for (const char* file : {"trpcage/stage1.json", "trpcage/stage2.json"})
    ok({"config", "--check", std::string(REGRAIN_SOURCE_DIR) + "/examples/" + file});
}

}  // namespace
}  // namespace regrain::cli_test
