// Training and sampling on a device: the losses and structures of the CPU, and runs that change from one to the other.
#include "tests/simt/driver/device_runs.hpp"
#include "tests/simt/needs_device.hpp"

namespace regrain::driver {
namespace {

void run(const io::Config& config, const std::string& folder, Device device, bool resume = false, bool tensor_cores = false) {
  DeviceChoice choice = on(device);
  choice.tensor_cores = tensor_cores;
  train(config, {.out_dir = folder, .resume = resume, .device = choice, .n_threads = 2}, quiet);
}

TEST(TrainingOnADevice, HasTheLossesOfTheCpu) {
  REGRAIN_NEEDS_DEVICE();
  for (const auto& [kind, train] : {std::pair{"cgvae", R"({"epochs": 5, "batch": 2})"}, std::pair{"genzprot", R"({"epochs": 2, "batch": 4})"}}) {
    const test::TestFolder folder;
    const io::Config config = small_config(folder, kind, train);
    run(config, folder.path("cpu"), Device::cpu);
    run(config, folder.path("device"), Device::cuda);
    expect_near(log_of(folder.path("device")), log_of(folder.path("cpu")), 2e-3);
  }
}

// Other last bits, and losses as near to the CPU's.
TEST(TrainingOnADevice, ByTensorCoresHasThemToo) {
  REGRAIN_NEEDS_DEVICE();
  const test::TestFolder folder;
  const io::Config config = small_config(folder, "cgvae", R"({"epochs": 5, "batch": 2})");
  run(config, folder.path("cpu"), Device::cpu);
  run(config, folder.path("device"), Device::cuda);
  run(config, folder.path("tensor_cores"), Device::cuda, false, true);
  expect_near(log_of(folder.path("tensor_cores")), log_of(folder.path("cpu")), 2e-3);
  EXPECT_FALSE(test::bytes_of(folder.path("tensor_cores") + "/log.csv") == test::bytes_of(folder.path("device") + "/log.csv"));
}

TEST(TrainingOnADevice, IsTheSameEveryTime) {
  REGRAIN_NEEDS_DEVICE();
  const test::TestFolder folder;
  const io::Config config = small_config(folder, "cgvae", R"({"epochs": 3, "batch": 3})");
  for (const char* name : {"a", "b"}) run(config, folder.path(name), Device::cuda);
  for (const char* file : {"/log.csv", "/model.safetensors", "/checkpoint.safetensors"})
    EXPECT_TRUE(test::bytes_of(folder.path("a") + file) == test::bytes_of(folder.path("b") + file)) << file;
}

TEST(ARunThatChangesItsDevice, GoesOnWhereItStood) {
  REGRAIN_NEEDS_DEVICE();
  const test::TestFolder folder;
  const auto config = [&](int epochs) { return small_config(folder, "cgvae", R"({"batch": 3, "epochs": )" + std::to_string(epochs) + "}"); };
  run(config(4), folder.path("cpu"), Device::cpu);
  for (const Device first : {Device::cpu, Device::cuda}) {
    const std::string name = folder.path(first == Device::cpu ? "there" : "back");
    run(config(2), name, first);
    run(config(4), name, first == Device::cpu ? Device::cuda : Device::cpu, true);
    expect_near(log_of(name), log_of(folder.path("cpu")), 2e-3);
  }
}

// Samples from the prior and from the posterior.
TEST(RefiningOnADevice, GivesTheStructuresOfTheCpu) {
  REGRAIN_NEEDS_DEVICE();
  for (const std::string kind : {"cgvae", "genzprot"}) {
    const test::TestFolder folder;
    Context cpu(1), device(Device::cuda, 1);
    Dataset data = load_dataset(cpu, small_config(folder, kind, "{}"), nullptr, quiet);
    const io::Config config = resolve_config(cpu, small_config(folder, kind, "{}"), data.proteins.front(), data.pick(data.split.train));
    for (const bool posterior : {false, true}) {
      std::vector<io::Frame> coarse;
      for (const io::Frame& f : data.frames) coarse.push_back(io::apply(data.proteins.front().map, f));
      std::vector<StageInput> inputs;
      for (std::size_t f = 0; f < 3; ++f)
        inputs.push_back({&coarse[f], posterior ? &data.frames[f] : nullptr, nullptr, {1, static_cast<std::uint32_t>(f), 0, 0}});
      const auto refined = [&](Context& context) {
        const std::unique_ptr<Stage> stage = make_stage(config, data.proteins.front());
        stage->initialize(1);
        if (context.device() == Device::cuda) stage->parameters().move_to(context);
        RefineMemory memory;
        return stage->refine(context, data.proteins.front().coarse, inputs, {}, memory);
      };
      const auto there = refined(device), here = refined(cpu);
      ASSERT_EQ(there.size(), here.size());
      for (std::size_t f = 0; f < here.size(); ++f) {
        ASSERT_EQ(there[f].xyz_A3.size(), here[f].xyz_A3.size());
        for (std::size_t i = 0; i < here[f].xyz_A3.size(); ++i)
          ASSERT_NEAR(there[f].xyz_A3[i], here[f].xyz_A3[i], 2e-3) << kind << ", frame " << f << ", coordinate " << i;
      }
    }
  }
}

}  // namespace
}  // namespace regrain::driver
