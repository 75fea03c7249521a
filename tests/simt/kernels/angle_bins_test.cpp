// covers kernels/cuda/angle_bins.cu
#include "kernels/angle_bins.hpp"

#include "tests/simt/device_case.hpp"

namespace regrain::kernels {
namespace {

using namespace regrain::test;

template <class T>
struct AngleBinsOnDevice : ::testing::Test {};
TYPED_TEST_SUITE(AngleBinsOnDevice, Scalars);

constexpr int kBins[] = {1, 32, 33, kMaxAngleBins};

template <class T>
void expect_loss(int n, int bins) {
  DeviceCase<T> c;
  const auto logits = c.input({n, bins}, 3.0);
  const auto angle = c.input({n}, 2.0);
  const auto symmetry = c.index({n}, 4);
  const auto loss = c.output({1});
  c.expect_same([&](auto on) { angle_bins_loss(on.backend, on(logits), on(angle), on(symmetry), on(loss).data()); }, 400);
}

TYPED_TEST(AngleBinsOnDevice, Loss) {
  for (int n : kWarpSizes) expect_loss<TypeParam>(n, 36);
  for (int bins : kBins) expect_loss<TypeParam>(33, bins);
}

// warps take rows in turn
TYPED_TEST(AngleBinsOnDevice, LossOfManyRows) { expect_loss<TypeParam>(2500, 5); }

TYPED_TEST(AngleBinsOnDevice, Backward) {
  for (int n : kWarpSizes)
    for (int bins : kBins) {
      DeviceCase<TypeParam> c;
      const auto dloss = c.input({1});
      const auto logits = c.input({n, bins}, 3.0);
      const auto angle = c.input({n}, 2.0);
      const auto symmetry = c.index({n}, 4);
      const auto dlogits = c.sum({n, bins}, 0.1);
      c.expect_same(
          [&](auto on) {
            angle_bins_loss_backward(on.backend, on(dloss).data(), on(logits), on(angle), on(symmetry), on(dlogits));
          },
          400);
    }
}

}  // namespace
}  // namespace regrain::kernels
