// The message block alone, forward and with its derivative through the tape. Argument: number of threads.
#include "bench/support/counters.hpp"
#include "bench/support/message_block.hpp"

namespace regrain::bench {

namespace {

void forward(benchmark::State& state) {
  const int n_threads = static_cast<int>(state.range(0));
  MessageBlock block(n_threads);
  block.forward();  // the first call asks the system for its memory
  for (auto _ : state) benchmark::DoNotOptimize(block.forward().s.value().data());
  set_flops(state, block.flops().forward, n_threads);
}

void forward_backward(benchmark::State& state) {
  const int n_threads = static_cast<int>(state.range(0));
  MessageBlock block(n_threads);
  block.forward_backward();
  block.forward_backward();  // the arena is one piece from the second call on
  for (auto _ : state) block.forward_backward();
  set_flops(state, block.flops().both(), n_threads);
}

[[maybe_unused]] const bool kRegistered = [] {
  add_benchmark("message/forward", forward);
  add_benchmark("message/forward_backward", forward_backward);
  return true;
}();

}  // namespace

}  // namespace regrain::bench
