// Messages between the residues of a protein that is folded: each hears its 24 nearest.
#include "kernels/residue_messages.hpp"

#include "bench/support/kernel_bench.hpp"

namespace regrain::bench {

namespace {

using namespace kernels;

constexpr int kNeighbors = 24, kChannels = 128;

struct MessageArrays {
  Graph g;
  Tensor<float> rows, a, b, weight, y, slope, dy, da, db, dweight;
  Tensor<int> place;

  MessageArrays(const Place& on, int n) {
    std::vector<Edge> edges;
    Tensor<int> places({n});
    for (int i = 0; i < n; ++i) {
      places[static_cast<std::size_t>(i)] = i;
      const int first = std::clamp(i - kNeighbors / 2, 0, n - kNeighbors - 1);
      for (int j = first; j <= first + kNeighbors; ++j)
        if (j != i) edges.push_back({i, j});
    }
    g = on(make_graph(n, n, edges));
    rows = on(normal({n, kGeometry}, 1));
    a = on(normal({n, kChannels}, 2));
    b = on(normal({n, kChannels}, 3));
    weight = on(normal({kChannels, kEdgeFeatures}, 4));
    dy = on(normal({n, kChannels}, 5));
    for (Tensor<float>* x : {&y, &slope, &da, &db}) *x = on(Tensor<float>({n, kChannels}));
    dweight = on(Tensor<float>({kChannels, kEdgeFeatures}));
    place = on(std::move(places));
  }
  ResidueGeometry<float> geometry() const { return {rows, place}; }
  ResidueMessages<float> in() const { return {a, b, weight}; }
  // a silu is ten operations, features of an edge 700
  double edge_flops() const { return double(g.n_edges()) * (2.0 * kEdgeFeatures * kChannels + 10 * kChannels + 700); }
  // rows of nodes, and the geometry and rows of senders once for every edge
  Work work(double flops, int node_rows, int edge_rows) const {
    const double n = g.n_dst;
    return {flops, kFloat * n * (node_rows * kChannels + kGeometry) + kInt * g.n_edges(),
            kFloat * double(g.n_edges()) * (edge_rows * kChannels + kGeometry)};
  }
};

[[maybe_unused]] const bool kRegistered = [] {
  for (const int n : {640, 10240}) {
    add_kernel(concat("residue_messages/", n, "_residues"), [n](const Place& on) {
      MessageArrays m(on, n);
      const Work work = m.work(m.edge_flops(), 4, 1);
      return KernelCase{work, [m = std::move(m)](auto be) mutable { residue_messages<float>(be, m.g, m.geometry(), m.in(), m.y, m.slope); }};
    });
    add_kernel(concat("residue_messages_backward/", n, "_residues"), [n](const Place& on) {
      MessageArrays m(on, n);
      const Work work = m.work(m.edge_flops() + 2.0 * m.g.n_edges() * kEdgeFeatures * kChannels, 7, 3);
      return KernelCase{work, [m = std::move(m)](auto be) mutable {
                          residue_messages_backward<float>(be, m.g, m.geometry(), m.in(), std::as_const(m.slope), std::as_const(m.dy),
                                                           {m.da, m.db, m.dweight});
                        }};
    });
  }
  return true;
}();

}  // namespace

}  // namespace regrain::bench
