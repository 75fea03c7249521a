// Benchmarks on a device: how one is registered and timed, and its counters.
#pragma once

#include "bench/support/counters.hpp"
#include "bench/support/device_limits.hpp"
#include "bench/support/device_timer.hpp"

namespace regrain::bench {

template <class F>
auto* add_device_benchmark(const std::string& name, F f, benchmark::TimeUnit unit = benchmark::kMillisecond) {
  return benchmark::RegisterBenchmark(name.c_str(), f)->UseManualTime()->Unit(unit);
}

template <class F>
void time_on_device(benchmark::State& state, const Target& target, Context& context, F f) {
  context.use_tensor_cores(target.tensor_cores);
  f();  // asks for memory and loads what is loaded at its first use
  f();  // the arena is one piece from the second call on
  DeviceTimer timer(target, context);
  for (auto _ : state) state.SetIterationTime(timer.seconds_of(f));
}

// What one iteration must compute and move at least, a second; pct_fma and pct_copy are shares of
// device_limits().
inline void set_device_flops(benchmark::State& state, double flops) {
  state.counters["flops"] = a_second(flops);
  state.counters["pct_fma"] = a_second(100 * flops / device_limits().fma_rate);
}
inline void set_device_counters(benchmark::State& state, double flops, double bytes) {
  set_device_flops(state, flops);
  state.counters["bytes"] = a_second(bytes);
  state.counters["pct_copy"] = a_second(100 * bytes / device_limits().copy_bandwidth);
}

}  // namespace regrain::bench
