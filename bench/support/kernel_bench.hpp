// How one kernel is timed: warm, since a step finds most of its arrays in a cache.
#pragma once

#include <utility>

#include "bench/support/counters.hpp"
#include "bench/support/random_arrays.hpp"

namespace regrain::bench {

constexpr double kFloat = sizeof(float), kInt = sizeof(int);

// What a call computes and moves at least: multiply-adds count as two, a root, a division or a function of
// one number as one; every array moves once, and once more if it is added to.
struct Work {
  double flops, bytes;
};

// A kernel with its arrays.
template <class F>
struct KernelCase {
  Work work;
  F call;  // call(be)
};
template <class F>
KernelCase(Work, F) -> KernelCase<F>;

// make(be) is a KernelCase
template <class Make>
void add_kernel(const std::string& name, Make make) {
  add_benchmark(
      name,
      [make](benchmark::State& state) {
        const int n_threads = static_cast<int>(state.range(0));
        Context(n_threads).visit([&](Cpu be) {
          auto kernel = make(be);
          kernel.call(be);
          for (auto _ : state) {
            kernel.call(be);
            benchmark::ClobberMemory();
          }
          set_counters(state, kernel.work.flops, kernel.work.bytes, n_threads);
        });
      },
      benchmark::kMicrosecond);
}

}  // namespace regrain::bench
