// covers kernels/cuda/edge_filter.cu
#include "tests/simt/kernels/filter_case.hpp"

namespace regrain::kernels {
namespace {

using namespace regrain::test;

template <class T>
struct EdgeFilterOnDevice : ::testing::Test {
  void SetUp() override { REGRAIN_NEEDS_DEVICE(); }
};
TYPED_TEST_SUITE(EdgeFilterOnDevice, Scalars);

// Crowded frames of the dense form between frames with few edges, and one with none.
template <class T>
FilterGraphs<T> mixed(const GateLayout& layout) {
  const std::vector<int> offset{0, 8, 20, 28, 28, 31};
  std::vector<Edge> edges;
  for (int begin : {0, 20})
    for (int i = 0; i < 8; ++i)
      for (int j = 0; j < 8; ++j)
        if (i != j) edges.push_back({begin + i, begin + j});
  for (int i = 9; i < 20; ++i) {
    edges.push_back({i, i - 1});
    edges.push_back({8, i});
  }
  FilterGraphs<T> g(make_graph(31, 31, edges), 11., 2, offset, layout, FilterForm::automatic);
  EXPECT_EQ(g.host.form, FilterForm::automatic);
  EXPECT_EQ(g.device.form, FilterForm::automatic);
  return g;
}

TYPED_TEST(EdgeFilterOnDevice, BothFormsInOneBatch) {
  for (const GateLayout& layout : {kScalarGate, kEquivariantGates, kPseudoGates}) {
    const FilterGraphs<TypeParam> g = mixed<TypeParam>(layout);
    for (int f : {4, 7, 33}) {
      expect_same_filter<TypeParam>(g, layout, f);
      expect_same_filter_backward<TypeParam>(g, layout, f);
    }
  }
}

// gates of a layer that leaves some out: blocks of the weight that no gate has are neither read nor written
TYPED_TEST(EdgeFilterOnDevice, BlocksInUse) {
  const GateLayout layout = PseudoGates::of(0b101000110, false).layout;
  const FilterGraphs<TypeParam> g = mixed<TypeParam>(kEquivariantGates);
  expect_same_filter<TypeParam>(g, layout, 6);
  expect_same_filter_backward<TypeParam>(g, layout, 6);
  expect_same_filter_backward<TypeParam>(g, layout, 6, true, false);
}

// a graph made for gates without a direction serves no gate that has one
TYPED_TEST(EdgeFilterOnDevice, DirectionsNobodyKeptAreAnError) {
  const FilterGraphs<TypeParam> g = mixed<TypeParam>(kScalarGate);
  Arena scratch(device::memory());
  const View<const TypeParam, 2> weight(nullptr, {12, 2});
  const View<const TypeParam, 1> bias(nullptr, {12});
  const View<const TypeParam, 3> x(nullptr, {31, kEquivariantGates.n_in(), 4});
  EXPECT_THROW(edge_filter<TypeParam>(Cuda{&scratch, nullptr}, g.device, kEquivariantGates, weight, bias, x,
                                      View<TypeParam, 3>(nullptr, {31, kEquivariantGates.n_out(), 4})),
               Error);
}

}  // namespace
}  // namespace regrain::kernels
