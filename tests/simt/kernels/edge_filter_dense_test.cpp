// covers kernels/cuda/edge_filter_dense.cu
#include "tests/simt/kernels/filter_case.hpp"

namespace regrain::kernels {
namespace {

using namespace regrain::test;

template <class T>
struct EdgeFilterDense : ::testing::Test {
  void SetUp() override { REGRAIN_NEEDS_DEVICE(); }
};
TYPED_TEST_SUITE(EdgeFilterDense, Scalars);

// frames of these sizes, some of their pairs without an edge
template <class T>
FilterGraphs<T> graphs(const std::vector<int>& sizes, int n_rbf, const GateLayout& layout) {
  std::vector<int> offset{0};
  std::vector<Edge> edges;
  for (int n : sizes) {
    const int begin = offset.back();
    for (int i = 0; i < n; ++i)
      for (int j = 0; j < n; ++j)
        if (i != j && (i + j) % 5) edges.push_back({begin + i, begin + j});
    offset.push_back(begin + n);
  }
  return {make_graph(offset.back(), offset.back(), edges), 11., n_rbf, offset, layout, FilterForm::dense};
}

struct Case {
  std::vector<int> sizes;  // of frames
  int n_rbf, f;
  GateLayout layout;
};
// no frame, empty ones, a single node; frames of one size in a row and between others; channels around a tile
const Case kCases[] = {
    {{}, 4, 8, kScalarGate},        {{0, 0}, 4, 8, kScalarGate},
    {{1}, 1, 1, kEquivariantGates}, {{6, 6, 6, 4, 0, 5, 5, 6}, 5, 36, kEquivariantGates},
    {{9, 3}, 3, 33, kPseudoGates},  {{40, 40}, 2, 5, kScalarGate},
};

TYPED_TEST(EdgeFilterDense, Forward) {
  for (const Case& k : kCases) {
    SCOPED_TRACE(k.f);
    expect_same_filter<TypeParam>(graphs<TypeParam>(k.sizes, k.n_rbf, k.layout), k.layout, k.f);
  }
}

TYPED_TEST(EdgeFilterDense, Backward) {
  for (const Case& k : kCases) {
    SCOPED_TRACE(k.f);
    expect_same_filter_backward<TypeParam>(graphs<TypeParam>(k.sizes, k.n_rbf, k.layout), k.layout, k.f);
  }
}

TYPED_TEST(EdgeFilterDense, BackwardOfWhatIsWanted) {
  for (int wanted = 0; wanted < 4; ++wanted)
    expect_same_filter_backward<TypeParam>(graphs<TypeParam>({5, 5, 3}, 4, kEquivariantGates),
                                           kEquivariantGates, 12, wanted & 1, wanted & 2);
}

}  // namespace
}  // namespace regrain::kernels
