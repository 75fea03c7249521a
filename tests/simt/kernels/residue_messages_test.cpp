// covers kernels/cuda/residue_messages.cu
#include "tests/simt/kernels/residue_messages_case.hpp"

namespace regrain::kernels {
namespace {

using namespace regrain::test;

template <class T>
struct ResidueMessagesOnDevice : ::testing::Test {};
TYPED_TEST_SUITE(ResidueMessagesOnDevice, Scalars);

// `slopes`: with their sums
template <class T>
void expect_messages(const ResidueSizes& k, const Graph& graph, bool slopes, int room = 0, bool tensor_cores = false) {
  SCOPED_TRACE(concat(k.n, " residues, ", k.n_edges, " edges, ", k.h, " channels"));
  DeviceCase<T> c;
  c.tensor_cores = tensor_cores;
  const ResidueMessagesCase<T> m(c, k, graph, room);
  const auto y = c.output({k.n, k.h});
  const auto slope = c.sum({k.n, k.h});  // stays what it is where nobody asks for it
  c.expect_same(
      [&](auto on) {
        using S = typename decltype(on)::scalar;
        residue_messages<S>(on.backend, on(m.g), m.geometry(on), m.in(on), on(y), slopes ? on(slope) : View<S, 2>());
      },
      300);
}

TYPED_TEST(ResidueMessagesOnDevice, Forward) {
  for (const ResidueSizes& k : kResidueSizes)
    for (bool slopes : {true, false}) expect_messages<TypeParam>(k, ResidueMessagesCase<TypeParam>::graph_of(k), slopes);
}

// as near to the truth as by multiply-adds
TEST(ResidueMessagesByTensorCores, Forward) {
  for (const ResidueSizes& k : kResidueSizes)
    for (bool slopes : {true, false}) expect_messages<float>(k, ResidueMessagesCase<float>::graph_of(k), slopes, 0, true);
}

TYPED_TEST(ResidueMessagesOnDevice, RoomBehindTheLastEdge) {
  const ResidueSizes k{9, 40, 32};
  expect_messages<TypeParam>(k, ResidueMessagesCase<TypeParam>::graph_of(k), true, 70);
}

// warps take residues in turn
TYPED_TEST(ResidueMessagesOnDevice, MoreResiduesThanWarps) {
  const ResidueSizes k{8200, 400, 16};
  expect_messages<TypeParam>(k, ResidueMessagesCase<TypeParam>::graph_of(k), false);
}

}  // namespace
}  // namespace regrain::kernels
