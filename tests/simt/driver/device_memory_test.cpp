// Which device, and memory of it that runs out.
#include "tests/simt/driver/device_runs.hpp"
#include "tests/simt/needs_device.hpp"
#include "tests/support/expect_error.hpp"
#ifdef REGRAIN_SIMT
#include "tests/simt/device_memory.hpp"
#endif

namespace regrain::driver {
namespace {

using test::expect_error;

TEST(DeviceChoiceOfABuildWithDevices, FindsThem) {
  REGRAIN_NEEDS_DEVICE();
  for (const char* word : {"auto", "cuda", "cuda:0"}) {
    EXPECT_EQ(choose_device(word).device, Device::cuda);
    EXPECT_EQ(choose_device(word).text(), "cuda:0 (" + devices().front() + ")");
  }
  EXPECT_TRUE(choose_device("auto", true).tensor_cores);
  EXPECT_EQ(choose_device("cuda", true).text(), "cuda:0 (" + devices().front() + ", tensor cores)");
  EXPECT_EQ(choose_device("cpu").device, Device::cpu);
  expect_error(ErrorKind::device, {"--device cuda:99", "no such device", "regrain info"}, [] { choose_device("cuda:99"); });
  expect_error(ErrorKind::device, {"cuda:99", "no such device"}, [] { Context(Device::cuda, 1, 99); });
}

#ifdef REGRAIN_SIMT

class DeviceMemory : public ::testing::Test {
 protected:
  ~DeviceMemory() override { simt::set_device_memory_limit(simt::kDeviceMemoryBytes); }

  static void train_with(std::size_t bytes, int batch) {
    const test::TestFolder folder;
    simt::set_device_memory_limit(bytes);
    train(small_config(folder, "cgvae", R"({"epochs": 1, "batch": )" + std::to_string(batch) + "}"),
          {.out_dir = folder.path("run"), .device = on(Device::cuda), .n_threads = 1}, quiet);
  }
};

// Sizes are those of this model: 80 KiB of parameters and moments, 60 KiB a frame.
TEST_F(DeviceMemory, ABatchThatDoesNotFitSaysHowManyFramesWould) {
  constexpr std::size_t kSome = 238 << 10;
  expect_error(ErrorKind::device,
               {"a batch of 4 frames (train.batch) does not fit", "emulated device", "set train.batch=2", "train.accumulate"},
               [] { train_with(kSome, 4); });
  train_with(kSome, 2);
}

TEST_F(DeviceMemory, AFrameThatDoesNotFitSaysSo) {
  constexpr std::size_t kLittle = 122 << 10;
  expect_error(ErrorKind::device, {"a batch of 4 frames", "nor does one frame", "--device cpu"}, [] { train_with(kLittle, 4); });
  expect_error(ErrorKind::device, {"a batch of 1 frame ", "does not fit", "--device cpu"}, [] { train_with(kLittle, 1); });
}

TEST_F(DeviceMemory, AModelThatDoesNotFitSaysSo) {
  expect_error(ErrorKind::device, {"the model's parameters", "do not fit", "emulated device", "--device cpu"}, [] { train_with(50 << 10, 1); });
}

#endif

}  // namespace
}  // namespace regrain::driver
