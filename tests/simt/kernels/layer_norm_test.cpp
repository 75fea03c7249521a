// covers kernels/cuda/layer_norm.cu
#include "kernels/layer_norm.hpp"

#include "tests/simt/device_case.hpp"

namespace regrain::kernels {
namespace {

using namespace regrain::test;

template <class T>
struct LayerNormOnDevice : ::testing::Test {};
TYPED_TEST_SUITE(LayerNormOnDevice, Scalars);

TYPED_TEST(LayerNormOnDevice, Forward) {
  for (int n : kWarpSizes)
    for (int f : {1, 31, 32, 33, 128}) {
      DeviceCase<TypeParam> c;
      const auto x = c.input({n, f}, 3.0);
      const auto scale = c.input({f}), shift = c.input({f});
      const auto y = c.output({n, f});
      c.expect_same([&](auto on) { layer_norm(on.backend, on(x), on(scale), on(shift), on(y)); }, 100);
    }
}

TYPED_TEST(LayerNormOnDevice, Backward) {
  for (int n : kWarpSizes)
    for (int f : {1, 31, 32, 33, 128})
      for (bool wanted : {true, false}) {
        DeviceCase<TypeParam> c;
        const auto x = c.input({n, f}), dy = c.input({n, f});
        const auto scale = c.input({f});
        const auto dx = c.sum({n, f});
        const auto dscale = c.sum({f}), dshift = c.sum({f});
        c.expect_same(
            [&](auto on) {
              using S = typename decltype(on)::scalar;
              layer_norm_backward<S>(on.backend, on(x), on(scale), on(dy), wanted ? on(dx) : View<S, 2>(), on(dscale),
                                     on(dshift));
            },
            300);
      }
}

TYPED_TEST(LayerNormOnDevice, BackwardOfManyRows) {
  DeviceCase<TypeParam> c;
  const auto x = c.input({3000, 5}), dy = c.input({3000, 5});
  const auto scale = c.input({5});
  const auto dx = c.sum({3000, 5});
  const auto dscale = c.sum({5}), dshift = c.sum({5});
  c.expect_same(
      [&](auto on) { layer_norm_backward(on.backend, on(x), on(scale), on(dy), on(dx), on(dscale), on(dshift)); }, 1000);
}

}  // namespace
}  // namespace regrain::kernels
