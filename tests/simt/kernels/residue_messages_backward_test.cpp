// covers kernels/cuda/residue_messages_backward.cu
#include "tests/simt/kernels/residue_messages_case.hpp"

namespace regrain::kernels {
namespace {

using namespace regrain::test;

template <class T>
struct ResidueMessagesBackward : ::testing::Test {};
TYPED_TEST_SUITE(ResidueMessagesBackward, Scalars);

template <class T>
void expect_gradients(const ResidueSizes& k, const Graph& graph, int room = 0, bool tensor_cores = false) {
  SCOPED_TRACE(concat(k.n, " residues, ", k.n_edges, " edges, ", k.h, " channels"));
  DeviceCase<T> c;
  c.tensor_cores = tensor_cores;
  const ResidueMessagesCase<T> m(c, k, graph, room);
  const auto slope = c.input({k.n, k.h}), dy = c.input({k.n, k.h});
  const auto da = c.sum({k.n, k.h}), db = c.sum({k.n, k.h});
  const auto dweight = c.sum({k.h, kEdgeFeatures});
  c.expect_same(
      [&](auto on) {
        using S = typename decltype(on)::scalar;
        residue_messages_backward<S>(on.backend, on(m.g), m.geometry(on), m.in(on), on(slope), on(dy),
                                     {on(da), on(db), on(dweight)});
      },
      500);
}

TYPED_TEST(ResidueMessagesBackward, Gradients) {
  for (const ResidueSizes& k : kResidueSizes) expect_gradients<TypeParam>(k, ResidueMessagesCase<TypeParam>::graph_of(k));
}

TEST(ResidueMessagesByTensorCores, Backward) {
  for (const ResidueSizes& k : kResidueSizes) expect_gradients<float>(k, ResidueMessagesCase<float>::graph_of(k), 0, true);
}

TYPED_TEST(ResidueMessagesBackward, RoomBehindTheLastEdge) {
  const ResidueSizes k{9, 40, 32};
  expect_gradients<TypeParam>(k, ResidueMessagesCase<TypeParam>::graph_of(k), 70);
}

// lots that hold the edges of many senders, and senders of many lots; chunks of more than the fewest senders
TYPED_TEST(ResidueMessagesBackward, OneSenderOfMany) {
  const ResidueSizes k{40, 290, 16};
  std::vector<Edge> edges;
  for (int e = 0; e < 40; ++e) edges.push_back({(e * 7) % 40, e});
  for (int e = 0; e < 250; ++e) edges.push_back({e % 40, 21});
  expect_gradients<TypeParam>(k, make_graph(k.n, k.n, edges));
}

TYPED_TEST(ResidueMessagesBackward, MoreSendersThanChunks) {
  const ResidueSizes k{2600, 300, 16};
  expect_gradients<TypeParam>(k, ResidueMessagesCase<TypeParam>::graph_of(k));
}

}  // namespace
}  // namespace regrain::kernels
