// Same seed, same bytes: whatever the number of threads, the batching, or how often a run was stopped.
#include <algorithm>

#include "io/safetensors.hpp"
#include "tests/driver/cli/program.hpp"

namespace regrain::cli_test {
namespace {

// Tensors and metadata agree, but for the keys named.
void expect_same_model(const std::string& a, const std::string& b, const Words& may_differ = {}) {
  const io::Safetensors one = io::Safetensors::load(a), other = io::Safetensors::load(b);
  ASSERT_EQ(one.tensors().size(), other.tensors().size());
  for (const auto& [name, info] : one.tensors()) EXPECT_EQ(one.bytes(name), other.bytes(name)) << name;
  ASSERT_EQ(one.metadata().size(), other.metadata().size());
  for (const auto& [key, value] : one.metadata())
    if (std::ranges::find(may_differ, key) == may_differ.end()) { EXPECT_EQ(other.metadata().at(key), value) << key; }
}

class Repeatable : public Cli {
 protected:
  // Stops a training within an epoch and goes on to the end, in the folder `out`. The delay starts when
  // the training does; whether it ends within an epoch is for the machine to say, so several are tried.
  void interrupt_and_resume(const std::string& config, const std::string& out, int signal) const {
    for (const int delay : {120, 40, 400, 10, 900}) {
      const Running running = start({"train", config, "--out", out, "--force"});
      ASSERT_TRUE(running.wait_for("parameters;")) << running.wait().err;
      std::this_thread::sleep_for(std::chrono::milliseconds(delay));
      running.signal(signal);
      const Result stopped = running.wait();
      if (stopped.exit_code == kDone) continue;  // it was faster
      ASSERT_EQ(stopped.exit_code, kInterrupted) << stopped.err;
      says(stopped, {out + ": interrupted; the state is saved, --resume goes on from it"});
      ASSERT_TRUE(fs::exists(path(out + "/checkpoint.safetensors")));
      const Result resumed = ok({"train", config, "--out", out, "--resume"});
      if (resumed.err.find("batch 1\n") == std::string::npos) return;
    }
    FAIL() << "no signal came within an epoch";
  }
  void expect_same_run(const std::string& a, const std::string& b) const {
    for (const char* name : {"model.safetensors", "checkpoint.safetensors", "log.csv", "effective.json", "map.json"})
      EXPECT_EQ(read(a + "/" + name), read(b + "/" + name)) << name;
  }
};

TEST_F(Repeatable, TrainingIsTheSameForAnyThreads) {
  write_configs();
  for (const char* name : {"s1", "s2"})
    for (const char* threads : {"1", "2", "3"})
      ok({"train", std::string(name) + ".json", "--threads", threads, "--out", std::string(name) + "_" + threads});
  for (const char* name : {"s1", "s2"})
    for (const char* threads : {"_2", "_3"}) expect_same_run(std::string(name) + "_1", std::string(name) + threads);
}

// nothing kept, some frames, all of them; batches made ahead and not
TEST_F(Repeatable, TrainingIsTheSameForAnyCache) {
  write_configs();
  for (const char* name : {"s1", "s2"}) {
    const auto train = [&](const std::string& threads, const std::string& cache) {
      const std::string out = std::string(name) + "_" + threads + "_" + cache;
      ok({"train", std::string(name) + ".json", "--threads", threads, "--cache", cache, "--out", out, "--set", "train.epochs=2",
          "data.max_frames=20"});
      return out;
    };
    const std::string first = train("1", "0");
    for (const auto& [threads, cache] : std::vector<std::pair<const char*, const char*>>{{"1", "1"}, {"1", "512"}, {"2", "0"}, {"2", "1"}, {"2", "512"}})
      expect_same_run(first, train(threads, cache));
  }
}

TEST_F(Repeatable, TrainingOnAListIsTheSameForAnyThreadsAndCache) {
  write_list();
  const auto train = [&](const std::string& threads, const std::string& cache) {
    const std::string out = threads + "_" + cache;
    ok({"train", "s3.json", "--threads", threads, "--cache", cache, "--out", out, "--set", "train.batch=2"});
    return out;
  };
  const std::string first = train("1", "512");
  EXPECT_NE(read(first + "/log.csv"), "");
  for (const auto& [threads, cache] : std::vector<std::pair<const char*, const char*>>{{"1", "0"}, {"2", "0"}, {"2", "1"}, {"3", "512"}})
    expect_same_run(first, train(threads, cache));
}

TEST_F(Repeatable, AResumedRunOnAListIsLikeALongerOne) {
  write_list();
  ok({"train", "s3.json", "--out", "once", "--set", "train.epochs=3"});
  ok({"train", "s3.json", "--out", "parts", "--set", "train.epochs=1"});
  // where the files lie doesn't count, what they are does
  says(ok({"train", "s3.json", "--out", "parts", "--resume", "--set", "train.epochs=3"}), {"resuming at epoch 2, batch 1"});
  for (const char* file : {"/checkpoint.safetensors", "/log.csv", "/effective.json"}) EXPECT_EQ(read(std::string("once") + file), read(std::string("parts") + file)) << file;
  expect_same_model(path("once/model.safetensors"), path("parts/model.safetensors"), {"config"});
}

TEST_F(Repeatable, AnInterruptedRunOnAListToo) {
  write_list();
  std::string many;
  for (int i = 0; i < 30; ++i) {
    const std::string name = "piece" + std::to_string(i) + (i % 3 == 0 ? ".cif" : i % 3 == 1 ? ".pdb" : ".pdb.gz");
    test::write_piece(path("set").string(), {name, i % 5, 12 + i % 4, {static_cast<std::size_t>(10 * i)}});
    many += name + "\ttrain\n";
  }
  write("list.tsv", test::kFourStructures + many);
  ok({"train", "s3.json", "--out", "once", "--set", "train.epochs=1"});
  write("s3.json", read("once/effective.json"));
  interrupt_and_resume("s3.json", "parts", SIGTERM);
  expect_same_run("once", "parts");
}

TEST_F(Repeatable, SeedsDiffer) {
  write_configs();
  ok({"train", "s1.json", "--out", "a"});
  ok({"train", "s1.json", "--out", "b", "--set", "train.seed=2"});
  EXPECT_NE(read("a/log.csv"), read("b/log.csv"));
}

TEST_F(Repeatable, BackmappingIsTheSameForAnyThreadsAndBatches) {
  const std::string first = train("s1"), second = train("s2"), in = beads();
  const Words options[] = {{"--threads", "1", "--batch", "5"}, {"--threads", "2", "--batch", "5"}, {"--threads", "1", "--batch", "1"},
                           {"--threads", "3", "--batch", "2"}, {"--threads", "2", "--batch", "12"}};
  Words results;
  for (std::size_t i = 0; i < std::size(options); ++i) {
    const std::string out = "out" + std::to_string(i) + ".dcd";
    Words args{"backmap", in, "--stages", first, second, "-n", "5", "-o", out};
    args.insert(args.end(), options[i].begin(), options[i].end());
    ok(args);
    results.push_back(read(out));
    EXPECT_EQ(results.back(), results.front()) << text_of(args);
  }
  // a draw belongs to its seed, frame and sample: fewer samples are the first of more
  ok({"backmap", in, "--stages", first, second, "-n", "5", "-o", "five.pdb"});
  ok({"backmap", in, "--stages", first, second, "-n", "2", "-o", "two.pdb"});
  const io::Structure five = load("five.pdb"), two = load("two.pdb");
  EXPECT_EQ(two.frames[3].xyz_A3, five.frames[6].xyz_A3);
  EXPECT_NE(two.frames[2].xyz_A3, two.frames[3].xyz_A3);
}

TEST_F(Repeatable, ALearnedMapIsTheSameForAnyThreads) {
  write_frames("few.pdb", 4);
  for (const char* threads : {"1", "2"})
    ok({"coarsen", "few.pdb", "--map", "autograin", "--beads", "3", "--threads", threads, "-o", std::string("map") + threads + ".json"});
  EXPECT_EQ(read("map1.json"), read("map2.json"));
}

TEST_F(Repeatable, AResumedRunIsLikeALongerOne) {
  write_configs();
  for (const std::string name : {"s1", "s2"}) {
    const std::string config = name + ".json", once = name + "_once", parts = name + "_parts";
    ok({"train", config, "--out", once, "--set", "train.epochs=4"});
    ok({"train", config, "--out", parts, "--set", "train.epochs=2"});
    says(ok({"train", config, "--out", parts, "--resume", "--set", "train.epochs=4"}), {"resuming at epoch 3, batch 1"});
    for (const char* file : {"/checkpoint.safetensors", "/log.csv", "/effective.json", "/map.json"})
      EXPECT_EQ(read(once + file), read(parts + file)) << file;
    // the best model may stem from before the run was made longer; its configuration says so
    expect_same_model(path(once + "/model.safetensors"), path(parts + "/model.safetensors"), {"config"});
    // nothing is left to do: nothing changes
    const auto before = everything();
    ok({"train", config, "--out", parts, "--resume", "--set", "train.epochs=4"});
    EXPECT_EQ(everything(), before);
  }
}

TEST_F(Repeatable, AnInterruptedRunIsLikeAnUninterruptedOne) {
  write_configs();
  write("long.json", R"({"model": {"kind": "cgvae", "channels": 32, "encoder_layers": 1, "decoder_layers": 2},
 "data": {"trajectory": ["traj.xtc"], "topology": "top.pdb", "fine": "ca", "map": "fixed", "beads": 4},
 "train": {"epochs": 2, "accumulate": 2, "learning_rate": 1e-3}})");
  ok({"train", "long.json", "--out", "once"});
  interrupt_and_resume("long.json", "parts", SIGINT);
  expect_same_run("once", "parts");
}

TEST_F(Repeatable, AnInterruptedRunOfGenzprotToo) {
  write("long.json", R"({"model": {"kind": "genzprot"},
 "data": {"trajectory": ["traj.xtc"], "topology": "top.pdb", "max_frames": 24}, "train": {"epochs": 1, "batch": 1}})");
  ok({"train", "long.json", "--out", "once"});
  interrupt_and_resume("long.json", "parts", SIGTERM);
  expect_same_run("once", "parts");
}

