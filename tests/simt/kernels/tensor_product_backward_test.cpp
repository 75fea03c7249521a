// covers kernels/cuda/tensor_product_backward.cu
#include "tests/simt/kernels/tensor_product_case.hpp"

namespace regrain::kernels {
namespace {

using namespace regrain::test;

template <class T>
struct TensorProductBackward : ::testing::Test {};
TYPED_TEST_SUITE(TensorProductBackward, Scalars);

// Against the definition. `wanted`: all gradients or those of the last bias alone.
template <class T>
void expect_gradients(const TensorProductSizes& k, int level, EndOrder order, const Graph& graph, bool wanted = true) {
  SCOPED_TRACE(concat("level ", level, ", ", k.n_edges, " edges"));
  DeviceCase<T> c;
  const TensorProductCase<T> a(c, k, level, order, graph);
  const auto dout = c.input({k.n_dst, feature_width(level + 1)});
  const auto dedge = c.sum({k.n_edges, k.n_edge}), dx_dst = c.sum({k.n_dst, 12}),
             dx_src = c.sum({k.n_src, feature_width(level)}), dfirst = c.sum({k.n_k, k.n_edge + 2 * k.n_scalars}),
             dlast = c.sum({n_tensor_weights(level), k.n_k});
  const auto dfirst_bias = c.sum({k.n_k}), dlast_bias = c.sum({n_tensor_weights(level)});
  c.expect_same(
      [&](auto on) {
        using T1 = typename decltype(on)::scalar;
        EdgeNetworkGradient<T1> dnetwork{};
        View<T1, 2> last{};
        if (wanted) {
          dnetwork = {on(dedge), on(dx_dst), on(dx_src), on(dfirst), on(dfirst_bias)};
          last = on(dlast);
        }
        tensor_product_convolution_backward<T1>(on.backend, TensorProductForm::direct, level, on(a.g), on(a.y),
                                                a.network(on), on(a.last), on(a.last_bias), on(dout), dnetwork, last,
                                                on(dlast_bias));
      },
      500);
}

TYPED_TEST(TensorProductBackward, Gradients) {
  for (int level = 0; level <= kMaxLevel; ++level)
    for (const TensorProductSizes& k : kTensorProductSizes)
      expect_gradients<TypeParam>(k, level, level == 1 ? EndOrder::sender_first : EndOrder::receiver_first,
                                  random_graph(k.n_dst, k.n_src, k.n_edges, 3));
}

// every sender has one edge; more senders than blocks
TYPED_TEST(TensorProductBackward, OfPooling) {
  const int n = 600;
  const Tensor<int> owner = random_index(n, 20, 6);
  expect_gradients<TypeParam>({20, n, n, 2, 1, 3}, 0, EndOrder::receiver_first,
                              pooling_graph(20, std::vector<int>(owner.begin(), owner.end())));
}

TYPED_TEST(TensorProductBackward, WhatIsNotWantedStays) {
  expect_gradients<TypeParam>(kTensorProductSizes[3], 2, EndOrder::receiver_first, random_graph(9, 7, 20, 3), false);
}

}  // namespace
}  // namespace regrain::kernels
