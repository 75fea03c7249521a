// covers kernels/cuda/edge_network.cu
#include "kernels/cuda/edge_network.cuh"

#include "tests/simt/device_case.hpp"
#include "tests/support/graphs.hpp"

namespace regrain::kernels {
namespace {

using namespace regrain::test;

template <class T>
struct EdgeNetworkOnDevice : ::testing::Test {};
TYPED_TEST_SUITE(EdgeNetworkOnDevice, Scalars);

struct Case {
  int n_dst, n_src, n_edges, n_edge, n_scalars, n_k;
};
// hidden rows of a tile with its one, just beyond, and of several; more columns than a block of the sums has threads for
const Case kCases[] = {{1, 1, 0, 12, 12, 36},   {1, 1, 1, 1, 1, 1},    {5, 7, 33, 3, 2, 39},
                       {9, 4, 300, 12, 12, 40}, {4, 5, 64, 13, 3, 81}, {0, 3, 0, 2, 1, 5}};

// the same arrays on both sides
template <class T>
struct Arrays {
  const Case& k;
  EndOrder order;
  CaseGraph g;
  CaseArray<void, 2, true> edge, x_dst, x_src, weight;
  CaseArray<void, 1, true> bias;

  Arrays(DeviceCase<T>& c, const Case& of, EndOrder ends)
      : k(of),
        order(ends),
        g(c.graph(random_graph(k.n_dst, k.n_src, k.n_edges, 3))),
        edge(c.input({k.n_edges, k.n_edge})),
        x_dst(c.input({k.n_dst, k.n_scalars + 2})),
        x_src(c.input({k.n_src, k.n_scalars + 1})),
        weight(c.input({k.n_k, k.n_edge + 2 * k.n_scalars})),
        bias(c.input({k.n_k})) {}
  template <class On>
  EdgeNetwork<typename On::scalar> network(On on) const {
    return {order, k.n_scalars, on(edge), on(x_dst), on(x_src), on(weight), on(bias)};
  }
  int pitch() const { return (k.n_k + kHiddenTile) / kHiddenTile * kHiddenTile; }
};

// The parts of the rows as the header says they are.
TYPED_TEST(EdgeNetworkOnDevice, PartsOfRows) {
  for (const Case& k : kCases)
    for (EndOrder order : {EndOrder::receiver_first, EndOrder::sender_first}) {
      DeviceCase<TypeParam> c;
      const Arrays<TypeParam> a(c, k, order);
      const auto dst = c.output({k.n_dst, a.pitch()}), src = c.output({k.n_src, a.pitch()}),
                 of_edge = c.output({k.n_edge, a.pitch()});
      c.expect_same([&](auto on) {
        const auto net = a.network(on);
        if constexpr (on.is_cuda) {
          const Arena::Scope scope(*on.backend.scratch);
          const auto hidden = prepare_hidden(on.backend, on(a.g), net);
          EXPECT_EQ(hidden.pitch, a.pitch());
          const auto copy = [&](auto to, const auto* from) {
            device::copy_on_device(to.data(), from, to.size() * sizeof(*from), on.backend.stream);
          };
          copy(on(dst), hidden.dst_NP);
          copy(on(src), hidden.src_MP);
          copy(on(of_edge), hidden.weight_CP);
        } else {
          const EdgeNetworkColumns at = edge_network_columns(order, k.n_edge, k.n_scalars);
          const auto part = [&](auto x, int first, bool receiver, auto out) {
            for (int i = 0; i < x.dim(0); ++i)
              for (int h = 0; h < a.pitch(); ++h) {
                double sum = receiver && h < k.n_k ? net.bias_K(h) : receiver && h == k.n_k ? 1 : 0;
                for (int s = 0; s < k.n_scalars && h < k.n_k; ++s) sum += x(i, s) * net.weight_KI(h, first + s);
                out(i, h) = sum;
              }
          };
          part(net.x_dst, at.dst, true, on(dst));
          part(net.x_src, at.src, false, on(src));
          for (int e = 0; e < k.n_edge; ++e)
            for (int h = 0; h < a.pitch(); ++h) on(of_edge)(e, h) = h < k.n_k ? net.weight_KI(h, at.edge + e) : 0;
        }
      });
    }
}

// The derivative from given gradients of the rows, against its definition. `wanted`: all gradients or none.
template <class T>
void expect_gradients(const Case& k, EndOrder order, bool wanted) {
  DeviceCase<T> c;
  const Arrays<T> a(c, k, order);
  const auto da = c.input({k.n_edges, a.pitch()}), da_src = c.input({k.n_src, a.pitch()});
  const auto dedge = c.sum({k.n_edges, k.n_edge}), dx_dst = c.sum({k.n_dst, k.n_scalars + 2}),
             dx_src = c.sum({k.n_src, k.n_scalars + 1}), dweight = c.sum({k.n_k, k.n_edge + 2 * k.n_scalars});
  const auto dbias = c.sum({k.n_k});
  c.expect_same(
      [&](auto on) {
        const auto net = a.network(on);
        const GraphView g = on(a.g);
        EdgeNetworkGradient<typename decltype(on)::scalar> grad{};
        if (wanted) grad = {on(dedge), on(dx_dst), on(dx_src), on(dweight), on(dbias)};
        if constexpr (on.is_cuda) {
          const Arena::Scope scope(*on.backend.scratch);
          const auto hidden = prepare_hidden(on.backend, g, net);
          edge_network_backward(on.backend, g, net, hidden, on(da).data(), on(da_src).data(), grad);
        } else if (wanted) {
          const EdgeNetworkColumns at = edge_network_columns(order, k.n_edge, k.n_scalars);
          for (int h = 0; h < k.n_k; ++h) {
            for (int e = 0; e < k.n_edges; ++e) {
              const double d = on(da)(e, h);
              grad.dbias_K(h) += d;
              for (int i = 0; i < k.n_edge; ++i) {
                grad.dedge_EC(e, i) += d * net.weight_KI(h, at.edge + i);
                grad.dweight_KI(h, at.edge + i) += d * net.edge_EC(e, i);
              }
              for (int s = 0; s < k.n_scalars; ++s) {
                grad.dx_dst(g.dst[e], s) += d * net.weight_KI(h, at.dst + s);
                grad.dweight_KI(h, at.dst + s) += d * net.x_dst(g.dst[e], s);
              }
            }
            for (int j = 0; j < k.n_src; ++j)
              for (int s = 0; s < k.n_scalars; ++s) {
                grad.dx_src(j, s) += on(da_src)(j, h) * net.weight_KI(h, at.src + s);
                grad.dweight_KI(h, at.src + s) += on(da_src)(j, h) * net.x_src(j, s);
              }
          }
        }
      },
      200);
}

TYPED_TEST(EdgeNetworkOnDevice, Backward) {
  for (const Case& k : kCases)
    for (EndOrder order : {EndOrder::receiver_first, EndOrder::sender_first})
      expect_gradients<TypeParam>(k, order, true);
}

// more lots than parts of a sum
TYPED_TEST(EdgeNetworkOnDevice, BackwardOfManyEdges) {
  expect_gradients<TypeParam>({50, 60, 8300, 2, 1, 3}, EndOrder::receiver_first, true);
}

TYPED_TEST(EdgeNetworkOnDevice, WhatIsNotWantedStays) {
  expect_gradients<TypeParam>(kCases[2], EndOrder::receiver_first, false);
}

}  // namespace
}  // namespace regrain::kernels
