// Wrong use, damaged files, full disks: each has its exit code, a message that helps, and leaves nothing.
#include <cmath>
#include <cstring>
#include <limits>

#include "io/safetensors.hpp"
#include "tests/driver/cli/program.hpp"

namespace regrain::cli_test {
namespace {

class BadInput : public Cli {
 protected:
  void replace(const std::string& name, const std::string& what, const std::string& by, const std::string& to) const {
    std::string text = read(name);
    const auto at = text.find(what);
    ASSERT_NE(at, std::string::npos) << what;
    write(to, text.replace(at, what.size(), by));
  }
  void cut(const std::string& name, std::size_t n_bytes, const std::string& to) const { write(to, read(name).substr(0, n_bytes)); }
};

TEST_F(BadInput, Usage) {
  write_configs();
  refused({}, kUsage, {"subcommand", "--help"});
  refused({"trian", "s1.json"}, kUsage, {"trian", "unknown", "did you mean \"train\"", "--help"});
  refused({"train"}, kUsage, {"config", "required"});
  refused({"train", "s1.json", "--frobnicate"}, kUsage, {"--frobnicate"});
  refused({"backmap", "top.pdb", "--stages", "m.safetensors"}, kUsage, {"--output", "required"});
  refused({"backmap", "top.pdb", "--stages", "m.safetensors", "-n", "0", "-o", "out.pdb"}, kUsage, {"-n: 0 samples; 1 to 65535"});
  refused({"backmap", "top.pdb", "--stages", "m.safetensors", "--batch", "0", "-o", "out.pdb"}, kUsage, {"--batch", "100000"});
  refused({"backmap", "top.pdb", "--draws", "257", "-o", "out.pdb"}, kUsage, {"--draws", "256"});
  refused({"train", "s1.json", "--threads", "-1"}, kUsage, {"-1", "between 1 and 4096", "0 for all cores"});
  refused({"train", "s1.json", "--set", "train.epochs"}, kUsage, {"--set train.epochs", "key=value"});
  refused({"train", "s1.json", "--set", "train.epoch=3"}, kUsage, {"train.epoch", "did you mean \"train.epochs\""});
  refused({"coarsen", "traj.xtc", "-o", "out.pdb"}, kUsage, {"traj.xtc", "names", "--top"});
  refused({"coarsen", "top.pdb", "-o", "out.xyz"}, kUsage, {"out.xyz", ".pdb", ".xtc"});
  refused({"coarsen", "top.pdb", "--particles", "some", "-o", "out.pdb"}, kUsage, {"--particles", "heavy"});
  refused({"config"}, kUsage, {"--schema", "--defaults", "--check"});
  refused({"config", "--schema", "--kind", "gan"}, kUsage, {"--kind", "genzprot"});
}

TEST_F(BadInput, Configuration) {
  write_configs();
  replace("s1.json", "\"channels\"", "\"chanels\"", "key.json");
  refused({"train", "key.json"}, kInput, {"key.json:1:", "model.chanels", "unknown key", "did you mean \"model.channels\""});
  refused({"config", "--check", "key.json"}, kInput, {"key.json:1:", "did you mean \"model.channels\""});
  replace("s1.json", "\"beads\": 4", "\"beads\": \"four\"", "type.json");
  refused({"train", "type.json"}, kInput, {"type.json:2:", "data.beads", "\"four\"", "expected an integer"});
  replace("s1.json", "\"beads\": 4", "\"beads\": 0", "range.json");
  refused({"train", "range.json"}, kInput, {"range.json:2:", "data.beads", "0", "expected"});
  replace("s1.json", "cgvae", "gan", "kind.json");
  refused({"train", "kind.json"}, kInput, {"kind.json:1:", "\"gan\"", "genzprot"});
  replace("s1.json", "\"beads\": 4", "\"beads\": 4,,", "garbled.json");
  refused({"train", "garbled.json"}, kInput, {"garbled.json:2:", "expected"});
  write("empty.json", "");
  refused({"train", "empty.json"}, kInput, {"empty.json:1:1", "expected"});
  write("list.json", "[1, 2]");
  refused({"train", "list.json"}, kInput, {"list.json", "{ ... }"});
  refused({"train", "nope.json"}, kInput, {"nope.json", "No such file", "check the name"});
  replace("s1.json", "\"traj.xtc\"", "", "none.json");
  refused({"train", "none.json"}, kInput, {"none.json", "data.trajectory", "name at least one"});
  refused({"train", "s1.json", "--set", "data.beads=21"}, kInput, {"21 beads", "20 particles", "1 to 20"});
  refused({"train", "s1.json", "--set", "model.channels=3"}, kInput, {"model.channels is 3", "5 particles", "raise model.channels"});
  refused({"coarsen", "top.pdb", "--map", "fixed", "-o", "out.pdb"}, kInput, {"0 beads", "1 to 20", "--beads"});
}

TEST_F(BadInput, Structures) {
  write_configs();
  const auto coarsen = [&](const std::string& name, int code, const Words& pieces) {
    refused({"coarsen", name, "-o", "out.pdb"}, code, pieces);
    // training says the same
    refused({"train", "s1.json", "--set", "data.trajectory=[\"" + name + "\"]", "--set", "data.topology="}, code, pieces);
  };
  coarsen("nope.pdb", kInput, {"nope.pdb", "No such file", "check the name"});
  write("empty.pdb", "");
  coarsen("empty.pdb", kInput, {"empty.pdb", "empty"});
  replace("top.pdb", "CA  TYR", "CX  TYR", "no_ca.pdb");
  coarsen("no_ca.pdb", kInput, {"no_ca.pdb", "TYR 3", "CA"});
  std::string text = read("top.pdb");
  for (std::size_t at; (at = text.find("TYR")) != std::string::npos;) text.replace(at, 3, "FOO");
  write("unknown.pdb", text);
  coarsen("unknown.pdb", kInput, {"unknown.pdb:", "FOO"});
  cut("top.pdb", 81 * 60 + 40, "cut.pdb");
  coarsen("cut.pdb", kInput, {"cut.pdb:61"});
  replace("top.pdb", "-10.190", "    nan", "nan.pdb");
  coarsen("nan.pdb", kInput, {"nan.pdb:1", "nan"});

  write_frames("two.pdb", 2);
  text = read("two.pdb");
  const auto second = text.rfind("CZ  TYR");
  write("unlike.pdb", text.replace(second, 2, "CX"));
  coarsen("unlike.pdb", kInput, {"unlike.pdb", "model 2", "TYR 3 CX", "expected", "TYR 3 CZ", "same atoms"});

  write_frames("nm.pdb", 1, 0.1f);
  coarsen("nm.pdb", kInput, {"nm.pdb", "0.39", "expected 3.8 Angstrom", "nanometres", "multiply the coordinates by 10"});
}

TEST_F(BadInput, Trajectories) {
  write_configs();
  write_frames("few.xtc", 5);
  write_frames("few.dcd", 5);
  const auto coarsen = [&](const std::string& name, int code, const Words& pieces) {
    refused({"coarsen", name, "--top", "top.pdb", "-o", "out.pdb"}, code, pieces);
    refused({"train", "s1.json", "--set", "data.trajectory=[\"" + name + "\"]"}, code, pieces);
  };
  for (const std::string kind : {".xtc", ".dcd"}) {
    write("empty" + kind, "");
    coarsen("empty" + kind, kInput, {"empty" + kind, kind == ".xtc" ? "is empty" : "0 bytes", "expected"});
    coarsen("nope" + kind, kInput, {"nope" + kind, "No such file", "check the name"});
    cut("few" + kind, read("few" + kind).size() - 11, "cut" + kind);
    coarsen("cut" + kind, kInput, {"cut" + kind, "frame 4", "cut short"});
    cut("few" + kind, 30, "head" + kind);
    coarsen("head" + kind, kInput, {"head" + kind});
    write("text" + kind, "this is no trajectory, whatever its name may be, however long it is. " + std::string(200, 'x'));
    coarsen("text" + kind, kInput, {"text" + kind});
  }
  // the last coordinate of the last frame
  std::string bytes = read("few.dcd");
  const float nan = std::numeric_limits<float>::quiet_NaN();
  std::memcpy(bytes.data() + bytes.size() - 8, &nan, 4);
  write("nan.dcd", bytes);
  coarsen("nan.dcd", kNumbers, {"nan.dcd", "frame 4", "SER 20", "z coordinate", "nan", "expected a finite number", "remove this frame"});

  refused({"split", "nan.dcd", "--top", "top.pdb", "-o", "out.pdb"}, kNumbers, {"nan.dcd", "frame 4", "SER 20", "z coordinate", "nan"});

  write_frames("nm.dcd", 3, 0.1f);
  coarsen("nm.dcd", kInput, {"nm.dcd", "nanometres"});

  ok({"coarsen", "top.pdb", "-o", "ca.pdb"});
  refused({"coarsen", "few.xtc", "--top", "ca.pdb", "-o", "out.pdb"}, kInput,
          {"few.xtc", "has 153 atoms", "expected the 20", "topology that belongs"});
  refused({"train", "s1.json", "--set", "data.topology=ca.pdb"}, kInput, {"traj.xtc", "has 153 atoms", "expected the 20"});
  refused({"coarsen", "few.xtc", "--top", "nope.pdb", "-o", "out.pdb"}, kInput, {"nope.pdb", "check the name"});
  refused({"split", "cut.xtc", "--top", "top.pdb", "-o", "out.pdb"}, kInput, {"cut.xtc", "frame 4"});
  write_frames("two.xtc", 2);
  refused({"split", "two.xtc", "--top", "top.pdb", "-o", "out.pdb"}, kInput, {"two.xtc", "2 frames", "three"});
}

TEST_F(BadInput, Maps) {
  const auto coarsen = [&](const std::string& map, const Words& pieces) {
    refused({"coarsen", "top.pdb", "--map", map, "-o", "out.pdb"}, kInput, pieces);
  };
  coarsen("nope.json", {"nope.json", "check the name"});
  coarsen("fixde", {"fixde"});
  write("short.json", "[0, 0, 1, 1]");
  coarsen("short.json", {"short.json", "maps 4", "20 particles", "20 residues"});
  write("garbled.json", "[0, 0, 1,");
  coarsen("garbled.json", {"garbled.json:1:"});
  write("hole.json", "[0,0,0,0,0,0,0,0,0,0,2,2,2,2,2,2,2,2,2,2]");
  coarsen("hole.json", {"hole.json", "bead 1 has no atom"});
  write("minus.json", "[0,0,0,0,0,0,0,0,0,0,1,1,1,1,1,1,1,1,1,-2]");
  coarsen("minus.json", {"minus.json", "atom 19", "-2"});
  // a stage needs a bead for each particle
  write_configs();
  write("partial.json", "[0,0,0,0,0,0,0,0,0,0,1,1,1,1,1,1,1,1,1,-1]");
  refused({"train", "s1.json", "--set", "data.map=partial.json"}, kInput, {"particle 19", "SER 20", "belongs to no bead"});
}

TEST_F(BadInput, Checkpoints) {
  const std::string first = train("s1"), second = train("s2"), in = beads();
  const auto backmap = [&](const std::string& from, const std::string& stage, int code, const Words& pieces) {
    refused({"backmap", from, "--stages", stage, "-o", "out.pdb"}, code, pieces);
  };
  write("text.safetensors", "no weights here, just words; and quite a few of them");
  backmap(in, "text.safetensors", kCheckpoint, {"text.safetensors"});
  refused({"info", "text.safetensors"}, kCheckpoint, {"text.safetensors"});
  write("empty.safetensors", "");
  backmap(in, "empty.safetensors", kCheckpoint, {"empty.safetensors"});
  for (const std::size_t n : {std::size_t{5}, std::size_t{100}, read(first).size() - 4}) {
    cut(first, n, "cut.safetensors");
    backmap(in, "cut.safetensors", kCheckpoint, {"cut.safetensors"});
  }
  io::SafetensorsWriter strange;
  const float number = 1;
  strange.add("weight", {1}, &number);
  strange.write(path("strange.safetensors").string(), true);
  backmap(in, "strange.safetensors", kCheckpoint, {"strange.safetensors", "is not a stage of regrain", "regrain train"});
  backmap(in, "nope.safetensors", kInput, {"nope.safetensors", "check the name"});

  // beads of another map, and beads where alpha carbons are wanted
  beads("five.pdb", "fixed", "5");
  backmap("five.pdb", first, kCheckpoint, {"five.pdb", "5 beads", "trained for 4", "map of the same training"});
  beads("five.xtc", "fixed", "5");
  backmap("five.xtc", first, kInput, {"five.xtc", "has 5 atoms", "expected 4"});
  backmap(in, second, kInput, {"beads.pdb", "BEA"});
  beads("beads.xtc");
  backmap("beads.xtc", second, kUsage, {"beads.xtc", "no atom names", "--top"});
  // stages in the wrong order
  ok({"coarsen", "few.pdb", "-o", "ca.pdb"});
  refused({"backmap", "ca.pdb", "--stages", second, first, "-o", "out.pdb"}, kCheckpoint, {"beads", "trained for 4"});
  refused({"backmap", in, "--stages", first, "nope.safetensors", "-o", "out.pdb"}, kInput, {"nope.safetensors"});
  // a trace with a residue nobody knows, and one in nanometres
  std::string text = read("ca.pdb");
  for (std::size_t at; (at = text.find("TYR")) != std::string::npos;) text.replace(at, 3, "FOO");
  write("unknown.pdb", text);
  backmap("unknown.pdb", second, kInput, {"unknown.pdb", "FOO"});
  write_frames("nm.pdb", 1, 0.1f);
  backmap("nm.pdb", second, kInput, {"nm.pdb", "nanometres"});
  // the names are right, the trajectory is what is in nanometres, or holds numbers that are none
  write_frames("nm.dcd", 2, 0.1f);
  refused({"backmap", "nm.dcd", "--top", "top.pdb", "--stages", second, "-o", "out.pdb"}, kInput, {"nm.dcd", "nanometres"});
  ok({"coarsen", "few.pdb", "--map", "fixed", "--beads", "4", "-o", "nan.dcd"});
  std::string bytes = read("nan.dcd");
  const float nan = std::numeric_limits<float>::quiet_NaN();
  std::memcpy(bytes.data() + bytes.size() - 8, &nan, 4);
  write("nan.dcd", bytes);
  backmap("nan.dcd", first, kNumbers, {"nan.dcd", "frame 1", "BEA 4", "expected a finite number"});
  // fewer true frames than beads
  write_frames("one.pdb", 1);
  refused({"backmap", in, "--stages", first, "--posterior-from", "one.pdb", "-o", "out.pdb"}, kInput,
          {"one.pdb", "1 frames", "fewer than the beads"});
  // beads cut short
  ok({"coarsen", "few.pdb", "--map", "fixed", "--beads", "4", "-o", "beads.dcd"});
  cut("beads.dcd", read("beads.dcd").size() - 9, "cut.dcd");
  backmap("cut.dcd", first, kInput, {"cut.dcd", "frame 1", "cut short"});
}

TEST_F(BadInput, Resuming) {
  train("s1");
  refused({"train", "s1.json", "--out", "runs/none", "--resume"}, kInput, {"runs/none", "no checkpoint", "without --resume"});
  refused({"train", "s1.json", "--resume", "--set", "train.learning_rate=0.5"}, kCheckpoint,
          {"runs/s1/checkpoint.safetensors", "another configuration", "train.epochs", "effective.json"});
  // weights are no training state
  fs::copy_file(path("runs/s1/model.safetensors"), path("runs/s1/checkpoint.safetensors"), fs::copy_options::overwrite_existing);
  refused({"train", "s1.json", "--resume"}, kCheckpoint, {"runs/s1/checkpoint.safetensors", "training"});
  cut("runs/s1/model.safetensors", 3000, "runs/s1/checkpoint.safetensors");
  refused({"train", "s1.json", "--resume"}, kCheckpoint, {"runs/s1/checkpoint.safetensors"});
}

TEST_F(BadInput, ResumingWithOtherFrames) {
  write("mine.json", R"({"model": {"kind": "cgvae", "channels": 8, "n_rbf": 4, "encoder_layers": 1, "decoder_layers": 2},
 "data": {"trajectory": ["mine.pdb"], "beads": 4}, "train": {"epochs": 1}})");
  const std::string text = read("top.pdb");
  write("mine.pdb", text);
  ok({"train", "mine.json"});
  const Words resume{"train", "mine.json", "--resume", "--set", "train.epochs=2"};
  write("mine.pdb", text.substr(0, text.find("ATOM", text.find("CD  PRO A  18"))));
  refused(resume, kInput, {"mine.pdb", "other particles", "(18, sequence", "(20, sequence", "data.trajectory"});
  std::string other = text;
  for (std::size_t at; (at = other.find("TYR")) != std::string::npos;) other.replace(at, 3, "PHE");
  other.erase(other.find("ATOM", other.find("CZ  PHE")), 81);  // its OH
  write("mine.pdb", other);
  refused(resume, kInput, {"mine.pdb", "other particles", "sequence NLYIQ", "sequence NLFIQ", "data.trajectory"});
  write("mine.pdb", text);
  ok(resume);
}

// a fixed map and a learned model are the same for any number of frames; which of them train is not
TEST_F(BadInput, ResumingWithMoreOrFewerFrames) {
  write("mine.json", R"({"model": {"kind": "genzprot"}, "data": {"trajectory": ["mine.pdb"]}, "train": {"epochs": 1}})");
  write_frames("mine.pdb", 5);
  ok({"train", "mine.json"});
  const Words resume{"train", "mine.json", "--resume", "--set", "train.epochs=2"};
  write_frames("mine.pdb", 6);
  refused(resume, kInput, {"mine.pdb: gives 6 frames (4 training, 1 validation, 1 test)", "runs/mine/checkpoint.safetensors",
                           "started with 5 frames (3 training, 1 validation, 1 test)", "data.trajectory", "data.max_frames", "--force"});
  Words all = resume;
  all.insert(all.end(), {"--set", "data.max_frames=4"});
  refused(all, kInput, {"gives 4 frames", "started with 5 frames"});

  // a checkpoint of before that was stored goes on
  const std::string checkpoint = path("runs/mine/checkpoint.safetensors").string();
  const io::Safetensors file = io::Safetensors::load(checkpoint);
  io::SafetensorsWriter old;
  for (const auto& [key, value] : file.metadata())
    if (key != "frames") old.set_metadata(key, value);
  std::map<std::string, std::vector<float>> values;
  for (const auto& [name, info] : file.tensors()) old.add(name, info.shape, (values[name] = file.floats(name)).data());
  old.write(checkpoint, true);
  ok(resume);
  EXPECT_TRUE(io::Safetensors::load(checkpoint).metadata().contains("frames"));
}

TEST_F(BadInput, Clean) {
  write("entry.pdb", two_chains());
  refused({"clean", "entry.pdb", "--chain", "D", "-o", "d.pdb"}, kInput, {"entry.pdb: has no protein residue in chain 'D'", "there is protein in 'A', 'B'"});
  refused({"clean", "entry.pdb", "--chain", "b", "-o", "d.pdb"}, kInput, {"chain 'b'"});
  refused({"clean", "entry.pdb", "--chain", "C", "-o", "d.pdb"}, kInput, {"entry.pdb:", "C/G 1"});
  refused({"clean", "entry.pdb", "--chain", "C", "--drop-unknown", "-o", "d.pdb"}, kInput, {"chain 'C'"});
  refused({"clean", "entry.pdb", "-o", "d.pdb"}, kInput, {"entry.pdb:", "C/G 1", "--drop-unknown"});
  refused({"clean", "nope.pdb", "-o", "d.pdb"}, kInput, {"nope.pdb", "No such file"});
  refused({"clean", "entry.pdb", "--chain", "A", "-o", "entry.pdb"}, kOutput, {"entry.pdb", "--force"});
  refused({"clean", "entry.pdb", "--chain", "A", "-o", "d.dcd"}, kUsage, {"d.dcd", ".pdb"});
  refused({"clean", "entry.pdb"}, kUsage, {"--output"});
}

TEST_F(BadInput, ListsOfStructures) {
  write_list();
  const Words train{"train", "s3.json", "--threads", "2"};
  const auto with = [&](const Words& more) {
    Words all = train;
    all.insert(all.end(), more.begin(), more.end());
    return all;
  };
  refused(with({"--set", "data.list=nope.tsv"}), kInput, {"nope.tsv", "No such file"});
  refused(with({"--set", "data.trajectory=[\"top.pdb\"]"}), kInput, {"s3.json", "both data.trajectory and data.list"});
  refused(with({"--set", "data.list="}), kInput, {"s3.json", "no training data"});
  refused(with({"--set", "data.folder=[\"nowhere\"]"}), kInput, {"list.tsv:2: there is no a.pdb in nowhere", "data.folder", "data.skip_bad"});
  write("list.tsv", "a.pdb training\n");
  refused(train, kInput, {"list.tsv:1: a.pdb is of part \"training\"", "expected train, validation, test or left_out"});
  write("list.tsv", "a.pdb train\nbroken.pdb train\nmissing.pdb test\n");
  write("set/broken.pdb", read("top.pdb").substr(0, 1000));
  refused(train, kInput, {"set/broken.pdb:"});
  says(ok(with({"--set", "data.skip_bad=true"})), {"list.tsv: 2 of 3 structures left out, the first: set/broken.pdb:"});
}

TEST_F(BadInput, ResumingWithAnotherList) {
  write_list();
  ok({"train", "s3.json", "--set", "train.epochs=1"});
  const Words resume{"train", "s3.json", "--resume"};
  write("list.tsv", std::string(test::kFourStructures) + "e.pdb\ttrain\n");
  test::write_piece(path("set").string(), {"e.pdb", 3, 10});
  refused(resume, kInput, {"list.tsv: gives other structures", "Found list.tsv: 5 structures (3 training, 1 validation, 1 test) of 58 residues, hash ",
                           "expected list.tsv: 4 structures (2 training, 1 validation, 1 test) of 48 residues, hash ", "put the list and its files back"});
  // as many residues of another sequence
  write("list.tsv", test::kFourStructures);
  test::write_piece(path("set").string(), {"d.cif", 1, 7});
  refused(resume, kInput, {"gives other structures", "of 48 residues"});
  test::write_piece(path("set").string(), {"d.cif", 0, 7});
  refused({"train", "s3.json", "--resume", "--set", "data.list=", "data.folder=[]", "data.trajectory=[\"top.pdb\"]"}, kInput,
          {"trained on a list of structures", "start anew"});
  refused({"train", "s3.json", "--resume", "--set", "data.max_frames=2"}, kCheckpoint, {"another configuration"});
  ok(resume);
}

TEST_F(BadInput, GenzprotNeedsAtoms) {
  write_configs();
  ok({"coarsen", "top.pdb", "-o", "ca.pdb"});
  refused({"train", "s2.json", "--set", "data.trajectory=[\"ca.pdb\"]", "--set", "data.topology="}, kInput,
          {"ca.pdb", "alpha carbons alone", "heavy atoms"});
  write("two.pdb", read("top.pdb").substr(0, read("top.pdb").find("ATOM", read("top.pdb").find("CD2 LEU A   2"))));
  refused({"train", "s2.json", "--set", "data.trajectory=[\"two.pdb\"]", "--set", "data.topology="}, kInput, {"2 residues", "three"});
}

TEST_F(BadInput, Evaluation) {
  write_frames("two.pdb", 2);
  write_frames("three.pdb", 3);
  refused({"evaluate", "three.pdb", "--reference", "two.pdb"}, kInput, {"three.pdb", "3 structures", "2 frames", "same number of samples"});
  refused({"evaluate", "nope.pdb", "--reference", "two.pdb"}, kInput, {"nope.pdb"});
  refused({"evaluate", "two.pdb", "--reference", "two.pdb", "--training", "two.pdb"}, kUsage, {"--training", "--map"});
  ok({"coarsen", "two.pdb", "-o", "ca.pdb"});
  refused({"evaluate", "two.pdb", "--reference", "ca.pdb"}, kInput, {"ca.pdb", "ASN 1", "has no atom N"});
  std::string text = read("two.pdb");
  for (std::size_t at; (at = text.find("TYR")) != std::string::npos;) text.replace(at, 3, "PHE");
  write("mutant.pdb", text);
  refused({"evaluate", "mutant.pdb", "--reference", "two.pdb"}, kInput, {"two.pdb", "TYR 3", "PHE 3", "expected"});
  write("result.json", "{}");
  refused({"summarize", "result.json"}, kInput, {"result.json", "regrain evaluate"});
  write("garbled.json", "{,");
  refused({"summarize", "garbled.json"}, kInput, {"garbled.json", "regrain evaluate"});
  refused({"summarize", "nope.json"}, kInput, {"nope.json", "regrain evaluate"});
}

TEST_F(BadInput, Outputs) {
  const std::string model = train("s1"), in = beads();
  write("there.pdb", "precious");
  write("file", "precious");
  const Words commands[] = {{"coarsen", "few.pdb"}, {"backmap", in, "--stages", model}, {"split", "traj.xtc", "--top", "top.pdb"},
                            {"evaluate", "few.pdb", "--reference", "few.pdb"}};
  for (const Words& command : commands) {
    const auto to = [&](const std::string& out, const Words& pieces) {
      Words args = command;
      args.insert(args.end(), {"-o", out});
      refused(args, kOutput, pieces);
    };
    to("there.pdb", {"there.pdb", "exists already", "--force"});
    to("runs", {"runs", "is a folder"});
    to("none/out.pdb", {"none/out.pdb", "No such file or directory", "create the folder first"});
    to("file/out.pdb", {"file/out.pdb", "Not a directory"});
    if (command[0] != "evaluate") to("", {"the name of the output file is empty"});
  }
  refused({"train", "s1.json"}, kOutput, {"runs/s1", "holds a training run already", "--resume", "--force"});
  refused({"train", "s1.json", "--out", "file"}, kOutput, {"file", "can't make this folder", "--out"});
  refused({"train", "s1.json", "--out", "file/run"}, kOutput, {"file/run", "can't make this folder", "--out"});
  ok({"coarsen", "few.pdb", "-o", "there.pdb", "--force"});
  EXPECT_EQ(load("there.pdb").topology.n_atoms(), 20);
}

TEST_F(BadInput, FullDisk) {
  const std::string model = train("s1"), in = beads();
  const Limits full{.file_bytes = 150, .out_to = ""};
  for (const std::string out : {"out.pdb", "out.cif", "out.dcd", "out.xtc"}) {
    refused({"coarsen", "few.pdb", "-o", out}, kOutput, {out, "failed after", "File too large", "free some space"}, full);
    refused({"backmap", in, "--stages", model, "-n", "9", "-o", out}, kOutput, {out, "failed after", "free some space"}, full);
  }
  // the file that is to be replaced stays
  ok({"coarsen", "few.pdb", "-o", "old.pdb"});
  refused({"coarsen", "few.pdb", "-o", "old.pdb", "--force"}, kOutput, {"old.pdb", "free some space"}, full);

  if (!fs::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  fs::create_symlink("/dev/full", path("full.pdb"));
  refused({"coarsen", "few.pdb", "-o", "full.pdb", "--force"}, kOutput, {"full.pdb", "No space left on device", "free some space"});
  const Result r = run({"config", "--defaults"}, {.out_to = "/dev/full"});
  EXPECT_EQ(r.exit_code, kOutput);
  says(r, {"stdout", "disk full"});
}

TEST_F(BadInput, TooLargeABatchForTheMemory) {
  write_configs();
  const Limits little{.out_to = "", .memory_bytes = 330000000};
  const Result r = run({"train", "s2.json", "--set", "data.max_frames=80", "--set", "train.batch=64"}, little);
  EXPECT_EQ(r.exit_code, kDevice) << r.err;
  says(r, {"out of memory: ", "MiB more", "take a smaller batch"});
}

TEST_F(BadInput, FullDiskWhileTraining) {
  write_configs();
  ok({"train", "s1.json", "--set", "train.epochs=1"});
  const std::string kept = read("runs/s1/checkpoint.safetensors");
  const Limits full{.file_bytes = 40000, .out_to = ""};  // weights fit, a checkpoint doesn't
  const Result r = run({"train", "s1.json", "--resume"}, full);
  EXPECT_EQ(r.exit_code, kOutput) << r.err;
  says(r, {"checkpoint.safetensors", "failed after", "free some space"});
  EXPECT_EQ(read("runs/s1/checkpoint.safetensors"), kept);
  for (const auto& [name, bytes] : everything()) EXPECT_EQ(name.find(".tmp"), std::string::npos) << name;
  // with space again, the run goes on as if nothing had been
  ok({"train", "s1.json", "--resume"});
  ok({"train", "s1.json", "--out", "once"});
  for (const char* file : {"checkpoint.safetensors", "log.csv"})
    EXPECT_EQ(read(std::string("runs/s1/") + file), read(std::string("once/") + file)) << file;
}

// Training that explodes: exit code 6, and whatever checkpoint is there is finite and loads.
TEST_F(BadInput, NumbersGoBad) {
  write_configs();
  int n_kept = 0;
  for (const char* rate : {"10", "1", "0.5", "0.3", "0.2"})
    for (const char* frames : {"4", "20"}) {
      const std::string out = std::string("run") + rate + "_" + frames;
      const Result r = run({"train", "s1.json", "--out", out, "--set", std::string("train.learning_rate=") + rate, "--set",
                            std::string("data.max_frames=") + frames, "--set", "train.clip_norm=0", "--set", "train.epochs=20"});
      if (r.exit_code == kDone) continue;
      EXPECT_EQ(r.exit_code, kNumbers) << r.err;
      says(r, {out, "is not a finite number in epoch", "lower train.learning_rate"});
      for (const char* name : {"checkpoint.safetensors", "model.safetensors"}) {
        const std::string file = out + "/" + name;
        if (!fs::exists(path(file))) continue;
        ++n_kept;
        says(r, {"is kept in"});
        ok({"info", file});
        const io::Safetensors weights = io::Safetensors::load(path(file));
        for (const auto& [tensor, info] : weights.tensors())
          for (const float w : weights.floats(tensor)) ASSERT_TRUE(std::isfinite(w)) << file << " " << tensor << "\n" << r.err;
      }
      for (const auto& [name, bytes] : everything()) EXPECT_EQ(name.find(".tmp"), std::string::npos) << name;
      // going on from there comes to the same end
      if (!fs::exists(path(out + "/checkpoint.safetensors"))) continue;
      const Result again = run({"train", out + "/effective.json", "--out", out, "--resume"});
      EXPECT_EQ(again.exit_code, kNumbers) << again.err;
      EXPECT_EQ(again.err.substr(again.err.rfind("regrain: error")), r.err.substr(r.err.rfind("regrain: error")));
    }
  EXPECT_GT(n_kept, 0) << "no run got through an epoch before it exploded: try other rates";
}

}  // namespace
}  // namespace regrain::cli_test
