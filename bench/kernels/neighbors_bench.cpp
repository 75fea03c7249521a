// Neighbour lists of points as dense as the heavy atoms of a protein, by cells and by all pairs.
#include "kernels/neighbors.hpp"

#include <cmath>

#include "bench/support/kernel_bench.hpp"

namespace regrain::bench {

namespace {

using namespace kernels;

constexpr float kCutoff = 9;       // Angstrom
constexpr double kDensity = 0.05;  // a cubic Angstrom

Tensor<float> points(int n) {
  const Rng rng{.seed = kSeed};
  const double side = std::cbrt(n / kDensity);
  Tensor<float> x({n, 3});
  for (int i = 0; i < 3 * n; ++i)
    x[i] = static_cast<float>(side * Rng::to_unit(rng.bits(static_cast<std::uint32_t>(i))[0]));
  return x;
}

// A pair in the list costs a distance, 9; pairs that are looked at in vain count for nothing.
auto search(int n, NeighborSearch how) {
  return [=](Cpu setup) {
    Tensor<float> x = points(n);
    const double n_pairs = double(neighbor_pairs<float>(setup, x, kCutoff, how).size());
    return KernelCase{Work{9 * n_pairs, 3 * kFloat * n + 2 * kInt * n_pairs}, [=, x = std::move(x)](Cpu be) {
                        benchmark::DoNotOptimize(neighbor_pairs<float>(be, x, kCutoff, how).data());
                      }};
  };
}

[[maybe_unused]] const bool kRegistered = [] {
  for (int n : {200, 2000, 20000}) {
    add_kernel(concat("neighbor_pairs/cells/", n), search(n, NeighborSearch::cells));
    add_kernel(concat("neighbor_pairs/brute_force/", n), search(n, NeighborSearch::brute_force));
  }
  return true;
}();

}  // namespace

}  // namespace regrain::bench
