// The message block alone, forward and with its derivative through the tape. Argument on the CPU: number of
// threads.
#include "bench/jobs/jobs.hpp"
#include "bench/support/device_bench.hpp"
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

MessageBlock& block_on_device() {
  // lives as long as the program, see device_context
  static MessageBlock& block = *new MessageBlock(1, Device::cuda);
  return block;
}

}  // namespace

void add_message_block(const Target& target) {
  if (!target.on_device()) {
    add_benchmark("message/forward", forward);
    add_benchmark("message/forward_backward", forward_backward);
    return;
  }
  add_device_benchmark("message/forward", [target](benchmark::State& state) {
    MessageBlock& block = block_on_device();
    time_on_device(state, target, block.context, [&] { block.forward(); });
    set_device_flops(state, block.flops().forward);
  });
  add_device_benchmark("message/forward_backward", [target](benchmark::State& state) {
    MessageBlock& block = block_on_device();
    time_on_device(state, target, block.context, [&] { block.forward_backward(); });
    set_device_flops(state, block.flops().both());
  });
}

}  // namespace regrain::bench
