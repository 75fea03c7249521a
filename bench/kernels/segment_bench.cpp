// Rows moved along edges: pooling of 362 atoms into 20 beads, the neighbour sum of the decoder's
// pseudovectors, rows of a table.
#include "kernels/segment.hpp"

#include "bench/support/kernel_bench.hpp"

namespace regrain::bench {

namespace {

using namespace kernels;

constexpr int kBeads = 20, kAtoms = 362, kChannels = 472;

Graph pooling() {
  std::vector<int> owner;
  for (int a = 0; a < kAtoms; ++a) owner.push_back(a * kBeads / kAtoms);
  return pooling_graph(kBeads, owner);
}
// two frames of 10 beads that all hear each other
Graph all_beads() {
  std::vector<Edge> edges;
  for (int i = 0; i < kBeads; ++i)
    for (int j = 0; j < kBeads; ++j)
      if (i != j && i / 10 == j / 10) edges.push_back({i, j});
  return make_graph(kBeads, kBeads, edges);
}

double reduce_bytes(const Graph& g, double width, int sides) {
  return kFloat * width * (g.n_src + sides * g.n_dst) + kInt * g.n_edges();
}

auto reduce(Graph (*make)(), int width, Reduce how) {
  return [=](const Place& on) {
    Graph g = make();
    const Work work{double(width) * g.n_edges(), reduce_bytes(g, width, 1), kFloat * width * g.n_edges()};
    Tensor<float> x = on(normal({g.n_src, width}, 1)), y = on(Tensor<float>({g.n_dst, width}));
    return KernelCase{work, [=, g = on(std::move(g)), x = std::move(x), y = std::move(y)](auto be) mutable {
                        neighbor_reduce<float>(be, how, g, std::as_const(x), y);
                      }};
  };
}
auto reduce_backward(Graph (*make)(), int width, Reduce how) {
  return [=](const Place& on) {
    Graph g = make();
    const Work work{double(width) * g.n_edges(), reduce_bytes(g, width, 1) + kFloat * width * g.n_src,
                    kFloat * width * g.n_edges()};
    Tensor<float> dy = on(normal({g.n_dst, width}, 1)), dx = on(Tensor<float>({g.n_src, width}));
    return KernelCase{work,
                      [=, g = on(std::move(g)), dy = std::move(dy), dx = std::move(dx)](auto be) mutable {
                        neighbor_reduce_backward<float>(be, how, g, std::as_const(dy), dx);
                      }};
  };
}

Tensor<int> kinds() {
  Tensor<int> index({kAtoms});
  for (int a = 0; a < kAtoms; ++a) index[a] = a % 7;
  return index;
}

[[maybe_unused]] const bool kRegistered = [] {
  add_kernel("neighbor_reduce/pooling_mean_F472", reduce(pooling, kChannels, Reduce::mean));
  add_kernel("neighbor_reduce_backward/pooling_mean_F472", reduce_backward(pooling, kChannels, Reduce::mean));
  add_kernel("neighbor_reduce/beads_sum_3F472", reduce(all_beads, 3 * kChannels, Reduce::sum));
  add_kernel("neighbor_reduce_backward/beads_sum_3F472",
             reduce_backward(all_beads, 3 * kChannels, Reduce::sum));
  constexpr double n = double(kAtoms) * kChannels;
  add_kernel("gather_rows/362_F472", [](const Place& on) {
    return KernelCase{Work{0, 2 * kFloat * n + kInt * kAtoms},
                      [table = on(normal({100, kChannels}, 1)), index = on(kinds()),
                       y = on(Tensor<float>({kAtoms, kChannels}))](auto be) mutable {
                        gather_rows<float>(be, std::as_const(table), std::as_const(index), y);
                      }};
  });
  add_kernel("gather_rows_backward/362_F472", [](const Place& on) {
    return KernelCase{Work{n, 2 * kFloat * n + kInt * kAtoms},
                      [dy = on(normal({kAtoms, kChannels}, 1)), index = on(kinds()),
                       dtable = on(Tensor<float>({100, kChannels}))](auto be) mutable {
                        gather_rows_backward<float>(be, std::as_const(dy), std::as_const(index), -1, dtable);
                      }};
  });
  return true;
}();

}  // namespace

}  // namespace regrain::bench
