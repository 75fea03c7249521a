// Kernels that are wrong on purpose: the emulation must see each of them.
#include <gtest/gtest.h>

#include "engine/device.hpp"
#include "engine/view.hpp"
#include "kernels/cuda/launch.hpp"
#include "tests/simt/device_array.hpp"

namespace regrain::kernels {
namespace {

using test::DeviceArray;
const Cuda be{nullptr, nullptr};

__global__ void missing_barrier_kernel(float* out) {
  REGRAIN_SHARED_ARRAY(float, tile, 64);
  tile[threadIdx.x] = static_cast<float>(threadIdx.x);
  out[threadIdx.x] = tile[threadIdx.x / 2];  // written before in the order of threads
}
TEST(BrokenKernel, AMissingBarrierGivesAnotherResultInTheOtherOrder) {
  std::vector<std::vector<float>> found;
  for (simt::Order order : {simt::Order::forward, simt::Order::reverse}) {
    simt::set_order(order);
    DeviceArray<float> out(std::vector<float>(64, 0));
    launch<missing_barrier_kernel>(be, 1, 64, 0, out.data());
    found.push_back(out.values());
  }
  simt::set_order(simt::Order::forward);
  EXPECT_EQ(found[0][63], 31);
  EXPECT_TRUE(std::isnan(found[1][63]));
}

__global__ void sum_of_all_blocks_kernel(int* out) { *out = *out * 2 + static_cast<int>(blockIdx.x); }
TEST(BrokenKernel, ADependenceBetweenBlocksGivesAnotherResultInTheOtherOrder) {
  std::vector<int> found;
  for (simt::Order order : {simt::Order::forward, simt::Order::reverse}) {
    simt::set_order(order);
    DeviceArray<int> out(std::vector<int>(1, 0));
    launch<sum_of_all_blocks_kernel>(be, 4, 32, 0, out.data());
    found.push_back(out.values()[0]);
  }
  simt::set_order(simt::Order::forward);
  EXPECT_NE(found[0], found[1]);
}

__global__ void divergent_barrier_kernel(int) {
  if (threadIdx.x < 16) {
    __syncthreads();
  } else {
    __syncthreads();
  }
}
TEST(BrokenKernelDeathTest, DivergentBarrier) {
  EXPECT_DEATH(
      launch<divergent_barrier_kernel>(be, 1, 32, 0, 0),
      "divergent_barrier_kernel, block \\(0, 0, 0\\), thread \\(16, 0, 0\\): .*divergent __syncthreads");
}

__global__ void barrier_after_exit_kernel(int n) {
  if (static_cast<int>(threadIdx.x) >= n) return;
  __syncthreads();
}
TEST(BrokenKernelDeathTest, BarrierAfterAnEarlyReturn) {
  EXPECT_DEATH(launch<barrier_after_exit_kernel>(be, 1, 64, 0, 50),
               "thread \\(50, 0, 0\\): has exited while others wait");
}

__global__ void wrong_mask_kernel(int* out) {
  if (threadIdx.x < 16) out[threadIdx.x] = __shfl_sync(0xFFFFFFFFu, 1, 0);
}
TEST(BrokenKernelDeathTest, ShuffleWaitsForALaneThatHasExited) {
  DeviceArray<int> out(std::vector<int>(32, 0));
  EXPECT_DEATH(launch<wrong_mask_kernel>(be, 1, 32, 0, out.data()),
               "__shfl_sync waits for lanes of its mask that don't come");
  simt::set_order(simt::Order::reverse);
  EXPECT_DEATH(launch<wrong_mask_kernel>(be, 1, 32, 0, out.data()), "lane 16 of the mask has exited");
  simt::set_order(simt::Order::forward);
}

__global__ void not_in_mask_kernel(int) { __syncwarp(0x0000FFFFu); }
TEST(BrokenKernelDeathTest, CallerOutsideItsMask) {
  EXPECT_DEATH(launch<not_in_mask_kernel>(be, 1, 32, 0, 0), "not in its own mask");
}

__global__ void shuffle_from_outside_kernel(int* out) {
  if (threadIdx.x < 16) out[threadIdx.x] = __shfl_sync(0x0000FFFFu, 1, 20);
}
TEST(BrokenKernelDeathTest, ShuffleFromALaneOutsideTheMask) {
  DeviceArray<int> out(std::vector<int>(32, 0));
  EXPECT_DEATH(launch<shuffle_from_outside_kernel>(be, 1, 32, 0, out.data()),
               "reads lane 20, which is not in the mask");
}

__global__ void different_operations_kernel(int* out) {
  if (threadIdx.x % 2) {
    out[threadIdx.x] = __shfl_sync(0xFFFFFFFFu, 1, 0);
  } else {
    out[threadIdx.x] = __any_sync(0xFFFFFFFFu, true);
  }
}
TEST(BrokenKernelDeathTest, LanesAtDifferentOperations) {
  DeviceArray<int> out(std::vector<int>(32, 0));
  EXPECT_DEATH(launch<different_operations_kernel>(be, 1, 32, 0, out.data()),
               "another operation or another mask");
}

__global__ void write_kernel(int* out, int at) { out[at] = 1; }
TEST(BrokenKernelDeathTest, WriteBehindTheEnd) {
  DeviceArray<int> whole(std::vector<int>(32, 0));
  EXPECT_DEATH(launch<write_kernel>(be, 1, 32, 0, whole.data(), 32),
               "write_kernel, block .*: memory access out of bounds: 0 bytes behind the end of an allocation "
               "of 128 bytes");
  // within the 16 bytes an allocation is rounded up to
  DeviceArray<int> odd(std::vector<int>(33, 0));
  EXPECT_DEATH(launch<write_kernel>(be, 1, 32, 0, odd.data(), 33),
               "write_kernel: wrote behind the end of an array");
  EXPECT_DEATH(launch<write_kernel>(be, 1, 32, 0, odd.data(), -1),
               "write_kernel: wrote behind the end of an array");
}

TEST(BrokenKernelDeathTest, WriteBehindThePieceOfAnArena) {
  Arena arena(device::memory());
  int* first = arena.allocate_array<int>(20);
  arena.allocate_array<int>(20);
  launch<write_kernel>(be, 1, 32, 0, first, 19);
  EXPECT_DEATH(launch<write_kernel>(be, 1, 32, 0, first, 20), "wrote behind the end of an array");
}

__global__ void view_kernel(View<int, 2> out, int column) { out(0, column) = 1; }
TEST(BrokenKernelDeathTest, IndexIntoTheNextRow) {
  DeviceArray<int> array(std::vector<int>(32, 0));
  EXPECT_DEATH(launch<view_kernel>(be, 1, 32, 0, View<int, 2>(array.data(), {4, 8}), 8),
               "view_kernel, block .*view.hpp:.*: not so: index >= 0");
}

__global__ void shared_overflow_kernel(int at) {
  REGRAIN_SHARED_ARRAY(int, tile, 32);
  tile[at] = 1;
}
__global__ void dynamic_overflow_kernel(int at) {
  REGRAIN_DYNAMIC_SHARED(int, tile);
  tile[at] = 1;
}
TEST(BrokenKernelDeathTest, WriteOutsideSharedMemory) {
  EXPECT_DEATH(launch<shared_overflow_kernel>(be, 1, 32, 0, 32), "wrote outside its arrays of shared memory");
  EXPECT_DEATH(launch<dynamic_overflow_kernel>(be, 1, 32, 128, 32),
               "out of bounds: behind the end of dynamic shared memory");
  EXPECT_DEATH(launch<dynamic_overflow_kernel>(be, 1, 32, 0, 0), "the launch gave none");
}

__global__ void pointer_chase_kernel(const int* host) {
  if (*host) __syncthreads();
}
TEST(BrokenKernelDeathTest, BlocksThatNoDeviceTakes) {
  const int one = 1;
  EXPECT_DEATH(launch<pointer_chase_kernel>(be, 1, 33, 0, &one), "a block of 33 threads");
  EXPECT_DEATH(launch<pointer_chase_kernel>(be, 1, 2048, 0, &one), "a block of 2048 threads");
  EXPECT_DEATH(launch<pointer_chase_kernel>(be, dim3(1, 70000), 32, 0, &one), "larger than a device takes");
  EXPECT_DEATH(launch<pointer_chase_kernel>(be, 1, 32, 200000, &one), "200000 bytes of shared memory");
}

__global__ void large_locals_kernel(int* out, int depth) {
  volatile char local[200000];
  local[0] = static_cast<char>(depth);
  out[0] = local[0];
}
TEST(BrokenKernelDeathTest, LocalArraysThatDontFit) {
  DeviceArray<int> out(std::vector<int>(1, 0));
  EXPECT_DEATH(launch<large_locals_kernel>(be, 1, 32, 0, out.data(), 1), "stack is full|out of bounds");
}

}  // namespace
}  // namespace regrain::kernels
