// covers kernels/cuda/invariants.cu
#include "kernels/invariants.hpp"

#include "tests/simt/device_case.hpp"

namespace regrain::kernels {
namespace {

using namespace regrain::test;

template <class T>
struct InvariantsOnDevice : ::testing::Test {};
TYPED_TEST_SUITE(InvariantsOnDevice, Scalars);

TYPED_TEST(InvariantsOnDevice, Features) {
  for (int n : kWarpSizes)
    for (int level : {0, 1, 2, 3})
      for (Handedness hand : {Handedness::keep, Handedness::drop}) {
        DeviceCase<TypeParam> c;
        const auto x = c.input({n, feature_width(level)});
        const auto y = c.output({n, invariant_width(level)});
        c.expect_same([&](auto on) { invariant_features(on.backend, level, hand, on(x), on(y)); });
      }
}

TYPED_TEST(InvariantsOnDevice, Backward) {
  for (int n : kWarpSizes)
    for (int level : {0, 1, 2, 3})
      for (Handedness hand : {Handedness::keep, Handedness::drop}) {
        DeviceCase<TypeParam> c;
        const auto x = c.input({n, feature_width(level)});
        const auto dy = c.input({n, invariant_width(level)});
        const auto dx = c.sum({n, feature_width(level)});
        c.expect_same(
            [&](auto on) { invariant_features_backward(on.backend, level, hand, on(x), on(dy), on(dx)); });
      }
}

}  // namespace
}  // namespace regrain::kernels
