// covers kernels/cuda/soft_assignment.cu
#include "kernels/soft_assignment.hpp"

#include "tests/simt/device_case.hpp"

namespace regrain::kernels {
namespace {

using namespace regrain::test;

template <class T>
struct SoftAssignment : ::testing::Test {};
TYPED_TEST_SUITE(SoftAssignment, Scalars);

const int kBeads[] = {1, 10, 31, 32, 33, 70};

// positive numbers
Tensor<double> weights(int n, int b, std::uint64_t seed) {
  Tensor<double> x = random({n, b}, seed);
  for (double& v : x) v = 0.01 + v * v;
  return x;
}

TYPED_TEST(SoftAssignment, GumbelSoftmax) {
  for (int n : kWarpSizes)
    for (int b : kBeads)
      for (double temperature : {0.25, 2.0}) {
        DeviceCase<TypeParam> c;
        const auto logit = c.input({n, b}), noise = c.input({n, b});
        const auto m = c.output({n, b});
        c.expect_same([&](auto on) {
          gumbel_softmax(on.backend, on(logit), on(noise), typename decltype(on)::scalar(temperature), on(m));
        }, 64);
      }
}

TYPED_TEST(SoftAssignment, GumbelSoftmaxBackward) {
  for (int n : kWarpSizes)
    for (int b : kBeads) {
      DeviceCase<TypeParam> c;
      const auto m = c.input({n, b}, weights(n, b, 1));
      const auto dm = c.input({n, b});
      const auto dlogit = c.sum({n, b});
      c.expect_same([&](auto on) {
        gumbel_softmax_backward(on.backend, on(m), typename decltype(on)::scalar(0.5), on(dm), on(dlogit));
      });
    }
}

TYPED_TEST(SoftAssignment, NormalizeColumns) {
  for (int n : kWarpSizes)
    for (int b : kBeads) {
      DeviceCase<TypeParam> c;
      const auto m = c.input({n, b}, weights(n, b, 1));
      const auto y = c.output({n, b});
      const auto sum = c.output({b});
      c.expect_same([&](auto on) { normalize_columns(on.backend, on(m), on(y), on(sum)); });
    }
}

// a bead no atom wants
TYPED_TEST(SoftAssignment, AnEmptyColumnStaysFinite) {
  DeviceCase<TypeParam> c;
  const auto m = c.input({40, 2}, Tensor<double>({40, 2}));
  const auto y = c.output({40, 2});
  const auto sum = c.output({2});
  c.expect_same([&](auto on) { normalize_columns(on.backend, on(m), on(y), on(sum)); });
}

TYPED_TEST(SoftAssignment, NormalizeColumnsBackward) {
  for (int n : kWarpSizes)
    for (int b : kBeads) {
      DeviceCase<TypeParam> c;
      // of a column that is normalised: its entries sum to some 1
      Tensor<double> values = weights(n, b, 1), sums({b});
      for (double& x : values) x /= n;
      for (int k = 0; k < b; ++k) sums[static_cast<std::size_t>(k)] = 1 + k % 3;
      const auto y = c.input({n, b}, std::move(values));
      const auto sum = c.input({b}, std::move(sums));
      const auto dy = c.input({n, b});
      const auto dm = c.sum({n, b});
      c.expect_same([&](auto on) { normalize_columns_backward(on.backend, on(y), on(sum), on(dy), on(dm)); });
    }
}

}  // namespace
}  // namespace regrain::kernels
