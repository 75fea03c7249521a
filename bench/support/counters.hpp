// Counters every benchmark reports beside its time.
#pragma once

#include <benchmark/benchmark.h>

#include "bench/support/machine_peak.hpp"

namespace regrain::bench {

// `flops` and `bytes` are what one iteration must do at least, counted by hand: multiply-adds as two, every
// array once. Reported a second; pct_peak is the share of the multiply-add peak of `n_threads` cores,
// pct_stream that of one core's memory bandwidth.
inline void set_counters(benchmark::State& state, double flops, double bytes, int n_threads = 1) {
  using benchmark::Counter;
  const auto rate = [](double per_iteration) { return Counter(per_iteration, Counter::kIsIterationInvariantRate); };
  state.counters["flops"] = rate(flops);
  state.counters["bytes"] = rate(bytes);
  state.counters["pct_peak"] = rate(100 * flops / (n_threads * fma_peak()));
  state.counters["pct_stream"] = rate(100 * bytes / stream_bandwidth());
}

}  // namespace regrain::bench
