// covers kernels/cuda/reduce.cu
#include "kernels/reduce.hpp"

#include "tests/simt/device_case.hpp"

namespace regrain::kernels {
namespace {

using namespace regrain::test;

template <class T>
struct ReduceOnDevice : ::testing::Test {};
TYPED_TEST_SUITE(ReduceOnDevice, Scalars);

TYPED_TEST(ReduceOnDevice, AddColumnSums) {
  for (int n : {0, 1, 31, 32, 33, 600})
    for (int f : {1, 32, 33}) {
      DeviceCase<TypeParam> c;
      const auto x = c.input({n, f + 2});
      const auto y = c.sum({f});
      c.expect_same([&](auto on) { add_column_sums(on.backend, on(x), 1, on(y)); });
    }
}

TYPED_TEST(ReduceOnDevice, Dot) {
  for (int n : {0, 1, 31, 32, 33, 40000}) {
    DeviceCase<TypeParam> c;
    const auto x = c.input({n}), y = c.input({n});
    const auto sum = c.output({1});
    c.expect_same([&](auto on) { dot(on.backend, on(x), on(y), on(sum).data()); });
  }
}

TYPED_TEST(ReduceOnDevice, Axpy) {
  for (int n : kWarpSizes) {
    DeviceCase<TypeParam> c;
    const auto scale = c.input({1}), x = c.input({n});
    const auto y = c.sum({n});
    c.expect_same([&](auto on) { axpy(on.backend, on(scale).data(), on(x), on(y)); });
  }
  for (int n : kWarpSizes) {
    DeviceCase<TypeParam> c;
    const auto x = c.input({n});
    const auto y = c.sum({n});
    c.expect_same([&](auto on) { axpy(on.backend, typename decltype(on)::scalar(0.5), on(x), on(y)); });
  }
}

}  // namespace
}  // namespace regrain::kernels
