// Neighbour lists and graphs of points as dense as the heavy atoms of a protein, by cells and by all pairs.
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
Work pair_work(int n, double n_pairs) { return {9 * n_pairs, 3 * kFloat * n + 2 * kInt * n_pairs}; }

auto pairs(int n, NeighborSearch how) {
  return [=](const Place& on) {
    Tensor<float> x = points(n);
    const double n_pairs = double(neighbor_pairs<float>(on.host(), x, kCutoff, how).size());
    return KernelCase{pair_work(n, n_pairs), [=, x = std::move(x)](Cpu be) {
                        benchmark::DoNotOptimize(neighbor_pairs<float>(be, x, kCutoff, how).data());
                      }};
  };
}

// Both directions of every pair, sorted. On a device into a graph of fixed capacity, as in a step that is
// recorded.
auto graph(int n, NeighborSearch how) {
  return [=](const Place& on) {
    Tensor<float> x = points(n);
    const int n_edges = 2 * static_cast<int>(neighbor_pairs<float>(on.host(), x, kCutoff, how).size());
    const std::vector<int> sets{0, n};
    // dst, src and the transpose of every edge
    const Work work{9.0 * n_edges / 2, 3 * kFloat * n + 3 * kInt * n_edges};
    return KernelCase{work, [=, x = on(std::move(x)), first = on(Tensor<int>::from(sets)),
                             room = std::make_shared<DeviceGraph>(n, on.on_device() ? n_edges : 0,
                                                                  GraphOrders::both, on.memory())](auto be) {
                        if constexpr (std::is_same_v<decltype(be), Cpu>)
                          benchmark::DoNotOptimize(
                              neighbor_graph<float>(be, x, kCutoff, sets, GraphOrders::both, how).src.data());
                        else
                          neighbor_graph<float>(be, x, kCutoff, first, *room, how);
                      }};
  };
}

[[maybe_unused]] const bool kRegistered = [] {
  for (int n : {200, 2000, 20000})
    for (const auto& [name, how] : {std::pair{"cells/", NeighborSearch::cells},
                                    std::pair{"brute_force/", NeighborSearch::brute_force}}) {
      add_host_kernel(concat("neighbor_pairs/", name, n), pairs(n, how));
      add_kernel(concat("neighbor_graph/", name, n), graph(n, how));
    }
  return true;
}();

}  // namespace

}  // namespace regrain::bench
