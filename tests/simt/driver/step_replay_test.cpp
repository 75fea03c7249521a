// Recorded steps: the bits of the same batch run kernel by kernel, whatever batches come and go.
#include "driver/step_runner.hpp"

#include <functional>

#include "driver/dataset.hpp"
#include "tests/simt/driver/device_runs.hpp"
#include "tests/simt/needs_device.hpp"

namespace regrain::driver {
namespace {

using Bits = std::vector<float>;

// A stage on a device and its frames.
struct Training {
  test::TestFolder folder;
  Context host{1}, context{Device::cuda, 1};
  Dataset data;
  std::unique_ptr<Stage> stage;

  explicit Training(const std::string& kind) : data(load_dataset(host, small_config(folder, kind, "{}"), nullptr, quiet)) {
    stage = make_stage(resolve_config(host, small_config(folder, kind, "{}"), data.proteins.front(), data.pick(data.split.train)), data.proteins.front());
    stage->initialize(1);
    stage->parameters().move_to(context);
  }

  // loss, terms and gradient of what f runs
  Bits bits_of(const std::function<BatchLoss()>& f) {
    stage->parameters().zero_grads(context);
    const BatchLoss loss = f();
    Bits bits{static_cast<float>(loss.total)};
    for (double t : loss.terms) bits.push_back(static_cast<float>(t));
    const Tensor<float> grads = stage->parameters().grads_on_host(context);
    bits.insert(bits.end(), grads.begin(), grads.end());
    return bits;
  }
  // kernel by kernel, arrays of exactly the size they need, in a context of its own
  Bits eager(const BatchRequest& request, const TrainingMoment& moment) {
    Context own(Device::cuda, 1);
    std::vector<std::shared_ptr<const PreparedFrame>> held;
    std::vector<const PreparedFrame*> frames;
    for (int f : request.frames) {
      held.push_back(stage->prepare(host, data.protein_of(f), data.frames[static_cast<std::size_t>(f)]));
      frames.push_back(held.back().get());
    }
    const auto on_host = stage->make_batch(host, frames, request.keys);
    const auto batch = on_host->to_device(own, nullptr);
    return bits_of([&] {
      Tape<float> tape(own);
      const StageLoss loss = stage->loss(tape, *batch, moment);
      tape.backward(loss.total);
      BatchLoss found{static_cast<double>(loss.total.item()), {}};
      for (const Var<float>& t : loss.terms) found.terms.push_back(static_cast<double>(t.item()));
      return found;
    });
  }
  static BatchRequest request(const std::vector<int>& frames, std::uint32_t number) {
    BatchRequest r{frames, {}};
    for (std::size_t k = 0; k < frames.size(); ++k) r.keys.push_back({1, number, static_cast<std::uint16_t>(k), 0});
    return r;
  }
};

class StepReplay : public ::testing::TestWithParam<const char*> {};

TEST_P(StepReplay, HasTheBitsOfTheStepItRecorded) {
  REGRAIN_NEEDS_DEVICE();
  Training t(GetParam());
  std::vector<BatchRequest> requests;
  for (std::uint32_t b = 0; b < 4; ++b) requests.push_back(Training::request({static_cast<int>(b)}, b));
  BatchStream batches(*t.stage, t.data, {.cache_bytes = 1 << 20, .n_threads = 1, .device = Device::cuda});
  batches.start(requests);
  StepRunner steps(t.context, *t.stage);
  const TrainingMoment moment{3, 0, true};
  for (const BatchRequest& r : requests) {
    const StageBatch& batch = batches.next();
    const Bits found = t.bits_of([&] { return steps.train(batch, moment); });
    ASSERT_TRUE(found == t.eager(r, moment)) << "batch of frame " << r.frames.front();
  }
  // a frame with more edges than the first takes more room, which is enough for the others
  EXPECT_GE(steps.n_replays(), 2);
  EXPECT_EQ(steps.n_recordings(), 1u);
}

// Batches made ahead lie in two places in turns, each of which has a recording.
TEST(StepReplayOfBatchesAhead, HasOneRecordingAPlace) {
  REGRAIN_NEEDS_DEVICE();
  Training t("cgvae");
  std::vector<BatchRequest> requests;
  for (std::uint32_t b = 0; b < 8; ++b) requests.push_back(Training::request({static_cast<int>(b) % 4}, b));
  BatchStream batches(*t.stage, t.data, {.n_threads = 2, .device = Device::cuda});
  batches.start(requests);
  StepRunner steps(t.context, *t.stage);
  for (const BatchRequest& r : requests) {
    const StageBatch& batch = batches.next();
    const Bits found = t.bits_of([&] { return steps.train(batch, {}); });
    ASSERT_TRUE(found == t.eager(r, {})) << "batch of frame " << r.frames.front();
  }
  EXPECT_GE(steps.n_replays(), 4);
  EXPECT_LE(steps.n_recordings(), 2u);
}

// Weights of the loss are in the recording, so other weights need another one.
TEST(StepReplayRecording, KnowsTheWeightsOfTheLoss) {
  REGRAIN_NEEDS_DEVICE();
  Training t("cgvae");
  t.stage = make_stage(resolve_config(t.host, small_config(t.folder, "cgvae", "{}", R"({"beta_start": 0, "beta_steps": 10})"), t.data.proteins.front(),
                                      t.data.pick(t.data.split.train)),
                       t.data.proteins.front());
  t.stage->initialize(1);
  t.stage->parameters().move_to(t.context);
  const BatchRequest r = Training::request({0, 1}, 0);
  BatchStream batches(*t.stage, t.data, {.device = Device::cuda});
  batches.start({r});
  const StageBatch& batch = batches.next();
  StepRunner steps(t.context, *t.stage);
  const auto total = [&](long long step) { return steps.train(batch, {0, step, true}).total; };
  const double first = total(0);
  EXPECT_EQ(total(0), first);  // recorded
  EXPECT_EQ(total(0), first);  // replayed
  for (long long step = 1; step < 10; ++step) EXPECT_NE(total(step), first);
  EXPECT_EQ(steps.n_recordings(), 1u);
  EXPECT_EQ(total(0), first);
  // without a gradient: another recording of the same batch
  for (int i = 0; i < 3; ++i) EXPECT_EQ(steps.evaluate(batch, {0, 0, true}).total, first);
  EXPECT_EQ(steps.n_recordings(), 2u);
}

INSTANTIATE_TEST_SUITE_P(Stages, StepReplay, ::testing::Values("cgvae", "genzprot"),
                         [](const auto& stage) { return std::string(stage.param); });

TEST(StepReplayRecording, IsDroppedWhenMemoryMoves) {
  REGRAIN_NEEDS_DEVICE();
  Training t("cgvae");
  BatchStream batches(*t.stage, t.data, {.device = Device::cuda});
  batches.start({Training::request({0}, 0)});
  const StageBatch& batch = batches.next();
  StepRunner steps(t.context, *t.stage);
  const auto run = [&] { return t.bits_of([&] { return steps.train(batch, {}); }); };
  const Bits first = run();
  EXPECT_TRUE(run() == first);
  EXPECT_EQ(steps.n_recordings(), 1u);
  // a step that needs far more moves what the recording points at
  t.context.values().allocate(std::size_t{16} << 20);
  t.context.begin_step();
  EXPECT_TRUE(run() == first);
  EXPECT_EQ(steps.n_recordings(), 1u);  // anew
  EXPECT_TRUE(run() == first);
}

// Frames one after another, as a chain refines a trajectory: from the third on a replay, with the bits of a sample that
// was drawn kernel by kernel.
TEST(SampleReplay, HasTheBitsOfASampleOfItsOwn) {
  REGRAIN_NEEDS_DEVICE();
  for (const std::string kind : {"cgvae", "genzprot"}) {
    Training t(kind);
    RefineMemory kept;
    for (std::uint32_t f = 0; f < 5; ++f) {
      const io::Frame coarse = io::apply(t.data.proteins.front().map, t.data.frames[f]);
      const std::vector<StageInput> inputs{{&coarse, nullptr, nullptr, {1, f, 0, 0}}, {&coarse, nullptr, nullptr, {1, f, 1, 0}}};
      RefineMemory fresh;
      const auto found = t.stage->refine(t.context, t.data.proteins.front().coarse, inputs, {}, kept);
      Context own(Device::cuda, 1);
      const auto expected = t.stage->refine(own, t.data.proteins.front().coarse, inputs, {}, fresh);
      for (std::size_t s = 0; s < inputs.size(); ++s)
        EXPECT_EQ(found[s].xyz_A3, expected[s].xyz_A3) << kind << ", frame " << f << ", sample " << s;
      EXPECT_NE(found[0].xyz_A3, found[1].xyz_A3);
    }
    EXPECT_GE(kept.recorder.n_replays(), 3) << kind;
    EXPECT_EQ(kept.recorder.n_recordings(), 1u) << kind;
  }
}

}  // namespace
}  // namespace regrain::driver
