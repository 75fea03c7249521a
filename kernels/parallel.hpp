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

// Number of partial sums a long reduction is cut into: fixed, so that the order of additions is.
constexpr int kSumChunks = 32;

// first element of chunk c when n elements are cut into kSumChunks
inline std::size_t chunk_begin(std::size_t n, int c) { return n * static_cast<std::size_t>(c) / kSumChunks; }

// sum of f(i) over [0, n), accumulated in double
template <class F>
double parallel_sum(Cpu be, std::size_t n, F f) {
  double partial[kSumChunks];
  parallel_for(be, kSumChunks, static_cast<double>(n), [&](int c) {
    double sum = 0;
    for (std::size_t i = chunk_begin(n, c); i < chunk_begin(n, c + 1); ++i) sum += static_cast<double>(f(i));
    partial[c] = sum;
  });
  double sum = 0;
  for (double p : partial) sum += p;
  return sum;
}

}  // namespace regrain::kernels
