#include "bench/support/kernel_bench.hpp"

#include "bench/support/device_bench.hpp"

namespace regrain::bench {

namespace {

void run_on_cpu(const Kernel& kernel, benchmark::State& state) {
  const int n_threads = static_cast<int>(state.range(0));
  Context context(n_threads);
  const Kernel::Run run = kernel.make(Place(context));
  run.call(context);
  for (auto _ : state) {
    run.call(context);
    benchmark::ClobberMemory();
  }
  set_counters(state, run.work.flops, run.work.bytes, n_threads);
}

// The arrays of the kernel that runs are made once, whatever number of times Google Benchmark asks for it.
const Kernel::Run& kept(const Kernel& kernel) {
  // as long as the program, see device_context
  static const Kernel* of = nullptr;
  static Kernel::Run& run = *new Kernel::Run;
  if (of == &kernel) return run;
  of = nullptr;
  run = {};
  run = kernel.make(Place(device_context()));
  of = &kernel;
  return run;
}

void run_on_device(const Kernel& kernel, const Target& target, benchmark::State& state) {
  Context& context = device_context();
  const Kernel::Run& run = kept(kernel);
  time_on_device(state, target, context, [&] { run.call(context); });
  set_device_counters(state, run.work.flops, run.work.bytes);
  if (run.work.gathered > 0) state.counters["gathered"] = a_second(run.work.gathered);
}

}  // namespace

std::vector<Kernel>& kernels_of_program() {
  static std::vector<Kernel> kernels;
  return kernels;
}

void register_kernels(const Target& target) {
  for (const Kernel& kernel : kernels_of_program()) {
    if (!target.on_device())
      add_benchmark(
          kernel.name, [&kernel](benchmark::State& state) { run_on_cpu(kernel, state); },
          benchmark::kMicrosecond);
    else if (!kernel.host_alone)
      add_device_benchmark(
          kernel.name, [&kernel, target](benchmark::State& state) { run_on_device(kernel, target, state); },
          benchmark::kMicrosecond);
  }
}

}  // namespace regrain::bench
