#include "driver/metrics/diversity.hpp"

#include <gtest/gtest.h>

#include "driver/metrics/superposition.hpp"
#include "tests/driver/metrics/peptide.hpp"

namespace regrain::metrics {
namespace {

TEST(Diversity, HandMade) {
  // one atom at 0, 1 and 3 on a line: pairs 1, 3, 2
  const std::vector<Points> samples{{{0, 0, 0}}, {{1, 0, 0}}, {{3, 0, 0}}};
  EXPECT_DOUBLE_EQ(mean_pairwise_rmsd(samples), 2);
  EXPECT_DOUBLE_EQ(energy_score(samples, {{1, 0, 0}}), (1.0 + 0 + 2) / 3 - 1);
  const Spread s = spread(samples, {{1, 0, 0}});
  EXPECT_NEAR(s.variance, (16.0 / 9 + 1.0 / 9 + 25.0 / 9) / 2, 1e-14);
  EXPECT_NEAR(s.squared_error, (1.0 / 9) / (1 + 1.0 / 3), 1e-14);
}

TEST(Diversity, CollapsedSamplesScoreTheirDistance) {
  const Points x{{0, 0, 0}, {1, 0, 0}}, truth{{0, 2, 0}, {1, 2, 0}};
  EXPECT_DOUBLE_EQ(energy_score({x, x, x}, truth), 2);
  EXPECT_DOUBLE_EQ(energy_score({x}, truth), 2);
  EXPECT_DOUBLE_EQ(spread({x, x, x}, truth).variance, 0);
  EXPECT_DOUBLE_EQ(mean_pairwise_rmsd({x, x}), 0);
}

TEST(Diversity, OneSampleHasNone) {
  EXPECT_TRUE(std::isnan(mean_pairwise_rmsd({{{0, 0, 0}}})));
  EXPECT_TRUE(std::isnan(mean_pairwise_rmsd({})));
  EXPECT_TRUE(std::isnan(spread({{{0, 0, 0}}}, {{1, 0, 0}}).variance));
}

TEST(Diversity, CalibratedSamplesGiveOneAndWinTheEnergyScore) {
  double variance = 0, error = 0, calibrated = 0, collapsed = 0, wide = 0;
  for (std::uint64_t frame = 0; frame < 300; ++frame) {
    std::vector<Points> samples, narrow, broad;
    const auto draw = [&](std::uint64_t s, double scale) {
      return test::random_points(10, 1000 * frame + s, scale);
    };
    for (std::uint64_t s = 0; s < 4; ++s) {
      samples.push_back(draw(s, 1));
      narrow.push_back(draw(s, 0.1));
      broad.push_back(draw(s, 3));
    }
    const Points truth = draw(99, 1);
    const Spread sum = spread(samples, truth);
    variance += sum.variance;
    error += sum.squared_error;
    calibrated += energy_score(samples, truth);
    collapsed += energy_score(narrow, truth);
    wide += energy_score(broad, truth);
  }
  EXPECT_NEAR(std::sqrt(variance / error), 1, 0.02);
  EXPECT_LT(calibrated, collapsed);
  EXPECT_LT(calibrated, wide);
}

TEST(Diversity, SuperposedPairsForgetWhereTheyLie) {
  const Points x = test::random_points(8, 2, 3);
  const std::vector<Points> copies{x, moved(test::random_motion(1), x), moved(test::random_motion(2), x)};
  EXPECT_NEAR(mean_pairwise_superposed_rmsd(copies), 0, 1e-12);
  EXPECT_GT(mean_pairwise_rmsd(copies), 1);
}

}  // namespace
}  // namespace regrain::metrics
