// The same step gives the same bytes: twice in one process, in the emulation in both orders of threads, and in another
// process, for which the bytes are written to the file that REGRAIN_STEP_BYTES names.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "tests/simt/models/golden_steps.hpp"
#include "tests/simt/needs_device.hpp"
#ifdef REGRAIN_SIMT
#include "tests/simt/emulator.hpp"
#endif

namespace regrain::test {
namespace {

template <class Array>
void append(std::string& bytes, const Array& x) {
  bytes.append(reinterpret_cast<const char*>(x.data()), x.size() * sizeof(*x.data()));
}

std::string bytes_of(const Step<float>& step) {
  std::string bytes;
  append(bytes, std::vector<double>{step.loss, step.norm});
  append(bytes, step.xyz);
  append(bytes, step.grads);
  append(bytes, step.values);
  return bytes;
}

template <class Case>
void expect_same_bytes(const std::string& golden) {
  REGRAIN_NEEDS_DEVICE();
  std::string bytes[2];
  for (const bool forward : {true, false}) {
#ifdef REGRAIN_SIMT
    simt::set_order(forward ? simt::Order::forward : simt::Order::reverse);
#endif
    Case c(golden);
    Context context(Device::cuda, 1);
    bytes[forward] = bytes_of(train_step<float>(c, context));
  }
#ifdef REGRAIN_SIMT
  simt::set_order(simt::Order::forward);
#endif
  EXPECT_TRUE(bytes[0] == bytes[1]);
  if (const char* path = std::getenv("REGRAIN_STEP_BYTES"); path && *path) {
    std::ofstream file(path, std::ios::binary | std::ios::app);
    file << bytes[1];
    EXPECT_TRUE(file.good()) << path;
  }
}

TEST(SameBytesOnADevice, Cgvae) { expect_same_bytes<CgvaeCase<float>>(kCgvaeGolden); }
TEST(SameBytesOnADevice, Genzprot) { expect_same_bytes<GenzprotCase<float>>(kGenzprotGolden); }

}  // namespace
}  // namespace regrain::test
