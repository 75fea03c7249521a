#include "kernels/exponential.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace regrain::test {
namespace {

using kernels::exponential;

// units in the last place between the two
template <class T>
double ulps(T got, T want) {
  return std::abs(double(got) - double(want)) / (double(want) * double(std::numeric_limits<T>::epsilon()));
}

template <class T>
double worst(T from, T to) {
  double most = 0;
  constexpr int kSteps = 200000;
  for (int i = 0; i <= kSteps; ++i) {
    const T x = from + (to - from) * static_cast<T>(i) / kSteps;
    most = std::max(most, ulps<T>(exponential(x), static_cast<T>(std::exp(static_cast<long double>(x)))));
  }
  return most;
}

TEST(Exponential, WithinTwoUnitsOfTheLastPlace) {
  EXPECT_LE(worst<float>(-87, 88), 2);
  EXPECT_LE(worst<float>(-1, 1), 2);
  EXPECT_LE(worst<double>(-708, 709), 2);
  EXPECT_LE(worst<double>(-1, 1), 2);
  EXPECT_EQ(exponential(0.f), 1.f);
  EXPECT_EQ(exponential(0.), 1.);
}

TEST(Exponential, EndsOfItsRangeAndNan) {
  for (float x : {-1e30f, -100.f, -std::numeric_limits<float>::infinity()}) {
    EXPECT_GE(exponential(x), 0.f);
    EXPECT_LT(exponential(x), 1.2e-38f);
  }
  EXPECT_GT(exponential(1e30f), 2e38f);
  EXPECT_TRUE(std::isnan(exponential(std::numeric_limits<float>::quiet_NaN())));
  EXPECT_TRUE(std::isnan(exponential(std::numeric_limits<double>::quiet_NaN())));
}

// a vector of a loop gives what a single call gives
TEST(Exponential, SameBitsInALoop) {
  std::vector<float> x(1003), y(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = 0.05f * static_cast<float>(i) - 25;
#pragma omp simd
  for (std::size_t i = 0; i < x.size(); ++i) y[i] = exponential(x[i]);
  for (std::size_t i = 0; i < x.size(); ++i) {
    volatile float alone = x[i];
    EXPECT_EQ(y[i], exponential(float(alone)));
  }
}

}  // namespace
}  // namespace regrain::test
