// The emulation does what CUDA says: indices, barriers, exchanges in a warp, shared memory, atomics.
#include <gtest/gtest.h>

#include <numeric>

#include "engine/device.hpp"
#include "kernels/cuda/sums.cuh"
#include "tests/simt/device_array.hpp"

namespace regrain::kernels {
namespace {

using simt::Order;
using test::DeviceArray;

struct Orders : ::testing::TestWithParam<Order> {
  Orders() { simt::set_order(GetParam()); }
  ~Orders() override { simt::set_order(Order::forward); }
  Cuda be{nullptr, nullptr};
};
INSTANTIATE_TEST_SUITE_P(Both, Orders, ::testing::Values(Order::forward, Order::reverse));

__global__ void number_kernel(int* out) {
  const unsigned thread = threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
  const unsigned block = blockIdx.x + gridDim.x * (blockIdx.y + gridDim.y * blockIdx.z);
  out[block * blockDim.x * blockDim.y * blockDim.z + thread] += static_cast<int>(block * 1000 + thread);
}
TEST_P(Orders, EveryThreadOfEveryBlockRunsOnce) {
  DeviceArray<int> out(std::vector<int>(24 * 64, 0));
  launch<number_kernel>(be, dim3(2, 3, 4), dim3(4, 8, 2), 0, out.data());
  const std::vector<int> found = out.values();
  for (int b = 0; b < 24; ++b)
    for (int t = 0; t < 64; ++t) ASSERT_EQ(found[static_cast<std::size_t>(b * 64 + t)], b * 1000 + t);
}

TEST_P(Orders, AnEmptyGridStartsNothing) {
  launch<number_kernel>(be, blocks_for(0), 32, 0, static_cast<int*>(nullptr));
}

__global__ void reverse_kernel(const int* x, int* y) {
  REGRAIN_SHARED_ARRAY(int, tile, 96);
  tile[threadIdx.x] = x[threadIdx.x];
  __syncthreads();
  y[threadIdx.x] = tile[95 - threadIdx.x];
}
TEST_P(Orders, ABarrierMakesWritesOfTheBlockSeen) {
  std::vector<int> x(96);
  std::iota(x.begin(), x.end(), 0);
  DeviceArray<int> in(x), out(std::vector<int>(96, 0));
  launch<reverse_kernel>(be, 1, 96, 0, in.data(), out.data());
  EXPECT_EQ(out.values(), std::vector<int>(x.rbegin(), x.rend()));
}

__global__ void exchange_kernel(int* out) {
  const int lane = static_cast<int>(threadIdx.x % 32);
  out[lane] = __shfl_sync(kWholeWarp, lane, 5);
  out[32 + lane] = __shfl_down_sync(kWholeWarp, lane, 3u);
  out[64 + lane] = __shfl_up_sync(kWholeWarp, lane, 3u);
  out[96 + lane] = __shfl_xor_sync(kWholeWarp, lane, 7);
  out[128 + lane] = __shfl_sync(kWholeWarp, lane, 1, 8);
  out[160 + lane] = static_cast<int>(__ballot_sync(kWholeWarp, lane % 3 == 0));
  out[192 + lane] = __any_sync(kWholeWarp, lane == 9) + 2 * __all_sync(kWholeWarp, lane < 31);
  out[224 + lane] = __reduce_add_sync(kWholeWarp, lane);
}
TEST_P(Orders, LanesExchangeValues) {
  DeviceArray<int> out(std::vector<int>(256, -1));
  launch<exchange_kernel>(be, 1, 32, 0, out.data());
  const std::vector<int> found = out.values();
  for (int l = 0; l < 32; ++l) {
    const auto at = [&](int row) { return found[static_cast<std::size_t>(32 * row + l)]; };
    EXPECT_EQ(at(0), 5);
    EXPECT_EQ(at(1), l + 3 < 32 ? l + 3 : l);
    EXPECT_EQ(at(2), l >= 3 ? l - 3 : l);
    EXPECT_EQ(at(3), l ^ 7);
    EXPECT_EQ(at(4), l / 8 * 8 + 1);
    EXPECT_EQ(at(5), 0x49249249);
    EXPECT_EQ(at(6), 1);
    EXPECT_EQ(at(7), 496);
  }
}

__global__ void half_warps_kernel(int* out) {
  const int lane = static_cast<int>(threadIdx.x);
  if (lane < 16) {
    out[lane] = __shfl_sync(0x0000FFFFu, lane, 3);
    __syncwarp(0x0000FFFFu);
  } else {
    out[lane] = __popc(__ballot_sync(0xFFFF0000u, lane % 2 == 0));
  }
}
TEST_P(Orders, Parts0fAWarpMeetApart) {
  DeviceArray<int> out(std::vector<int>(32, -1));
  launch<half_warps_kernel>(be, 1, 32, 0, out.data());
  for (int l = 0; l < 32; ++l) EXPECT_EQ(out.values()[static_cast<std::size_t>(l)], l < 16 ? 3 : 8);
}

__global__ void sums_kernel(const double* x, double* of_warp, double* of_block) {
  of_warp[threadIdx.x] = warp_sum(x[threadIdx.x]);
  const double once = block_sum(x[threadIdx.x]), twice = block_sum(2 * x[threadIdx.x]);
  if (threadIdx.x == 0) *of_block = once + twice;
}
TEST_P(Orders, SumsOfWarpAndBlock) {
  std::vector<double> x(160);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<double>(i * i % 17);
  DeviceArray<double> in(x), of_warp(std::vector<double>(160, 0)), of_block(std::vector<double>(1, 0));
  launch<sums_kernel>(be, 1, 160, 0, in.data(), of_warp.data(), of_block.data());
  EXPECT_EQ(of_block.values()[0], 3 * std::accumulate(x.begin(), x.end(), 0.0));
  for (std::size_t i = 0; i < x.size(); ++i)
    EXPECT_EQ(of_warp.values()[i],
              std::accumulate(x.begin() + i / 32 * 32, x.begin() + (i / 32 + 1) * 32, 0.0));
}

__global__ void shared_memory_kernel(double* out) {
  REGRAIN_DYNAMIC_SHARED(double, dynamic);
  REGRAIN_SHARED_ARRAY(double, fixed, 8);
  if (threadIdx.x == 0) {
    out[2 * blockIdx.x] = dynamic[3];
    out[2 * blockIdx.x + 1] = fixed[7];
  }
  __syncthreads();
  dynamic[threadIdx.x % 4] = 1;
  fixed[threadIdx.x % 8] = 1;
}
TEST_P(Orders, SharedMemoryOfEveryBlockBeginsAsNan) {
  DeviceArray<double> out(std::vector<double>(6, 0));
  launch<shared_memory_kernel>(be, 3, 32, 4 * sizeof(double), out.data());
  for (double x : out.values()) EXPECT_TRUE(std::isnan(x));
}

__global__ void count_kernel(int* count, unsigned* highest) {
  atomicAdd(count, 1);
  atomicMax(highest, threadIdx.x);
  atomicMin(count + 1, -static_cast<int>(threadIdx.x));
  atomicCAS(count + 2, 0, 7);
}
TEST_P(Orders, IntegerAtomics) {
  DeviceArray<int> count(std::vector<int>(3, 0));
  DeviceArray<unsigned> highest(std::vector<unsigned>(1, 0));
  launch<count_kernel>(be, 4, 64, 0, count.data(), highest.data());
  EXPECT_EQ(count.values(), (std::vector<int>{256, -63, 7}));
  EXPECT_EQ(highest.values()[0], 63u);
}

TEST(KernelName, IsReadOutOfTheSignature) {
  EXPECT_EQ(simt::kernel_name(
                "void launch(A ...) [with auto Kernel = a::{anonymous}::sum_kernel<float>; A = {int}]"),
            "sum_kernel");
  EXPECT_EQ(
      simt::kernel_name("void launch(A...) [Kernel = &a::(anonymous namespace)::sum_kernel, A = <int>]"),
      "sum_kernel");
}

}  // namespace
}  // namespace regrain::kernels
