#include "autodiff/schedules.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "autodiff/adam.hpp"

namespace regrain {
namespace {

TEST(Lowess, ReproducesAStraightLine) {
  std::vector<double> y;
  for (int i = 0; i < 40; ++i) y.push_back(3 - 0.5 * i);
  const auto fit = lowess(y);
  for (std::size_t i = 0; i < y.size(); ++i) EXPECT_NEAR(fit[i], y[i], 1e-9);
}

TEST(Lowess, IgnoresOneOutlier) {
  std::vector<double> y(50);
  for (std::size_t i = 0; i < y.size(); ++i) y[i] = 1 + 0.01 * std::sin(7.0 * static_cast<double>(i));
  y[49] = 30;
  EXPECT_LT(lowess(y, 0.5)[48], 1.5);
  EXPECT_GT(lowess(y, 0.5, 0)[48], 1.5);  // without the robust rounds it doesn't
}

TEST(Lowess, ShortSeriesFitThemselves) {
  EXPECT_TRUE(lowess({}).empty());
  for (int n : {1, 2, 5, 9}) {
    const std::vector<double> y(static_cast<std::size_t>(n), 2.5);
    EXPECT_EQ(lowess(y), y);
  }
}

TEST(PlateauSchedule, LowersAfterPatienceAndRestores) {
  PlateauSchedule s({.learning_rate = 1, .factor = 0.5, .threshold = 0.01, .min_learning_rate = 0.2, .patience = 2});
  EXPECT_FALSE(s.observe(10));
  EXPECT_FALSE(s.observe(9.95));  // not better by 1 %
  EXPECT_FALSE(s.observe(9.95));
  PlateauSchedule copy({.learning_rate = 1, .factor = 0.5, .threshold = 0.01, .min_learning_rate = 0.2, .patience = 2});
  copy.restore(s.state());
  EXPECT_TRUE(s.observe(9.95));
  EXPECT_TRUE(copy.observe(9.95));
  EXPECT_EQ(s.learning_rate(), 0.5);
  EXPECT_FALSE(s.observe(5));
  for (int i = 0; i < 12; ++i) s.observe(5);
  EXPECT_EQ(s.learning_rate(), 0.2);
}

TEST(EarlyStopping, CountsEpochsWithoutProgress) {
  EarlyStopping stop(3, 0);
  EXPECT_FALSE(stop.observe(1));
  EXPECT_FALSE(stop.observe(1));
  EXPECT_FALSE(stop.observe(1.1));
  EXPECT_FALSE(stop.observe(0.9));
  EXPECT_FALSE(stop.observe(0.9));
  EXPECT_FALSE(stop.observe(0.9));
  EXPECT_TRUE(stop.observe(0.9));
}

TEST(Ramp, IsLinearThenFlat) {
  const Ramp r{1, 3, 4};
  EXPECT_EQ(r.at(0), 1);
  EXPECT_EQ(r.at(1), 1.5);
  EXPECT_EQ(r.at(4), 3);
  EXPECT_EQ(r.at(400), 3);
  EXPECT_EQ((Ramp{0, 7, 0}.at(0)), 7);
}

TEST(HalfCosine, FallsFromOneToZeroAndStaysThere) {
  EXPECT_EQ(half_cosine(0, 10), 1);
  EXPECT_NEAR(half_cosine(5, 10), 0.5, 1e-12);
  EXPECT_NEAR(half_cosine(9, 10), 0.5 * (1 + std::cos(0.9 * 3.141592653589793)), 1e-12);
  EXPECT_EQ(half_cosine(10, 10), 0);
  EXPECT_EQ(half_cosine(1000, 10), 0);
  EXPECT_EQ(half_cosine(0, 0), 0);
}

TEST(Adam, DecayIsAShareOfTheParameterTimesTheLearningRate) {
  ParameterSet<double> set;
  auto* p = set.add("p", {2});
  set.allocate();
  p->value[0] = 4;
  p->value[1] = -2;
  Context context(1);
  Adam<double> adam(set, {.weight_decay = 0.5});
  adam.step(context, set, 0.1);  // no gradient: decay alone
  EXPECT_NEAR(p->value[0], 4 * 0.95, 1e-14);
  EXPECT_NEAR(p->value[1], -2 * 0.95, 1e-14);
  EXPECT_EQ(adam.first_moment()[0], 0);
}

TEST(Adam, FirstStepIsTheLearningRateAndClippingActsOnTheNorm) {
  ParameterSet<double> set;
  auto* p = set.add("p", {3});
  set.allocate();
  for (int i = 0; i < 3; ++i) p->grad[i] = i == 1 ? -30 : 40;
  Context context(1);
  Adam<double> adam(set, {.clip_norm = 1});
  EXPECT_NEAR(adam.step(context, set, 0.1), std::sqrt(1600 + 900 + 1600), 1e-12);
  EXPECT_NEAR(p->value[0], -0.1, 1e-6);
  EXPECT_NEAR(p->value[1], 0.1, 1e-6);
  EXPECT_NEAR(adam.first_moment()[0], 0.1 * 40 / std::sqrt(4100), 1e-6);
  EXPECT_EQ(adam.steps(), 1);
  // what has no gradient doesn't move
  ParameterSet<double> still;
  auto* q = still.add("q", {2});
  still.allocate();
  Adam<double> other(still, {});
  other.step(context, still, 0.1);
  EXPECT_EQ(q->value[0], 0);
}

}  // namespace
}  // namespace regrain
