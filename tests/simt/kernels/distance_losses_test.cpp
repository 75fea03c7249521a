// covers kernels/cuda/distance_losses.cu
#include "kernels/distance_losses.hpp"

#include "tests/simt/device_case.hpp"

namespace regrain::kernels {
namespace {

using namespace regrain::test;

template <class T>
struct DistanceLosses : ::testing::Test {};
TYPED_TEST_SUITE(DistanceLosses, Scalars);

// every third atom has no partners of higher numbers, but for those without any
Graph pairs_among(int n) {
  std::vector<std::pair<int, int>> pairs;
  for (int i = 0; i < n; ++i)
    for (int k = 1; k <= i % 3 * 4; ++k)
      if (i + 2 * k < n) pairs.emplace_back(i, i + 2 * k);
  return make_graph(n, n, both_directions(pairs));
}

constexpr double kEpsilon = 1e-7, kNearest = 1.5;

TYPED_TEST(DistanceLosses, MeanSquaredDisplacement) {
  for (int n : kWarpSizes) {
    DeviceCase<TypeParam> c;
    const auto xyz = c.input({n, 3}), target = c.input({n, 3}), dloss = c.input({1});
    const auto loss = c.output({1}), dxyz = c.sum({n, 3});
    c.expect_same([&](auto on) {
      mean_squared_displacement(on.backend, on(xyz), on(target), on(loss).data());
      mean_squared_displacement_backward(on.backend, on(xyz), on(target), on(dloss).data(), on(dxyz));
    });
  }
}

TYPED_TEST(DistanceLosses, EdgeLengths) {
  for (int n : kWarpSizes) {
    DeviceCase<TypeParam> c;
    const auto pairs = c.graph(pairs_among(n));
    const auto xyz = c.input({n, 3}), target = c.input({n, 3}), dloss = c.input({1});
    const auto loss = c.output({1}), dxyz = c.sum({n, 3});
    c.expect_same([&](auto on) {
      using S = typename decltype(on)::scalar;
      edge_length_loss<S>(on.backend, on(pairs), on(xyz), on(target), S(kEpsilon), on(loss).data());
      edge_length_loss_backward<S>(on.backend, on(pairs), on(xyz), on(target), S(kEpsilon), on(dloss).data(), on(dxyz));
    });
  }
}

TYPED_TEST(DistanceLosses, Clashes) {
  for (int n : kWarpSizes) {
    DeviceCase<TypeParam> c;
    const auto pairs = c.graph(pairs_among(n));
    const auto xyz = c.input({n, 3}), dloss = c.input({1});
    const auto loss = c.output({1}), dxyz = c.sum({n, 3});
    c.expect_same([&](auto on) {
      using S = typename decltype(on)::scalar;
      clash_loss<S>(on.backend, on(pairs), on(xyz), S(kNearest), S(kEpsilon), on(loss).data());
      clash_loss_backward<S>(on.backend, on(pairs), on(xyz), S(kNearest), S(kEpsilon), on(dloss).data(), on(dxyz));
    });
  }
}

}  // namespace
}  // namespace regrain::kernels
