#include "autodiff/angle_bins.hpp"

#include <numbers>

#include "tests/support/gradient.hpp"

namespace regrain::test {
namespace {

constexpr double kPi = std::numbers::pi;

double loss_of(const Tensor<double>& logits, const std::vector<double>& angles, const std::vector<int>& symmetries) {
  Context context(1);
  Tape<double> tape(context, TapeMode::infer);
  const auto a = Tensor<double>::from(angles);
  const auto p = Tensor<int>::from(symmetries);
  return angle_bins_loss(tape, tape.constant(logits.ref()), View<const double, 1>(a), View<const int, 1>(p)).item();
}

TEST(AngleBinsGradient, MatchesDifferences) {
  for (auto [n, bins] : {std::array{0, 36}, {1, 1}, {1, 36}, {9, 24}}) {
    const Tensor<double> angle = random({n}, 2, 2);
    const Tensor<int> symmetry = random_index(n, 4, 4);
    expect_gradient(
        [&](auto& t, const auto& v) {
          return std::vector{angle_bins_loss(t, v[0], View<const double, 1>(angle), View<const int, 1>(symmetry))};
        },
        {random({n, bins}, 1)});
  }
}

TEST(AngleBins, EqualBinsGiveTheLogOfTheirNumber) {
  EXPECT_NEAR(loss_of(Tensor<double>({2, 36}), {0.3, -2.0}, {1, 2}), std::log(36.0), 1e-12);
  EXPECT_NEAR(loss_of(Tensor<double>({2, 36}), {0.3, -2.0}, {1, 0}), std::log(36.0) / 2, 1e-12);
}

TEST(AngleBins, ATurnIsTheSameWhereTheSymmetrySaysSo) {
  const Tensor<double> logits = random({1, 36}, 5, 3);
  EXPECT_NEAR(loss_of(logits, {0.7}, {2}), loss_of(logits, {0.7 - kPi}, {2}), 1e-12);
  EXPECT_GT(std::abs(loss_of(logits, {0.7}, {1}) - loss_of(logits, {0.7 - kPi}, {1})), 0.1);
  EXPECT_NEAR(loss_of(logits, {0.7}, {3}), loss_of(logits, {0.7 + 2 * kPi / 3}, {3}), 1e-12);
  EXPECT_NEAR(loss_of(logits, {0.7}, {1}), loss_of(logits, {0.7 + 2 * kPi}, {1}), 1e-12);
}

TEST(AngleBins, TheTruthLiesAroundTheAngle) {
  double target[36];
  kernels::angle_target(kernels::bin_centre<double>(7, 36), 1, 36, target);
  double sum = 0;
  for (double t : target) sum += t;
  EXPECT_NEAR(sum, 1, 1e-14);
  EXPECT_EQ(std::max_element(target, target + 36) - target, 7);
  EXPECT_NEAR(target[6], target[8], 1e-14);
}

}  // namespace
}  // namespace regrain::test
