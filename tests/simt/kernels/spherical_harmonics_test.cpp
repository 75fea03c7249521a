// covers kernels/cuda/spherical_harmonics.cu
#include "kernels/spherical_harmonics.hpp"

#include "tests/simt/device_case.hpp"

namespace regrain::kernels {
namespace {

using namespace regrain::test;

template <class T>
struct Harmonics : ::testing::Test {};
TYPED_TEST_SUITE(Harmonics, Scalars);

TYPED_TEST(Harmonics, OfEveryEdge) {
  for (int n : {0, 1, 31, 32, 33, 300}) {
    DeviceCase<TypeParam> c;
    Tensor<double> vectors = random({n, 3}, 4);
    for (int k = 0; n > 5 && k < 3; ++k) vectors[static_cast<std::size_t>(15 + k)] = 0;  // no direction
    const auto r = c.input({n, 3}, vectors);
    const auto y = c.output({n, kHarmonics});
    c.expect_same([&](auto on) { spherical_harmonics(on.backend, on(r), on(y)); });
  }
}

}  // namespace
}  // namespace regrain::kernels
