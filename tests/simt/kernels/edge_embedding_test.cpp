// covers kernels/cuda/edge_embedding.cu
#include "kernels/edge_embedding.hpp"

#include "kernels/edge_blocks.hpp"
#include "kernels/edge_inputs.hpp"
#include "tests/simt/device_case.hpp"
#include "tests/support/graphs.hpp"

namespace regrain::kernels {
namespace {

using namespace regrain::test;

template <class T>
struct EdgeEmbedding : ::testing::Test {};
TYPED_TEST_SUITE(EdgeEmbedding, Scalars);

struct Widths {
  int in, hidden, out;
};
const Widths kWidths[] = {{14, 12, 12}, {1, 1, 1}, {15, 15, 15}, {8, 13, 3}};
// below, at and above a block and a lot
const int kEdges[] = {0, 1, 31, 33, 64, 65, 300};

template <class T>
struct NetworkOf {
  CaseArray<void, 2, true> first;
  CaseArray<void, 1, true> first_bias;
  CaseArray<void, 2, true> last;
  CaseArray<void, 1, true> last_bias;

  NetworkOf(DeviceCase<T>& c, const Widths& w)
      : first(c.input({w.hidden, w.in})),
        first_bias(c.input({w.hidden})),
        last(c.input({w.out, w.hidden})),
        last_bias(c.input({w.out})) {}
  template <class On>
  auto operator()(On on) const {
    return EmbeddingNetwork<typename On::scalar>{on(first), on(first_bias), on(last), on(last_bias)};
  }
};

TYPED_TEST(EdgeEmbedding, Forward) {
  for (const Widths& w : kWidths)
    for (int n : kEdges) {
      DeviceCase<TypeParam> c;
      const NetworkOf<TypeParam> net(c, w);
      const auto x = c.input({n, w.in});
      const auto y = c.output({n, w.out});
      c.expect_same([&](auto on) { edge_embedding(on.backend, on(x), net(on), on(y)); }, 100);
    }
}

TYPED_TEST(EdgeEmbedding, Backward) {
  for (const Widths& w : kWidths)
    for (int n : kEdges) {
      DeviceCase<TypeParam> c;
      const NetworkOf<TypeParam> net(c, w);
      const auto x = c.input({n, w.in}), dy = c.input({n, w.out});
      const auto dfirst = c.sum({w.hidden, w.in}), dlast = c.sum({w.out, w.hidden});
      const auto dfirst_bias = c.sum({w.hidden}), dlast_bias = c.sum({w.out});
      c.expect_same(
          [&](auto on) {
            edge_embedding_backward(on.backend, on(x), net(on), on(dy),
                                    {on(dfirst), on(dfirst_bias), on(dlast), on(dlast_bias)});
          },
          200);
    }
}

// more lots than blocks
TYPED_TEST(EdgeEmbedding, BackwardOfManyEdges) {
  const int n = 33000;
  DeviceCase<TypeParam> c;
  const NetworkOf<TypeParam> net(c, {3, 2, 4});
  const auto x = c.input({n, 3}), dy = c.input({n, 4});
  const auto dfirst = c.sum({2, 3}), dlast = c.sum({4, 2});
  const auto dfirst_bias = c.sum({2}), dlast_bias = c.sum({4});
  c.expect_same(
      [&](auto on) {
        edge_embedding_backward(on.backend, on(x), net(on), on(dy),
                                {on(dfirst), on(dfirst_bias), on(dlast), on(dlast_bias)});
      },
      2000);
}

TYPED_TEST(EdgeEmbedding, OfLabelledPoints) {
  for (int n : {1, 7, 33})
    for (int n_edges : {0, 1, 300}) {
      DeviceCase<TypeParam> c;
      const NetworkOf<TypeParam> net(c, {kLabelledInputs, 12, 12});
      const auto g = c.graph(random_graph(n, n, n_edges, 3));
      const auto x = c.input({n, 3}, 4);
      const auto label = c.index({n}, 20);
      const auto y = c.output({n_edges, 12});
      c.expect_same(
          [&](auto on) {
            using T = typename decltype(on)::scalar;
            embed_labelled_edges<T>(on.backend, on(g), {on(x), on(label), T(0.0625), T(14)}, net(on), on(y));
          },
          200);
    }
}

}  // namespace
}  // namespace regrain::kernels
