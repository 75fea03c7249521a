// Filter graphs for tests on a device: the same numbers on both sides, and the filter's products, forward and
// backward, compared.
#pragma once

#include "kernels/message.hpp"
#include "tests/simt/device_case.hpp"
#include "tests/support/graphs.hpp"

namespace regrain::test {

using kernels::FilterForm;
using kernels::FilterGraph;
using kernels::GateLayout;

// A graph made in T: with its numbers in double for the reference, and copied to the device.
template <class T>
struct FilterGraphs {
  FilterGraph<double> host;
  FilterGraph<T> device;

  FilterGraphs(kernels::Graph graph, double cutoff, int n_rbf, const std::vector<int>& node_offset,
               const GateLayout& gates, FilterForm form) {
    Context cpu(1), cuda(Device::cuda);
    const Tensor<T> x_dst = random<T>({graph.n_dst, 3}, 7, 4.);
    // one set of nodes where there are frames
    const Tensor<T> x_src = node_offset.empty() ? random<T>({graph.n_src, 3}, 8, 4.) : x_dst;
    cpu.visit([&](auto be) {
      if constexpr (std::is_same_v<decltype(be), Cpu>) {
        const FilterGraph<T> g = kernels::make_filter_graph<T>(
            be, std::move(graph), x_dst, x_src, static_cast<T>(cutoff), n_rbf, node_offset, gates, form);
        host = in_double(g);
        device = to_backend(cuda, g);
      }
    });
    // waits for the copies
    const Tensor<int> offset = to_host(cuda, device.graph.offset);
    EXPECT_TRUE(std::equal(offset.begin(), offset.end(), host.graph.offset.begin()));
  }
  template <class On>
  const FilterGraph<typename On::scalar>& operator()(const On&) const {
    if constexpr (On::is_cuda)
      return device;
    else
      return host;
  }

 private:
  static Tensor<double> in_double(const Tensor<T>& x) {
    Tensor<double> y(x.shape());
    std::copy(x.begin(), x.end(), y.begin());
    return y;
  }
  static FilterGraph<double> in_double(const FilterGraph<T>& g) {
    FilterGraph<double> out;
    out.graph = g.graph;
    out.geometry = {in_double(g.geometry.d_E), in_double(g.geometry.unit_E3)};
    out.cutoff = g.cutoff;
    out.n_rbf = g.n_rbf;
    out.angle_E = Tensor<kernels::RadialAngle<double>>(g.angle_E.shape());
    for (std::size_t e = 0; e < g.angle_E.size(); ++e) out.angle_E[e] = {g.angle_E[e].sin, g.angle_E[e].cos};
    out.form = g.form;
    out.node_offset = g.node_offset;
    for (const auto& matrices : g.matrices)
      out.matrices.push_back(matrices ? std::make_shared<const Tensor<double>>(in_double(*matrices)) : nullptr);
    out.node_is_dense = g.node_is_dense;
    return out;
  }
};

// as many roundings as the longest chain of additions here has
constexpr double kFilterSteps = 200;

template <class T>
void expect_same_filter(const FilterGraphs<T>& g, const GateLayout& layout, int f, bool tensor_cores = false) {
  const int blocks = 1 + *std::max_element(layout.block.begin(), layout.block.begin() + layout.n_gates);
  DeviceCase<T> c;
  c.tensor_cores = tensor_cores;
  const auto weight = c.input({blocks * f, g.host.n_rbf});
  const auto bias = c.input({blocks * f});
  const auto x = c.input({g.host.graph.n_src, layout.n_in(), f});
  const auto y = c.output({g.host.graph.n_dst, layout.n_out(), f});
  c.expect_same([&](auto on) { edge_filter(on.backend, g(on), layout, on(weight), on(bias), on(x), on(y)); },
                kFilterSteps);
}

// `wants_dx`, `wants_weights`: which gradients are asked for; what nobody asked for must stay as it is
template <class T>
void expect_same_filter_backward(const FilterGraphs<T>& g, const GateLayout& layout, int f,
                                 bool wants_dx = true, bool wants_weights = true, bool tensor_cores = false) {
  const int blocks = 1 + *std::max_element(layout.block.begin(), layout.block.begin() + layout.n_gates);
  DeviceCase<T> c;
  c.tensor_cores = tensor_cores;
  const auto weight = c.input({blocks * f, g.host.n_rbf});
  const auto bias = c.input({blocks * f});
  const auto x = c.input({g.host.graph.n_src, layout.n_in(), f});
  const auto dy = c.input({g.host.graph.n_dst, layout.n_out(), f});
  const auto dx = c.sum({g.host.graph.n_src, layout.n_in(), f});
  const auto dweight = c.sum({blocks * f, g.host.n_rbf});
  const auto dbias = c.sum({blocks * f});
  c.expect_same(
      [&](auto on) {
        const auto or_null = [](bool wanted, auto view) { return wanted ? view : decltype(view)(); };
        edge_filter_backward(on.backend, g(on), layout, on(weight), on(bias), on(x), on(dy),
                             or_null(wants_dx, on(dx)), or_null(wants_weights, on(dweight)),
                             or_null(wants_weights, on(dbias)));
      },
      kFilterSteps);
}

}  // namespace regrain::test
