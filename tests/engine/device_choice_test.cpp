// What --device takes. Devices that are there: tests/simt/driver.
#include "engine/device_choice.hpp"

#include "tests/support/expect_error.hpp"

namespace regrain {
namespace {

using test::expect_error;

TEST(DeviceChoice, WordsAndTheirErrors) {
  EXPECT_EQ(choose_device("cpu").device, Device::cpu);
  EXPECT_EQ(choose_device("cpu").text(), "cpu");
  for (const std::string word : {"", "gpu", "cuda:", "cuda:x", "cuda:-1", "cuda:1x", "CUDA"})
    expect_error(ErrorKind::usage, {"--device " + word + ":", "cpu, cuda, cuda:N or auto"}, [&] { choose_device(word); });
}

TEST(DeviceChoice, TensorCoresAreThoseOfADevice) {
  expect_error(ErrorKind::usage, {"--tensor-cores", "--device cuda"}, [] { choose_device("cpu", true); });
  if (!devices().empty()) return;
  EXPECT_FALSE(choose_device("auto", true).tensor_cores);
}

TEST(DeviceChoice, WithoutADeviceThereIsTheCpu) {
  if (!devices().empty()) return;  // "auto" is one of them
  EXPECT_EQ(choose_device("auto").device, Device::cpu);
  for (const std::string word : {"cuda", "cuda:0"})
    expect_error(ErrorKind::device, {"--device " + word, built_for_devices() ? "no CUDA device found" : "built for the CPU alone", "--device cpu"},
                 [&] { choose_device(word); });
}

}  // namespace
}  // namespace regrain
