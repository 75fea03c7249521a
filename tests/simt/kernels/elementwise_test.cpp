// covers kernels/cuda/elementwise.cu
#include "kernels/elementwise.hpp"

#include "tests/simt/device_case.hpp"

namespace regrain::kernels {
namespace {

using namespace regrain::test;

template <class T>
struct Elementwise : ::testing::Test {};
TYPED_TEST_SUITE(Elementwise, Scalars);

const int kSizes[] = {0, 1, 31, 32, 33, 1000};

TYPED_TEST(Elementwise, FillAndScale) {
  for (int n : kSizes) {
    DeviceCase<TypeParam> c;
    const auto x = c.input({n});
    const auto y = c.output({n}), z = c.output({n});
    c.expect_same([&](auto on) {
      using T = typename decltype(on)::scalar;
      fill(on.backend, T(1.5), on(y));
      scale(on.backend, T(-0.5), on(x), on(z));
    });
  }
}

TYPED_TEST(Elementwise, Add) {
  for (int n : kSizes) {
    DeviceCase<TypeParam> c;
    const auto x = c.input({n}), y = c.input({n});
    const auto z = c.output({n});
    c.expect_same([&](auto on) { add(on.backend, on(x), on(y), on(z)); });
  }
}

TYPED_TEST(Elementwise, Products) {
  for (int n : kSizes) {
    DeviceCase<TypeParam> c;
    const auto x = c.input({n}), y = c.input({n});
    const auto z = c.output({n});
    const auto more = c.sum({n});
    c.expect_same([&](auto on) {
      multiply(on.backend, on(x), on(y), on(z));
      add_product(on.backend, on(x), on(y), on(more));
    });
  }
}

TYPED_TEST(Elementwise, Excess) {
  for (int n : kSizes) {
    DeviceCase<TypeParam> c;
    const auto x = c.input({n}), dy = c.input({n});
    const auto y = c.output({n});
    const auto dx = c.sum({n});
    c.expect_same([&](auto on) {
      const typename decltype(on)::scalar threshold(0.25);
      excess(on.backend, threshold, on(x), on(y));
      excess_backward(on.backend, threshold, on(x), on(dy), on(dx));
    });
  }
}

}  // namespace
}  // namespace regrain::kernels