TEST_F(Repeatable, AnInterruptedLearningOfAMapLeavesNothing) {
  write_frames("few.pdb", 6);
  const auto before = everything();
  const Running running = start({"coarsen", "few.pdb", "--map", "autograin", "--beads", "3", "-o", "map.json"});
  ASSERT_TRUE(running.wait_for("learning a map"));
  running.signal(SIGINT);
  const Result r = running.wait();
  EXPECT_EQ(r.exit_code, kInterrupted) << r.err;
  says(r, {"few.pdb: interrupted while learning the map; nothing was written"});
  EXPECT_EQ(everything(), before);
}

TEST_F(Repeatable, AnInterruptedBackmappingLeavesNothing) {
  const std::string model = train("s2");
  const auto before = everything();
  const Running running = start({"backmap", "traj.xtc", "--top", "top.pdb", "--stages", model, "-n", "20", "-o", "out.dcd"});
  for (int i = 0; i < 5000 && everything().size() == before.size(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  running.signal(SIGTERM);
  const Result r = running.wait();
  EXPECT_EQ(r.exit_code, kInterrupted) << r.err;
  says(r, {"out.dcd: interrupted after ", "nothing was written"});
  EXPECT_EQ(everything(), before);
}

// the second one ends the program there and then
TEST_F(Repeatable, TwoSignalsLeaveNothingEither) {
  const std::string model = train("s2");
  const auto before = everything();
  const Running running = start({"backmap", "traj.xtc", "--top", "top.pdb", "--stages", model, "-n", "20", "-o", "out.dcd"});
  for (int i = 0; i < 5000 && everything().size() == before.size(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  ASSERT_GT(everything().size(), before.size());
  running.signal_together({SIGINT, SIGTERM});
  const Result r = running.wait();
  EXPECT_TRUE(r.exit_code == 1000 + SIGINT || r.exit_code == 1000 + SIGTERM) << r.exit_code << r.err;
  EXPECT_EQ(everything(), before);
}

}  // namespace
}  // namespace regrain::cli_test
