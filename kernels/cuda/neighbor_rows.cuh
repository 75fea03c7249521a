// Rows of a neighbour graph by all pairs of a set of points: a warp a receiver looks at its set in order, 32 points at
// once, so neighbours come out sorted. Once to count them, once more to write them where the sum of the counts says.
#pragma once

#include <cmath>

#include "kernels/cuda/launch.hpp"
#include "kernels/cuda/sums.cuh"
#include "kernels/device_graph.hpp"
#include "kernels/sets.hpp"
#include "kernels/within_cutoff.hpp"

namespace regrain::kernels {

// Where edges go: receiver i owns [offset(i), offset(i + 1)). dst is null where nobody asks for it.
struct EdgeRows {
  const int* offset_N1;
  int *src_E, *dst_E;
};

// The first place in [begin, end) of an ascending array that holds at least `value`, or end.
template <class U>
__device__ inline int first_at_least(const U* sorted, int begin, int end, U value) {
  while (begin < end) {
    const int middle = begin + (end - begin) / 2;
    if (sorted[middle] < value)
      begin = middle + 1;
    else
      end = middle;
  }
  return begin;
}

// Of the lanes that vote, those before this one: its place among them.
__device__ inline int lanes_before(unsigned votes) { return __popc(votes & ((1u << (threadIdx.x % 32)) - 1)); }

// Receiver of the warp; all its lanes have the same.
__device__ inline std::size_t warp_of_grid() { return thread_of_grid() / 32; }

// Notes a point that isn't finite. One lane calls it.
template <class T>
__device__ inline void note_not_finite(const T* x, int i, NeighborCount* found) {
  if (!(std::isfinite(x[0]) && std::isfinite(x[1]) && std::isfinite(x[2]))) atomicMin(&found->first_not_finite, i);
}

// f(j, votes) for the points of the set, 32 at once and in order: lane l has point j, bit l of the votes says whether
// it is a neighbour of i.
template <class T, class F>
__device__ inline void for_each_of_set(View<const T, 2> x_N3, T cutoff, View<const int, 1> first_of_set_G1, int i,
                                       F f) {
  const int set = set_of(first_of_set_G1, i), end = first_of_set_G1(set + 1), lane = static_cast<int>(threadIdx.x % 32);
  for (int first = first_of_set_G1(set); first < end; first += 32) {
    const int j = first + lane;
    f(j, __ballot_sync(kWholeWarp, j < end && j != i && within_cutoff(x_N3.row(i), x_N3.row(j), cutoff)));
  }
}

// size(i) = number of neighbours of point i in its set. Grid: warp i writes size(i).
// A candidate is 12 bytes (float), from L1 as the eight warps of a block mostly share a set, and 9 flops with a square
// root: n candidates a point, limited by the instructions of the test, about 20 for 32 candidates.
template <class T>
__global__ void __launch_bounds__(kBlock) count_in_set_kernel(View<const T, 2> x_N3, T cutoff,
                                                              View<const int, 1> first_of_set_G1, long long* size_N,
                                                              NeighborCount* found) {
  if (warp_of_grid() >= static_cast<std::size_t>(x_N3.dim(0))) return;  // the whole warp
  const int i = static_cast<int>(warp_of_grid());
  int size = 0;
  for_each_of_set(x_N3, cutoff, first_of_set_G1, i, [&](int, unsigned votes) { size += __popc(votes); });
  if (threadIdx.x % 32 != 0) return;
  size_N[i] = size;
  note_not_finite(x_N3.row(i), i, found);
}

// src and dst of the edges into point i. Grid: warp i writes its row. As counting, and 8 bytes written an edge.
template <class T>
__global__ void __launch_bounds__(kBlock) write_in_set_kernel(View<const T, 2> x_N3, T cutoff,
                                                              View<const int, 1> first_of_set_G1, EdgeRows rows) {
  if (warp_of_grid() >= static_cast<std::size_t>(x_N3.dim(0))) return;  // the whole warp
  const int i = static_cast<int>(warp_of_grid()), lane = static_cast<int>(threadIdx.x % 32);
  int at = rows.offset_N1[i];
  if (rows.offset_N1[i + 1] == at) return;  // none, or more edges than there is room for
  for_each_of_set(x_N3, cutoff, first_of_set_G1, i, [&](int j, unsigned votes) {
    if (votes >> lane & 1) {
      rows.src_E[at + lanes_before(votes)] = j;
      if (rows.dst_E) rows.dst_E[at + lanes_before(votes)] = i;
    }
    at += __popc(votes);
  });
}

}  // namespace regrain::kernels
