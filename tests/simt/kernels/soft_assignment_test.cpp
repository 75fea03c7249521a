// covers kernels/cuda/soft_assignment.cu
#include "kernels/soft_assignment.hpp"

#include "tests/simt/device_case.hpp"

namespace regrain::kernels {
namespace {

using namespace regrain::test;

template <class T>
struct SoftAssignment : ::testing::Test {};
TYPED_TEST_SUITE(SoftAssignment, Scalars);

// no tolerance: noise is the same on every backend
TYPED_TEST(SoftAssignment, FillGumbelHasTheBitsOfTheCpu) {
  for (int n : {0, 1, 31, 32, 33, 5000}) {
    DeviceCase<TypeParam> c;
    const Rng rng{.seed = 7, .step = 3, .op = 2, .sample = 1};
    Tensor<TypeParam> expected({n});
    fill_gumbel<TypeParam>(Cpu{nullptr, 1}, rng, expected);
    const auto noise = c.output({n});
    c.expect_same(
        [&](auto on) {
          if constexpr (on.is_cuda)
            fill_gumbel(on.backend, rng, on(noise));
          else
            std::copy(expected.begin(), expected.end(), on(noise).begin());
        },
        0);
  }
}

// atoms, beads
const std::pair<int, int> kSizes[] = {{0, 3}, {1, 1}, {1, 33}, {7, 31}, {9, 32}, {33, 5}, {70, 100}};

// positive numbers about 1
Tensor<double> positive(int a, int b) {
  Tensor<double> m = random({a, b}, 4);
  for (double& x : m) x = std::exp(x);
  return m;
}

TYPED_TEST(SoftAssignment, GumbelSoftmax) {
  for (const auto& [a, b] : kSizes) {
    DeviceCase<TypeParam> c;
    const auto logit = c.input({a, b}), noise = c.input({a, b});
    const auto m = c.output({a, b});
    c.expect_same([&](auto on) {
      gumbel_softmax(on.backend, on(logit), on(noise), typename decltype(on)::scalar(0.5), on(m));
    });
  }
}

TYPED_TEST(SoftAssignment, GumbelSoftmaxBackward) {
  for (const auto& [a, b] : kSizes) {
    DeviceCase<TypeParam> c;
    const auto m = c.input({a, b}, positive(a, b)), dm = c.input({a, b});
    const auto dlogit = c.sum({a, b});
    c.expect_same([&](auto on) {
      gumbel_softmax_backward(on.backend, on(m), typename decltype(on)::scalar(0.5), on(dm), on(dlogit));
    });
  }
}

TYPED_TEST(SoftAssignment, NormalizeColumns) {
  for (const auto& [a, b] : kSizes) {
    DeviceCase<TypeParam> c;
    const auto m = c.input({a, b}, positive(a, b));
    const auto y = c.output({a, b}), sum = c.output({b});
    c.expect_same([&](auto on) { normalize_columns(on.backend, on(m), on(y), on(sum)); });
  }
}

TYPED_TEST(SoftAssignment, NormalizeColumnsBackward) {
  for (const auto& [a, b] : kSizes) {
    DeviceCase<TypeParam> c;
    const auto y = c.input({a, b}, positive(a, b)), dy = c.input({a, b});
    Tensor<double> sums = random({b}, 3);
    for (double& x : sums) x = 1 + x * x;
    const auto sum = c.input({b}, sums);
    const auto dm = c.sum({a, b});
    c.expect_same([&](auto on) { normalize_columns_backward(on.backend, on(y), on(sum), on(dy), on(dm)); });
  }
}

}  // namespace
}  // namespace regrain::kernels
