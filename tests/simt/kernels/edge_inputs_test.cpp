// covers kernels/cuda/edge_inputs.cu
#include "kernels/edge_inputs.hpp"

#include "tests/simt/device_case.hpp"
#include "tests/support/graphs.hpp"

namespace regrain::kernels {
namespace {

using namespace regrain::test;

template <class T>
struct EdgeInputs : ::testing::Test {};
TYPED_TEST_SUITE(EdgeInputs, Scalars);

const int kEdges[] = {0, 1, 31, 32, 33, 300};

TYPED_TEST(EdgeInputs, Vectors) {
  for (int n : kEdges) {
    DeviceCase<TypeParam> c;
    const auto g = c.graph(random_graph(7, 9, n, 3));
    const auto to = c.input({7, 3}), from = c.input({9, 3});
    const auto r = c.output({n, 3});
    c.expect_same([&](auto on) { edge_vectors(on.backend, on(g), on(to), on(from), on(r)); });
  }
}

TYPED_TEST(EdgeInputs, Distances) {
  for (int n : kEdges) {
    DeviceCase<TypeParam> c;
    const auto r = c.input({n, 3}, 4);
    const auto out = c.output({n, kDistanceGaussians});
    c.expect_same([&](auto on) {
      using T = typename decltype(on)::scalar;
      distance_inputs(on.backend, on(r), T(14), on(out));
    });
  }
}

TYPED_TEST(EdgeInputs, Labelled) {
  for (int n : kEdges) {
    DeviceCase<TypeParam> c;
    const auto g = c.graph(random_graph(7, 9, n, 3));
    const auto r = c.input({n, 3}, 4);
    const auto to = c.index({7}, 20), from = c.index({9}, 20);
    const auto out = c.output({n, kLabelledInputs});
    c.expect_same([&](auto on) {
      using T = typename decltype(on)::scalar;
      labelled_inputs(on.backend, on(g), on(r), T(14), on(to), on(from), T(0.0625), on(out));
    });
  }
}

}  // namespace
}  // namespace regrain::kernels
