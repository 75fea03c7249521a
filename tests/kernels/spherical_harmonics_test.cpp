#include "kernels/spherical_harmonics.hpp"

#include <gtest/gtest.h>

#include "engine/context.hpp"
#include "tests/support/random.hpp"

namespace regrain::test {
namespace {

Tensor<double> harmonics(const Tensor<double>& r_E3) {
  Tensor<double> y({r_E3.dim(0), 9});
  Context context(1);
  context.visit([&](auto be) { kernels::spherical_harmonics<double>(be, r_E3, y); });
  return y;
}

TEST(SphericalHarmonics, SquaresOfOneOrderAddUpToItsSize) {
  const Tensor<double> y = harmonics(random({50, 3}));
  for (std::size_t e = 0; e < 50; ++e) {
    double l1 = 0, l2 = 0;
    for (std::size_t m = 1; m < 4; ++m) l1 += y[9 * e + m] * y[9 * e + m];
    for (std::size_t m = 4; m < 9; ++m) l2 += y[9 * e + m] * y[9 * e + m];
    EXPECT_EQ(y[9 * e], 1);
    EXPECT_NEAR(l1, 3, 1e-13);
    EXPECT_NEAR(l2, 5, 1e-13);
  }
}

TEST(SphericalHarmonics, DependOnDirectionAloneAndHaveParity) {
  Tensor<double> r = random({20, 3}, 2), far = r, back = r;
  for (double& v : far) v *= 7;
  for (double& v : back) v = -v;
  const Tensor<double> y = harmonics(r), y_far = harmonics(far), y_back = harmonics(back);
  for (std::size_t i = 0; i < y.size(); ++i) {
    EXPECT_NEAR(y[i], y_far[i], 1e-14);
    const bool odd = i % 9 >= 1 && i % 9 <= 3;
    EXPECT_NEAR(y[i], odd ? -y_back[i] : y_back[i], 1e-14);
  }
}

// addition theorem: sum over m of Y_m(a) Y_m(b) = (2l + 1) P_l(cos), which fixes them up to a rotation
TEST(SphericalHarmonics, ObeyTheAdditionTheorem) {
  const Tensor<double> r = random({2, 3}, 3), y = harmonics(r);
  double ab = 0, aa = 0, bb = 0, l1 = 0, l2 = 0;
  for (std::size_t k = 0; k < 3; ++k) ab += r[k] * r[3 + k], aa += r[k] * r[k], bb += r[3 + k] * r[3 + k];
  const double cosine = ab / std::sqrt(aa * bb);
  for (std::size_t m = 1; m < 4; ++m) l1 += y[m] * y[9 + m];
  for (std::size_t m = 4; m < 9; ++m) l2 += y[m] * y[9 + m];
  EXPECT_NEAR(l1, 3 * cosine, 1e-13);
  EXPECT_NEAR(l2, 5 * (1.5 * cosine * cosine - 0.5), 1e-13);
}

TEST(SphericalHarmonics, OfTheZeroVectorKeepOnlyTheConstant) {
  const Tensor<double> y = harmonics(Tensor<double>({1, 3}));
  EXPECT_EQ(y[0], 1);
  for (std::size_t m = 1; m < 9; ++m) EXPECT_EQ(y[m], 0);
}

}  // namespace
}  // namespace regrain::test
