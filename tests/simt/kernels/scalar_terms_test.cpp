// covers kernels/cuda/scalar_terms.cu
#include "kernels/scalar_terms.hpp"

#include "tests/simt/device_case.hpp"

namespace regrain::kernels {
namespace {

using namespace regrain::test;

template <class T>
struct ScalarTermsOnDevice : ::testing::Test {};
TYPED_TEST_SUITE(ScalarTermsOnDevice, Scalars);

TYPED_TEST(ScalarTermsOnDevice, SumAndItsGradient) {
  for (int n : {0, 1, 3, kMostTerms}) {
    DeviceCase<TypeParam> c;
    const auto term = c.input({kMostTerms});
    const auto total = c.output({1});
    const auto dtotal = c.input({1});
    const auto gradient = c.sum({kMostTerms});
    c.expect_same([&](auto on) {
      using T = typename decltype(on)::scalar;
      ScalarTerms<T> terms{.n = n};
      ScalarGradients<T> gradients{.n = n};
      for (int i = 0; i < n; ++i) {
        terms.weight[i] = gradients.weight[i] = T(0.5) * static_cast<T>(i + 1);
        terms.term[i] = on(term).data() + i;
        // the second has none, the last is the first once more
        gradients.gradient[i] = i == 1 ? nullptr : on(gradient).data() + (i == kMostTerms - 1 ? 0 : i);
      }
      sum_terms<T>(on.backend, terms, on(total).data());
      sum_terms_backward<T>(on.backend, gradients, on(dtotal).data());
    });
  }
}

}  // namespace
}  // namespace regrain::kernels
