// Sums over the threads of a warp, a block and a grid, each in one fixed order of additions.
#pragma once

#include <algorithm>

#include "kernels/cuda/launch.hpp"

namespace regrain::kernels {

constexpr unsigned kWholeWarp = 0xFFFFFFFFu;

// The sum over the lanes of a warp, in every lane. All 32 lanes call it.
template <class T>
__device__ inline T warp_sum(T x) {
  for (int step = 16; step > 0; step /= 2) x += __shfl_xor_sync(kWholeWarp, x, step);
  return x;
}

// The sum over the threads of a block of one dimension, valid in thread 0. All threads call it, more than
// once if they like: it ends with a barrier.
template <class T>
__device__ inline T block_sum(T x) {
  REGRAIN_SHARED_ARRAY(T, of_warp, 32);
  const unsigned warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  x = warp_sum(x);
  if (lane == 0) of_warp[warp] = x;
  __syncthreads();
  if (warp == 0) x = warp_sum(lane < blockDim.x / 32 ? of_warp[lane] : T(0));
  __syncthreads();
  return x;
}

// A long sum is made of kSumBlocks partial sums in double, one a block, and a second kernel that adds them:
// the number of blocks, and with it the order of additions, depends on nothing.
constexpr unsigned kSumBlocks = 128;

// *y = scale * (sum of the partial sums of kSumBlocks blocks), or added to what *y holds; divided by *count, if there is
// one, or by 1 where that is 0. Grid: one block of kSumBlocks threads. 1 KiB read: the time of a launch.
template <class T>
__global__ void __launch_bounds__(kSumBlocks)
    finish_sum_kernel(const double* partial, double scale, const int* count, bool add, T* y) {
  double sum = scale * block_sum(partial[threadIdx.x]);
  if (count && *count > 1) sum /= *count;
  if (threadIdx.x == 0) *y = static_cast<T>(sum) + (add ? *y : T(0));
}

// partial(b) = sum of term(i) over the elements of block b: every kSumBlocks kBlock-th one a thread. What limits it is
// what the term reads.
template <class Term>
__global__ void __launch_bounds__(kBlock) partial_sums_kernel(Term term, std::size_t n, double* partial) {
  double sum = 0;
  for (std::size_t i = thread_of_grid(); i < n; i += std::size_t{kSumBlocks} * kBlock) sum += static_cast<double>(term(i));
  sum = block_sum(sum);
  if (threadIdx.x == 0) partial[blockIdx.x] = sum;
}

// *y = scale * (sum of term(i) over [0, n)), accumulated in double, by a count in device memory if it is given; 0 over
// nothing.
template <class T, class Term>
void sum_over(Cuda be, std::size_t n, Term term, double scale, T* y, const int* count = nullptr) {
  const Arena::Scope scope(*be.scratch);
  auto* partial = be.scratch->allocate_array<double>(kSumBlocks);
  launch<partial_sums_kernel<Term>>(be, kSumBlocks, kBlock, 0, term, n, partial);
  launch<finish_sum_kernel<T>>(be, 1, kSumBlocks, 0, partial, scale, count, false, y);
}

}  // namespace regrain::kernels
