// covers kernels/cuda/edge_filter_sparse.cu
#include "tests/simt/kernels/filter_case.hpp"

namespace regrain::kernels {
namespace {

using namespace regrain::test;

template <class T>
struct EdgeFilterSparse : ::testing::Test {
  void SetUp() override { REGRAIN_NEEDS_DEVICE(); }
};
TYPED_TEST_SUITE(EdgeFilterSparse, Scalars);

struct Case {
  int n_dst, n_src, n_edges, n_rbf, f;
  GateLayout layout;
};
// no nodes, no edges, single ones; nodes with more edges than are staged at once; nodes with none; channels
// below, at and beyond a tile, in whole quads and not; one gate, three, and more than a block takes; few and
// many radial functions
const Case kCases[] = {
    {0, 0, 0, 4, 8, kScalarGate},
    {1, 1, 0, 4, 8, kEquivariantGates},
    {3, 2, 1, 1, 1, kPseudoGates},
    {5, 4, 90, 6, 36, kPseudoGates},
    {3, 40, 130, 18, 33, kEquivariantGates},
    {40, 3, 130, 18, 32, kEquivariantGates},
    {20, 20, 37, 7, 5, PseudoGates::of(0b000101111, false).layout},
    {7, 6, 60, 3, 68, kScalarGate},
};

template <class T>
FilterGraphs<T> graphs(const Case& k) {
  // a quarter of the edges or so is beyond the cutoff
  return {random_graph(k.n_dst, k.n_src, k.n_edges, 3), 11., k.n_rbf, {}, k.layout, FilterForm::sparse};
}

TYPED_TEST(EdgeFilterSparse, Forward) {
  for (const Case& k : kCases) {
    SCOPED_TRACE(k.n_edges);
    expect_same_filter<TypeParam>(graphs<TypeParam>(k), k.layout, k.f);
  }
}

TYPED_TEST(EdgeFilterSparse, Backward) {
  for (const Case& k : kCases) {
    SCOPED_TRACE(k.n_edges);
    expect_same_filter_backward<TypeParam>(graphs<TypeParam>(k), k.layout, k.f);
  }
}

TYPED_TEST(EdgeFilterSparse, BackwardOfWhatIsWanted) {
  const Case k{5, 4, 90, 6, 12, kEquivariantGates};
  for (int wanted = 0; wanted < 4; ++wanted)
    expect_same_filter_backward<TypeParam>(graphs<TypeParam>(k), k.layout, k.f, wanted & 1, wanted & 2);
}

// by tensor cores: as near to the truth as by multiply-adds
struct EdgeFilterByTensorCores : EdgeFilterSparse<float> {};
TEST_F(EdgeFilterByTensorCores, BothWays) {
  for (const Case& k : kCases) {
    SCOPED_TRACE(k.n_edges);
    expect_same_filter<float>(graphs<float>(k), k.layout, k.f, true);
    expect_same_filter_backward<float>(graphs<float>(k), k.layout, k.f, true, true, true);
  }
  const Case some{5, 4, 90, 6, 12, kEquivariantGates};
  for (int wanted = 1; wanted < 3; ++wanted)
    expect_same_filter_backward<float>(graphs<float>(some), some.layout, some.f, wanted & 1, wanted & 2, true);
  const Case most{2, 2, 3, kMaxRadialTerms - 1, 4, kEquivariantGates};
  expect_same_filter<float>(graphs<float>(most), most.layout, most.f, true);
  expect_same_filter_backward<float>(graphs<float>(most), most.layout, most.f, true, true, true);
}

// many senders, so that a block does several and partial tables are many
TYPED_TEST(EdgeFilterSparse, ManyNodes) {
  const Case k{700, 700, 1500, 2, 4, kScalarGate};
  expect_same_filter<TypeParam>(graphs<TypeParam>(k), k.layout, k.f);
  expect_same_filter_backward<TypeParam>(graphs<TypeParam>(k), k.layout, k.f);
}

// the most shared memory a block asks for
TYPED_TEST(EdgeFilterSparse, MostRadialFunctions) {
  const Case k{2, 2, 3, kMaxRadialTerms - 1, 4, kEquivariantGates};
  expect_same_filter<TypeParam>(graphs<TypeParam>(k), k.layout, k.f);
  expect_same_filter_backward<TypeParam>(graphs<TypeParam>(k), k.layout, k.f);
}

}  // namespace
}  // namespace regrain::kernels
