// Batches ahead of their use, and the memory for frames: neither may change anything but the time it takes.
#include "driver/batch_stream.hpp"

#include <gtest/gtest.h>

#include <atomic>

#include "engine/errors.hpp"

namespace regrain::driver {
namespace {

struct NumberedFrame final : PreparedFrame {
  int number = 0;
  std::size_t bytes() const override { return 100; }
};
struct NumberedBatch final : StageBatch {
  std::vector<int> frames;
  std::vector<std::uint32_t> keys;

  std::unique_ptr<StageBatch> to_device(Context&, std::unique_ptr<StageBatch>) const override { return nullptr; }
  Words words() const override { return {}; }
};

// A frame's number is its first coordinate. Frame `bad` can't be prepared.
class CountingStage final : public Stage {
 public:
  int bad = -1;
  mutable std::atomic<int> n_prepared = 0, n_new_batches = 0;

  std::unique_ptr<const PreparedFrame> prepare(Context&, const StageSetup& protein, const io::Frame& truth) const override {
    ++n_prepared;
    // each frame has a protein of its own, known by its number of beads
    EXPECT_EQ(protein.map.n_beads, 100 + static_cast<int>(truth.xyz_A3[0]));
    auto frame = std::make_unique<NumberedFrame>();
    frame->number = static_cast<int>(truth.xyz_A3[0]);
    if (frame->number == bad) fail(ErrorKind::numbers, "frame ", bad, " is bad");
    return frame;
  }
  std::unique_ptr<StageBatch> empty_batch(const MemorySource&) const override { return std::make_unique<NumberedBatch>(); }
  std::unique_ptr<StageBatch> make_batch(Context&, const std::vector<const PreparedFrame*>& frames, const std::vector<DrawKey>& keys,
                                         std::unique_ptr<StageBatch> reuse) const override {
    if (!reuse) {
      reuse = std::make_unique<NumberedBatch>();
      ++n_new_batches;
    }
    auto& batch = static_cast<NumberedBatch&>(*reuse);
    batch.frames.clear();
    batch.keys.clear();
    for (const PreparedFrame* f : frames) batch.frames.push_back(static_cast<const NumberedFrame*>(f)->number);
    for (const DrawKey& k : keys) batch.keys.push_back(k.frame);
    return reuse;
  }

  std::string kind() const override { return "counting"; }
  ParameterSet<float>& parameters() override { return parameters_; }
  void initialize(std::uint64_t) override {}
  const io::Topology& coarse_topology() const override { return topology_; }
  const io::BeadMap& map() const override { return map_; }
  io::Topology fine_topology(const io::Topology& coarse, const std::string&) const override { return coarse; }
  std::vector<io::Frame> refine(Context&, const io::Topology&, const std::vector<StageInput>&, RefineMemory&) const override { return {}; }
  std::vector<std::string> term_names() const override { return {}; }
  StageLoss loss(Tape<float>&, const StageBatch&, const TrainingMoment&) const override { return {}; }
  std::vector<double> loss_weights(const TrainingMoment&) const override { return {}; }
  double skip_above() const override { return 0; }

 private:
  ParameterSet<float> parameters_;
  io::Topology topology_;
  io::BeadMap map_;
};

class Batches : public ::testing::TestWithParam<int> {  // number of threads
 protected:
  Batches() {
    for (int f = 0; f < 7; ++f) {
      io::Frame frame;
      frame.xyz_A3 = {static_cast<float>(f), 0, 0};
      data.frames.push_back(frame);
      StageSetup protein;
      protein.map.n_beads = 100 + f;
      data.proteins.insert(data.proteins.begin(), protein);
      data.protein.push_back(6 - f);
    }
  }
  BatchStream stream(std::size_t cache_bytes) const { return BatchStream(stage, data, {.cache_bytes = cache_bytes, .n_threads = GetParam()}); }
  static std::vector<BatchRequest> requests(const std::vector<std::vector<int>>& frames) {
    std::vector<BatchRequest> all;
    for (const auto& some : frames) {
      all.push_back({some, {}});
      for (int f : some) all.back().keys.push_back({1, static_cast<std::uint32_t>(10 * f), 0, 0});
    }
    return all;
  }
  static void expect_batch(const StageBatch& batch, const std::vector<int>& frames) {
    const auto& b = static_cast<const NumberedBatch&>(batch);
    EXPECT_EQ(b.frames, frames);
    ASSERT_EQ(b.keys.size(), frames.size());
    for (std::size_t i = 0; i < frames.size(); ++i) EXPECT_EQ(b.keys[i], 10u * static_cast<unsigned>(frames[i]));
  }

  CountingStage stage;
  Dataset data;
  const std::vector<std::vector<int>> epoch{{3, 0}, {5, 1, 6}, {2}, {4, 3}};
};

// Three epochs of 7 frames of 100 bytes in 8 places, and how many preparations they take. With room for three, the
// first to come stay, one of which is met twice an epoch.
TEST_P(Batches, ComeInOrderWhateverIsKept) {
  for (const auto& [cache_bytes, n_prepared] : std::vector<std::pair<std::size_t, int>>{{0, 24}, {99, 24}, {350, 3 + 3 * 4}, {1 << 20, 7}}) {
    stage.n_prepared = 0;
    BatchStream batches = stream(cache_bytes);
    for (int e = 0; e < 3; ++e) {
      batches.start(requests(epoch));
      for (const auto& expected : epoch) expect_batch(batches.next(), expected);
      EXPECT_THROW(batches.next(), Error);
    }
    EXPECT_EQ(stage.n_prepared, n_prepared) << cache_bytes;
  }
}

TEST_P(Batches, UseTheSameMemoryAgain) {
  BatchStream batches = stream(0);
  batches.start(requests({{0}, {1}, {2}, {3}, {4}, {5}, {6}}));
  for (int f = 0; f < 7; ++f) expect_batch(batches.next(), {f});
  EXPECT_LE(stage.n_new_batches, 2);
}

TEST_P(Batches, AnErrorComesWithItsBatch) {
  stage.bad = 2;
  BatchStream batches = stream(1 << 20);
  for (int twice = 0; twice < 2; ++twice) {
    batches.start(requests(epoch));
    expect_batch(batches.next(), epoch[0]);
    expect_batch(batches.next(), epoch[1]);
    try {
      batches.next();
      FAIL() << "no error";
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::numbers);
      EXPECT_STREQ(e.what(), "frame 2 is bad");
    }
  }
}

TEST_P(Batches, WhatWasNotTakenIsForgotten) {
  BatchStream batches = stream(1 << 20);
  for (int i = 0; i < 20; ++i) {
    batches.start(requests(epoch));
    expect_batch(batches.next(), epoch[0]);
  }
  batches.start(requests({{6}}));
  expect_batch(batches.next(), {6});
  batches.start({});
  EXPECT_THROW(batches.next(), Error);
  batches.start(requests(epoch));
  batches.next();  // the next one may be under way when the stream ends
}

INSTANTIATE_TEST_SUITE_P(Threads, Batches, ::testing::Values(1, 2));

}  // namespace
}  // namespace regrain::driver
