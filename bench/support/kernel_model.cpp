#include "bench/support/kernel_model.hpp"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <string_view>

#include "bench/support/kernel_bench.hpp"

namespace regrain::bench {

namespace {

// NVIDIA H100 SXM5 80 GB, data sheet; single precision without tensor cores
constexpr double kBandwidth = 3.35e12, kFlopRate = 67e12, kL2Bytes = 50.0 * (1 << 20);

// The table is for the sizes of the published runs and of the message block; the others say where forms cross
// over, or how search grows.
bool in_table(const Kernel& kernel) {
  if (kernel.host_alone) return false;
  for (const std::string_view other :
       {"crossover", "neighbor_graph/", "gemm/linear/100x", "gemm/linear/200x", "2000x100", "activation/relu",
        "activation/tanh", "activation/sigmoid", "activation/shifted_softplus", "activation/leaky_relu",
        "activation/elu", "activation_backward/relu", "activation_backward/tanh",
        "activation_backward/sigmoid", "activation_backward/shifted_softplus",
        "activation_backward/leaky_relu", "activation_backward/elu"})
    if (kernel.name.find(other) != std::string::npos) return false;
  return true;
}

void print_row(const Kernel& kernel, const Work& work) {
  const double memory = work.bytes / kBandwidth, arithmetic = work.flops / kFlopRate;
  char gathered[32] = "-";
  if (work.gathered > 0) std::snprintf(gathered, sizeof gathered, "%.3g", work.gathered / 1e6);
  std::printf(
      "| %s | %.3g | %s | %.3g | %.3g | %s%s | %.3g |\n", kernel.name.c_str(), work.bytes / 1e6, gathered,
      work.flops / 1e6, work.flops / work.bytes, memory > arithmetic ? "memory" : "arithmetic",
      memory > arithmetic && work.bytes < kL2Bytes ? " (fits L2)" : "", 1e6 * std::max(memory, arithmetic));
}

}  // namespace

int print_kernel_model() {
  try {
    Context context(1);
    std::printf(
        "| kernel | MB from memory | MB gathered through L2 | Mflop | flop/byte | limit | floor, us |\n");
    std::printf("|---|---|---|---|---|---|---|\n");
    for (const Kernel& kernel : kernels_of_program())
      if (in_table(kernel)) print_row(kernel, kernel.make(Place(context)).work);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_kernels: %s\n", error.what());
    return 1;
  }
}

}  // namespace regrain::bench
