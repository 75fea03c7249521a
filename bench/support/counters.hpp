// Counters every benchmark reports beside its time, and how one is registered.
#pragma once

#include <benchmark/benchmark.h>

#include <string>

#include "bench/support/machine_peak.hpp"

namespace regrain::bench {

inline benchmark::Counter a_second(double per_iteration) {
  return benchmark::Counter(per_iteration, benchmark::Counter::kIsIterationInvariantRate);
}

// What one iteration must compute at least, counted by hand: multiply-adds as two. Reported a second;
// pct_peak is the share of the multiply-add peak of `n_threads` cores.
inline void set_flops(benchmark::State& state, double flops, int n_threads) {
  state.counters["flops"] = a_second(flops);
  state.counters["pct_peak"] = a_second(100 * flops / (n_threads * fma_peak()));
}

// `bytes` takes every array once; pct_stream is the share of one core's memory bandwidth, and above 100 where
// caches hold the arrays.
inline void set_counters(benchmark::State& state, double flops, double bytes, int n_threads) {
  set_flops(state, flops, n_threads);
  state.counters["bytes"] = a_second(bytes);
  state.counters["pct_stream"] = a_second(100 * bytes / stream_bandwidth());
}

// f(state) with 1 and 2 threads as its argument. Rates are those of the clock on the wall; the time of the
// processors stands beside it.
template <class F>
void add_benchmark(const std::string& name, F f, benchmark::TimeUnit unit = benchmark::kMillisecond) {
  benchmark::RegisterBenchmark(name.c_str(), f)
      ->ArgName("threads")
      ->Arg(1)
      ->Arg(2)
      ->MeasureProcessCPUTime()
      ->UseRealTime()
      ->Unit(unit);
}

}  // namespace regrain::bench
