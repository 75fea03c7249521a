// covers kernels/cuda/arithmetic.cu
#include "kernels/arithmetic.hpp"

#include "tests/simt/device_case.hpp"

namespace regrain::kernels {
namespace {

using namespace regrain::test;

template <class T>
struct ArithmeticOnDevice : ::testing::Test {};
TYPED_TEST_SUITE(ArithmeticOnDevice, Scalars);

TYPED_TEST(ArithmeticOnDevice, AddAndScale) {
  for (int n : {0, 1, 31, 32, 33, 300}) {
    DeviceCase<TypeParam> c;
    const auto x = c.input({n}), y = c.input({n});
    const auto sum = c.output({n}), multiple = c.output({n});
    c.expect_same([&](auto on) {
      add(on.backend, on(x), on(y), on(sum));
      scale(on.backend, typename decltype(on)::scalar(0.75), on(x), on(multiple));
    });
  }
}

TYPED_TEST(ArithmeticOnDevice, Columns) {
  for (int n : {0, 1, 31, 33})
    for (int f : {0, 1, 12, 33}) {
      DeviceCase<TypeParam> c;
      const auto x = c.input({n, f}), z = c.input({n, f + 3});
      const auto into = c.sum({n, f + 3}), dx = c.sum({n, f});
      c.expect_same([&](auto on) {
        put_columns(on.backend, on(x), 2, on(into));
        add_columns(on.backend, on(z), 3, on(dx));
      });
    }
}

}  // namespace
}  // namespace regrain::kernels
