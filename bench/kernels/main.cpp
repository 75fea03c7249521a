// bench_kernels: every fused op, on the CPU or on a device; with --model what they count, and no clock.
#include <string_view>

#include "bench/support/kernel_bench.hpp"
#include "bench/support/kernel_model.hpp"
#include "bench/support/program.hpp"

int main(int argc, char** argv) {
  using namespace regrain::bench;
  for (int i = 1; i < argc; ++i)
    if (const std::string_view a = argv[i]; a == "--model") return print_kernel_model();
  return run_program(argc, argv, "bench_kernels", register_kernels);
}
