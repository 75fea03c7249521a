// Rows of a neighbour graph by cells: points are sorted by the cell they lie in, and a warp a receiver looks through
// the 27 cells around it.
//
// A cell is its three coordinates modulo 256 beside the number of the set, one integer to sort by. So there is no
// bounding box and no table of cells: empty ones cost nothing, a cell is found by bisection of the sorted keys, and
// cells that share a key, 256 apart, only offer candidates in vain. Neighbours come out cell by cell, ascending in
// each, and every one finds its place in the row by bisection of the others' stretches.
#pragma once

#include "kernels/cuda/neighbor_rows.cuh"
#include "kernels/cuda/sort_scan.hpp"

namespace regrain::kernels {

constexpr int kCellBits = 8;  // of one coordinate
constexpr unsigned kCellMask = (1u << kCellBits) - 1;
constexpr int kCells = 27;

// Points in the order of their cells, those of a cell in ascending order.
template <class T>
struct CellLists {
  View<unsigned long long, 1> key_N;
  View<int, 1> order_N;  // numbers of the points
  View<T, 2> x_N3;       // their coordinates in this order
};

// Cells are a hair wider than the cutoff and beyond 2^36 of them all one, so that rounding puts no neighbours two cells
// apart. What is no number lands somewhere.
template <class T>
__device__ inline unsigned long long cell_of(T x, T cutoff) {
  constexpr double kFar = 68719476736.0;
  const double cell = std::floor(static_cast<double>(x) / (1.0001 * static_cast<double>(cutoff)));
  return static_cast<unsigned long long>(static_cast<long long>(std::fmin(std::fmax(cell, -kFar), kFar))) & kCellMask;
}

// key(i) and number of point i, to be sorted. Grid: thread i. 12 bytes read (float), 12 written: limited by memory.
template <class T>
__global__ void __launch_bounds__(kBlock) cell_keys_kernel(View<const T, 2> x_N3, T cutoff,
                                                           View<const int, 1> first_of_set_G1,
                                                           View<unsigned long long, 1> key_N, View<int, 1> number_N) {
  if (thread_of_grid() >= key_N.size()) return;
  const int i = static_cast<int>(thread_of_grid());
  unsigned long long key = static_cast<unsigned long long>(set_of(first_of_set_G1, i));
  for (int a = 0; a < 3; ++a) key = key << kCellBits | cell_of(x_N3(i, a), cutoff);
  key_N(i) = key;
  number_N(i) = i;
}

// x(s, a) of the sorted points. Grid: thread 3 s + a. 12 bytes read here and there, 12 written: limited by memory.
template <class T>
__global__ void __launch_bounds__(kBlock) sort_points_kernel(View<const T, 2> x_N3, CellLists<T> lists) {
  if (thread_of_grid() >= x_N3.size()) return;
  const int s = static_cast<int>(thread_of_grid() / 3), a = static_cast<int>(thread_of_grid() % 3);
  lists.x_N3(s, a) = x_N3(lists.order_N(s), a);
}

// [x, y) of the sorted points: the c-th of the cells around the one of `key`, none for c >= 27.
__device__ inline int2 cell_around(View<unsigned long long, 1> key_N, unsigned long long key, int c) {
  if (c >= kCells) return make_int2(0, 0);
  const int step[3] = {c / 9 - 1, c / 3 % 3 - 1, c % 3 - 1};
  unsigned long long near = key >> (3 * kCellBits);
  for (int a = 0; a < 3; ++a) {
    const auto cell = static_cast<unsigned>(key >> ((2 - a) * kCellBits)) + static_cast<unsigned>(step[a]);
    near = near << kCellBits | (cell & kCellMask);
  }
  const int begin = first_at_least(key_N.data(), 0, key_N.dim(0), near);
  return make_int2(begin, first_at_least(key_N.data(), begin, key_N.dim(0), near + 1));
}

// f(m, votes) for the candidates of the s-th sorted point, cell by cell, 32 at once and in order: lane l has the m-th
// sorted point, bit l of the votes says whether it is a neighbour. g(c) in front of cell c.
template <class T, class G, class F>
__device__ inline void for_each_around(CellLists<T> lists, T cutoff, int s, G g, F f) {
  const int lane = static_cast<int>(threadIdx.x % 32);
  const int2 mine = cell_around(lists.key_N, lists.key_N(s), lane);
  for (int c = 0; c < kCells; ++c) {
    const int begin = __shfl_sync(kWholeWarp, mine.x, c), end = __shfl_sync(kWholeWarp, mine.y, c);
    g(c);
    for (int first = begin; first < end; first += 32) {
      const int m = first + lane;
      f(m, __ballot_sync(kWholeWarp, m < end && m != s && within_cutoff(lists.x_N3.row(s), lists.x_N3.row(m), cutoff)));
    }
  }
}

// size(i) = number of neighbours of point i. Grid: warp s writes that of the s-th sorted point, so warps that run
// together share candidates in L1. 27 cells are found by one bisection a lane, about 2 log2 N loads from L2 one after
// another; then 12 bytes (float) and 9 flops a candidate, 6.4 of them a neighbour where points are evenly spread:
// limited by the latency of the bisection where cells hold less than 32 points, by the instructions of the test else.
template <class T>
__global__ void __launch_bounds__(kBlock) count_in_cells_kernel(CellLists<T> lists, T cutoff, long long* size_N,
                                                                NeighborCount* found) {
  if (warp_of_grid() >= lists.key_N.size()) return;  // the whole warp
  const int s = static_cast<int>(warp_of_grid());
  int size = 0;
  for_each_around(lists, cutoff, s, [](int) {}, [&](int, unsigned votes) { size += __popc(votes); });
  if (threadIdx.x % 32 != 0) return;
  const int i = lists.order_N(s);
  size_N[i] = size;
  note_not_finite(lists.x_N3.row(s), i, found);
}

// src and dst of the edges into point i. Grid: warp s writes the row of the s-th sorted point: first to `unsorted` cell
// by cell, from where every neighbour goes to the place that bisection of 27 stretches gives. As counting, and an edge
// is written to scratch, read some 27 log2(8) times from L1 and written as 8 bytes: limited by these reads.
template <class T>
__global__ void __launch_bounds__(kBlock) write_in_cells_kernel(CellLists<T> lists, T cutoff, int* unsorted_E,
                                                                EdgeRows rows) {
  if (warp_of_grid() >= lists.key_N.size()) return;  // the whole warp
  const int s = static_cast<int>(warp_of_grid()), i = lists.order_N(s), lane = static_cast<int>(threadIdx.x % 32);
  const int row = rows.offset_N1[i];
  if (rows.offset_N1[i + 1] == row) return;  // none, or more edges than there is room for
  int end = row, stretch = 0;                // lane c has where the neighbours in cell c begin
  for_each_around(
      lists, cutoff, s, [&](int c) { stretch = lane == c ? end : stretch; },
      [&](int m, unsigned votes) {
        if (votes >> lane & 1) unsorted_E[end + lanes_before(votes)] = lists.order_N(m);
        end += __popc(votes);
      });
  if (lane == kCells) stretch = end;
  __syncwarp();  // all of the row is written

  for (int first = row; first < end; first += 32) {
    const bool mine = first + lane < end;
    const int j = mine ? unsorted_E[first + lane] : 0;
    int place = row;
    for (int c = 0; c < kCells; ++c) {
      const int from = __shfl_sync(kWholeWarp, stretch, c), to = __shfl_sync(kWholeWarp, stretch, c + 1);
      place += first_at_least(unsorted_E, from, to, j) - from;
    }
    if (!mine) continue;
    rows.src_E[place] = j;
    if (rows.dst_E) rows.dst_E[place] = i;
  }
}

// The lists, in scratch.
template <class T>
CellLists<T> sort_into_cells(Cuda be, View<const T, 2> x_N3, T cutoff, View<const int, 1> first_of_set_G1) {
  const int n = x_N3.dim(0);
  const auto points = static_cast<std::size_t>(n);
  const auto keys = [&] {
    return View<unsigned long long, 1>(be.scratch->allocate_array<unsigned long long>(points), {n});
  };
  const auto numbers = [&] { return View<int, 1>(be.scratch->allocate_array<int>(points), {n}); };
  const CellLists<T> lists{keys(), numbers(), View<T, 2>(be.scratch->allocate_array<T>(3 * points), {n, 3})};
  const Arena::Scope scope(*be.scratch);
  const auto key_N = keys();
  const auto number_N = numbers();
  launch<cell_keys_kernel<T>>(be, blocks_for(key_N.size()), kBlock, 0, x_N3, cutoff, first_of_set_G1, key_N, number_N);
  int bits = 3 * kCellBits;
  for (int sets = first_of_set_G1.dim(0) - 2; sets > 0; sets /= 2) ++bits;
  sort_pairs(be, bits, key_N, number_N, lists.key_N, lists.order_N);
  launch<sort_points_kernel<T>>(be, blocks_for(x_N3.size()), kBlock, 0, x_N3, lists);
  return lists;
}

}  // namespace regrain::kernels
