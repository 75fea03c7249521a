// Loops over rows and sums over elements that give the same bits for every thread count.
#pragma once

#include <algorithm>
#include <cstddef>

#include "engine/arena.hpp"
#include "engine/backend.hpp"

namespace regrain::kernels {

// below this many scalar operations a parallel region costs more than it saves
constexpr double kParallelWork = 200000;

// f(i) for i in [0, n); `work` is the estimated number of operations of the whole loop. f must not
// throw: check before the loop.
template <class F>
void parallel_for(Cpu be, int n, double work, F f) {
  const int n_threads = work < kParallelWork ? 1 : std::min(be.n_threads, std::max(n, 1));
#pragma omp parallel for schedule(static) num_threads(n_threads) if (n_threads > 1)
  for (int i = 0; i < n; ++i) f(i);
}

// the same with the rows dealt out in small lots, for rows of very different length
template <class F>
void parallel_for_ragged(Cpu be, int n, double work, F f) {
  const int n_threads = work < kParallelWork ? 1 : std::min(be.n_threads, std::max(n, 1));
#pragma omp parallel for schedule(dynamic, 8) num_threads(n_threads) if (n_threads > 1)
  for (int i = 0; i < n; ++i) f(i);
}

// f(begin, end) for stretches that cover [0, n), for loops over single elements: inside a stretch the compiler
// sees plain pointers and can use vectors. Stretches begin at multiples of 64 elements.
template <class F>
void parallel_for_stretches(Cpu be, std::size_t n, double work, F f) {
  constexpr std::size_t kStretch = std::size_t{1} << 14;
  const int stretches = static_cast<int>((n + kStretch - 1) / kStretch);
  parallel_for(be, stretches, work, [&](int s) {
    const std::size_t begin = static_cast<std::size_t>(s) * kStretch;
    f(begin, std::min(n, begin + kStretch));
  });
}

// Number of partial sums a long reduction is cut into: fixed, so that the order of additions is.
constexpr int kSumChunks = 32;

// first element of chunk c when n elements are cut into kSumChunks
inline std::size_t chunk_begin(std::size_t n, int c) { return n * static_cast<std::size_t>(c) / kSumChunks; }

// sum of f(i) over [0, n), accumulated in double: eight sums side by side, so that additions don't wait for
// each other, then one by one what is left of a chunk
template <class F>
double parallel_sum(Cpu be, std::size_t n, F f) {
  double partial[kSumChunks];
  parallel_for(be, kSumChunks, static_cast<double>(n), [&](int c) {
    constexpr std::size_t kLanesOfSum = 8;
    double lane[kLanesOfSum] = {};
    std::size_t i = chunk_begin(n, c);
    const std::size_t end = chunk_begin(n, c + 1);
    for (; i + kLanesOfSum <= end; i += kLanesOfSum)
      for (std::size_t l = 0; l < kLanesOfSum; ++l) lane[l] += static_cast<double>(f(i + l));
    for (std::size_t l = 0; i < end; ++i, ++l) lane[l] += static_cast<double>(f(i));
    partial[c] = ((lane[0] + lane[1]) + (lane[2] + lane[3])) + ((lane[4] + lane[5]) + (lane[6] + lane[7]));
  });
  double sum = 0;
  for (double p : partial) sum += p;
  return sum;
}

}  // namespace regrain::kernels
