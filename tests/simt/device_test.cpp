// The emulated device and the context on it: memory the host can't touch, copies, arenas, the tag.
#include <gtest/gtest.h>

#include <cmath>

#include "engine/context.hpp"
#include "engine/device.hpp"
#include "engine/transfer.hpp"
#include "tests/simt/device_array.hpp"

namespace regrain {
namespace {

using test::DeviceArray;

TEST(EmulatedDeviceDeathTest, TheHostCantTouchDeviceMemory) {
  DeviceArray<int> array({1, 2, 3, 4});
  EXPECT_EQ(array.values(), (std::vector<int>{1, 2, 3, 4}));
  volatile int* p = array.data();
  EXPECT_DEATH(static_cast<void>(p[1]),
               "the host touched device memory: byte 4 of an allocation of 16 bytes; copy it first");
  EXPECT_DEATH(p[1] = 0, "the host touched device memory");
}

TEST(EmulatedDeviceDeathTest, CopiesStayInsideAnAllocation) {
  DeviceArray<int> array({1, 2, 3, 4});
  int host[8] = {};
  EXPECT_DEATH(device::copy_to_device(array.data(), host, 20, nullptr),
               "20 bytes: not inside one allocation");
  EXPECT_DEATH(device::copy_to_host(host, array.data() + 2, 12, nullptr),
               "12 bytes: not inside one allocation");
  EXPECT_DEATH(device::copy_to_host(host, host, 4, nullptr), "4 bytes: not inside one allocation");
  EXPECT_DEATH(device::free(host), "not allocated");
}

TEST(EmulatedDevice, NewMemoryIsNan) {
  auto* p = static_cast<double*>(device::allocate(3 * sizeof(double)));
  double values[3];
  device::copy_to_host(values, p, sizeof values, nullptr);
  for (double x : values) EXPECT_TRUE(std::isnan(x));
  device::zero(p, sizeof values, nullptr);
  device::copy_to_host(values, p, sizeof values, nullptr);
  for (double x : values) EXPECT_EQ(x, 0);
  device::free(p);
}

TEST(EmulatedDevice, MemoryOfAnArenaIsNanEveryTimeItIsHandedOut) {
  Arena arena(device::memory());
  const double one = 1;
  for (int round = 0; round < 2; ++round) {
    auto* p = arena.allocate_array<double>(1);
    double found;
    device::copy_to_host(&found, p, sizeof found, nullptr);
    EXPECT_TRUE(std::isnan(found));
    device::copy_to_device(p, &one, sizeof one, nullptr);
    arena.reset();
  }
}

TEST(EmulatedDevice, TensorsGoThereAndBack) {
  Context context(Device::cuda);
  const Tensor<double> x({2, 3}, {1, 2, 3, 4, 5, 6});
  const Tensor<double> there = to_backend(context, x), empty = to_backend(context, Tensor<double>({0, 3}));
  EXPECT_FALSE(there.on_host());
  EXPECT_EQ(there.shape(), x.shape());
  EXPECT_THROW(Tensor<double>{there}, Error);
  const Tensor<double> back = to_host(context, there);
  EXPECT_TRUE(back.on_host());
  EXPECT_TRUE(std::equal(back.begin(), back.end(), x.begin()));
  EXPECT_EQ(to_host(context, empty).shape(), empty.shape());
}

TEST(ContextOnADevice, VisitsWithItsTagAndMemory) {
  Context context(Device::cuda);
  bool cuda = false;
  context.visit([&](auto be) { cuda = std::is_same_v<decltype(be), Cuda>; });
  EXPECT_TRUE(cuda);
  EXPECT_NE(&context.values(), &context.arena());
  auto* p = context.values().allocate_array<float>(5);
  const float values[5] = {1, 2, 3, 4, 5};
  context.write(p, values, sizeof values);
  context.zero(p + 1, 2 * sizeof(float));
  float found[5];
  context.read(found, p, sizeof found);
  EXPECT_EQ(std::vector<float>(found, found + 5), (std::vector<float>{1, 0, 0, 4, 5}));
}

TEST(ContextOnADevice, TheHostHasScratchOfItsOwn) {
  Context context(Device::cuda, 2);
  const Cpu host = context.host();
  EXPECT_EQ(host.n_threads, 2);
  EXPECT_NE(host.scratch, &context.scratch());
  auto* p = host.scratch->allocate_array<float>(1);
  *p = 1;  // stops the program in memory of the device
  EXPECT_EQ(*p, 1);
}

TEST(ContextOnADevice, WorksOnTheCallersStream) {
  void* stream = device::create_stream();
  auto* p = static_cast<float*>(device::allocate(2 * sizeof(float)));
  const float before[2] = {1, 2};
  {
    const auto context = Context::on_stream(stream, 0, 1);
    context->visit([&](auto be) {
      if constexpr (std::is_same_v<decltype(be), Cuda>) {
        EXPECT_EQ(be.stream, stream);
      }
    });
    context->write(p, before, sizeof before);
    // in the caller's order: what the caller writes down takes the context's work along
    device::begin_recording(stream);
    context->zero(p, sizeof(float));
    void* recording = device::end_recording(stream);
    float found[2];
    context->read(found, p, sizeof found);
    EXPECT_EQ(found[0], 1);
    device::replay(recording, stream);
    context->read(found, p, sizeof found);
    EXPECT_EQ(found[0], 0);
    EXPECT_EQ(found[1], 2);
    device::destroy_recording(recording);
  }
  device::zero(p, 2 * sizeof(float), stream);  // the stream is still there
  device::free(p);
  device::destroy_stream(stream);
  EXPECT_THROW(Context::on_stream(nullptr, 0), Error);
}

TEST(ContextOnADevice, RecordsWorkAndForbidsTheRest) {
  Context context(Device::cuda, 1);
  auto* p = context.values().allocate_array<float>(2);
  const float values[2] = {1, 2};
  context.write(p, values, sizeof values);
  const Context::Recording recording = context.record([&] { context.copy(p + 1, p, sizeof(float)); });
  float found[2];
  context.read(found, p, sizeof found);
  EXPECT_EQ(found[1], 2);  // nothing has run
  context.replay(recording);
  context.read(found, p, sizeof found);
  EXPECT_EQ(found[1], 1);
  EXPECT_DEATH(context.record([&] { context.write(p, values, sizeof values); }), "while a step is recorded: a copy from the host");
  EXPECT_DEATH(context.record([&] { context.read(found, p, sizeof found); }), "while a step is recorded: a copy to the host");
  EXPECT_DEATH(context.record([&] { context.values().allocate(std::size_t{1} << 25); }), "while a step is recorded: memory");
  // an error on the way leaves the stream as it was
  EXPECT_THROW(context.record([] { fail(ErrorKind::internal, "on the way"); }), Error);
  context.replay(recording);
}

TEST(Transfer, RoomIsSteppedAndKept) {
  EXPECT_EQ(stepped_room(0, 0), 0);
  EXPECT_EQ(stepped_room(1, 0), 64);
  EXPECT_EQ(stepped_room(64, 0), 64);
  EXPECT_EQ(stepped_room(65, 64), 128);
  EXPECT_EQ(stepped_room(4097, 0), 4608);
  EXPECT_EQ(stepped_room(4200, 4608), 4608);
  EXPECT_EQ(stepped_room(3700, 4608), 4608);
  EXPECT_EQ(stepped_room(3500, 4608), 3584);  // a quarter too much
  for (int n : {1, 63, 100, 5000, 123456789}) {
    EXPECT_GE(stepped_room(n, 0), n);
    EXPECT_LE(stepped_room(n, 0), n + std::max(n / 8, 63));
  }
  EXPECT_THROW(stepped_room(2000000000, 0), Error);
}

TEST(Transfer, RowsBehindTheLastAreZero) {
  Context context(Device::cuda, 1);
  Tensor<int> there;
  copy_to_backend(context, Tensor<int>::from(std::vector<int>(70, 7)), there, stepped_room);
  copy_to_backend(context, Tensor<int>::from(std::vector<int>(65, 8)), there, stepped_room);
  const Tensor<int> back = to_host(context, there);
  ASSERT_EQ(back.dim(0), 128);
  for (std::size_t i = 0; i < 128; ++i) EXPECT_EQ(back[i], i < 65 ? 8 : 0) << i;
}

TEST(ContextOnTheCpu, IsWhatItWas) {
  Context context(1);
  bool cpu = false;
  context.visit([&](auto be) { cpu = std::is_same_v<decltype(be), Cpu>; });
  EXPECT_TRUE(cpu);
  EXPECT_EQ(&context.values(), &context.arena());
  EXPECT_EQ(context.host().scratch, &context.scratch());
}

}  // namespace
}  // namespace regrain
