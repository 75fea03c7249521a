// The continuous-filter sum in both forms: graphs of stage 1, and a chain whose nodes hear a little less and
// a little more than the share of all nodes at which the form changes.
//
// Both forms are credited with the same operations, those of the form that needs fewer, so that their times
// and shares of the peak compare.
#include "kernels/edge_filter.hpp"

#include <algorithm>

#include "bench/support/job_flops.hpp"
#include "bench/support/kernel_bench.hpp"
#include "kernels/message.hpp"

namespace regrain::bench {

namespace {

using namespace kernels;

struct FilterCase {
  int n_frames, n_nodes;  // a frame
  int reach;              // a node hears those at most this far along the chain
  int channels, n_rbf;
  GateLayout gates;
};

struct FilterArrays {
  FilterCase size;
  FilterGraph<float> graph;
  Tensor<float> weight, bias, x, y, dx, dweight, dbias;

  FilterArrays(const Place& on, const FilterCase& c, FilterForm form) : size(c) {
    const int n = c.n_frames * c.n_nodes, f = c.channels;
    std::vector<Edge> edges;
    std::vector<int> offset{0};
    for (int frame = 0; frame < c.n_frames; ++frame) {
      const int first = frame * c.n_nodes;
      for (int i = 0; i < c.n_nodes; ++i)
        for (int j = std::max(0, i - c.reach); j < std::min(c.n_nodes, i + c.reach + 1); ++j)
          if (i != j) edges.push_back({first + i, first + j});
      offset.push_back(first + c.n_nodes);
    }
    // no two nodes are farther apart than the cutoff: all edges count
    const Tensor<float> xyz = normal({n, 3}, 1);
    graph = on(make_filter_graph<float>(on.host(), make_graph(n, n, edges), xyz, xyz, 20.f, c.n_rbf, offset,
                                        c.gates, form));
    weight = on(normal({c.gates.n_gates * f, c.n_rbf}, 2));
    bias = on(normal({c.gates.n_gates * f}, 3));
    x = on(normal({n, c.gates.n_in(), f}, 4));
    y = on(normal({n, c.gates.n_out(), f}, 5));  // backward takes it for dy
    dx = on(Tensor<float>(x.shape()));
    dweight = on(Tensor<float>(weight.shape()));
    dbias = on(Tensor<float>(bias.shape()));
  }

  Flops flops() const { return filter_flops(size.gates, graph.graph.n_edges(), size.n_rbf, size.channels); }
  double bytes() const {
    return kFloat * (double(x.size()) + double(y.size()) + double(weight.size()) + double(bias.size())) +
           (4 * kFloat + kInt) * graph.graph.n_edges();
  }
  // of as many rows of channels an edge
  double row_bytes(int rows) const { return kFloat * rows * double(size.channels) * graph.graph.n_edges(); }
};

auto forward(const FilterCase& c, FilterForm form) {
  return [=](const Place& on) {
    FilterArrays a(on, c, form);
    const Work work{a.flops().forward, a.bytes(),
                    form == FilterForm::sparse ? a.row_bytes(c.gates.n_in()) : 0};
    return KernelCase{work, [a = std::move(a)](auto be) mutable {
                        edge_filter<float>(be, a.graph, a.size.gates, a.weight, a.bias, a.x, a.y);
                      }};
  };
}

// gradients of x and of the filter
auto backward(const FilterCase& c, FilterForm form) {
  return [=](const Place& on) {
    FilterArrays a(on, c, form);
    const double added_to = 2 * (double(a.x.size()) + double(a.weight.size()) + double(a.bias.size()));
    const Work work{a.flops().backward, a.bytes() + kFloat * added_to,
                    form == FilterForm::sparse ? a.row_bytes(c.gates.n_in() + c.gates.n_out()) : 0};
    return KernelCase{work, [a = std::move(a)](auto be) mutable {
                        edge_filter_backward<float>(be, a.graph, a.size.gates, std::as_const(a.weight),
                                                    std::as_const(a.bias), std::as_const(a.x),
                                                    std::as_const(a.y), a.dx, a.dweight, a.dbias);
                      }};
  };
}

[[maybe_unused]] const bool kRegistered = [] {
  const std::pair<const char*, FilterCase> cases[] = {
      {"encoder_2x181_F472", {2, 181, 180, 472, 6, kScalarGate}},       // all pairs
      {"decoder_2x10_F472", {2, 10, 9, 472, 6, kPseudoGates}},          // all pairs
      {"below_crossover_181_F128", {1, 181, 33, 128, 8, kScalarGate}},  // 33 % of the pairs
      {"above_crossover_181_F128", {1, 181, 65, 128, 8, kScalarGate}},  // 59 %
  };
  for (const auto& [name, c] : cases)
    for (const auto& [form_name, form] :
         {std::pair{"dense/", FilterForm::dense}, std::pair{"sparse/", FilterForm::sparse}}) {
      add_kernel(concat("edge_filter/", form_name, name), forward(c, form));
      add_kernel(concat("edge_filter_backward/", form_name, name), backward(c, form));
    }
  // a local graph, whose matrices would be far too large
  const FilterCase local{1, 2000, 10, 128, 20, kEquivariantGates};
  add_kernel("edge_filter/sparse/local_2000_F128", forward(local, FilterForm::sparse));
  add_kernel("edge_filter_backward/sparse/local_2000_F128", backward(local, FilterForm::sparse));
  return true;
}();

}  // namespace

}  // namespace regrain::bench
