// Draws that are alike stand together for what they are: nothing of their probability is lost.
#include "kernels/draw_groups.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "engine/context.hpp"
#include "engine/tensor.hpp"
#include "models/allatom/side_chain_templates.hpp"

namespace regrain::test {
namespace {

using namespace kernels;

constexpr int kBins = 36;
constexpr double kBin = 2 * 3.14159265358979323846 / kBins;

// One residue, the bins of its draws, angles in the middle of bins but for `off`.
struct Case {
  Tensor<int> type{{1}}, bins, count{{1}};
  Tensor<char> moving{{1}};
  Tensor<double> chi, logp, grouped, together, likeliest;

  Case(const char* name, const std::vector<std::array<int, 2>>& drawn, const std::vector<double>& off, const std::vector<double>& likely)
      : bins({1, static_cast<int>(drawn.size())}), chi({1, bins.dim(1), 4}), logp({1, bins.dim(1)}), grouped(chi.shape()), together(logp.shape()),
        likeliest(logp.shape()) {
    type[0] = models::allatom::type_of_residue(name);
    moving[0] = 1;
    for (std::size_t s = 0; s < drawn.size(); ++s) {
      bins[s] = drawn[s][0] | drawn[s][1] << 8;
      for (std::size_t k = 0; k < 2; ++k) chi[4 * s + k] = bin_centre<double>(drawn[s][k], kBins) + off[s];
      logp[s] = likely[s];
    }
  }
  void group(const GroupTakes& takes = {}) {
    Context context(1);
    group_draws<double>(context.host(), models::allatom::side_chain_tables<double>(), type, moving, bins, kBins, chi, logp, takes,
                        {grouped, together, likeliest, count});
  }
};

TEST(DrawGroups, AddUpProbabilitiesAndTakeTheMean) {
  // LEU: an angle of chi 1 moves atoms further than one of chi 2, so its cells are narrower
  Case c("LEU", {{{12, 3}}, {{25, 3}}, {{12, 3}}, {{25, 3}}}, {-0.02, 0, 0.04, 0.03}, {0, -1, 0, -2});
  c.group();
  ASSERT_EQ(c.count[0], 2);
  EXPECT_NEAR(c.grouped[0], bin_centre<double>(12, kBins) + 0.01, 1e-12);
  EXPECT_NEAR(c.together[0], std::log(2.0), 1e-12);
  EXPECT_EQ(c.likeliest[0], 0);
  // weighted by probability
  const double p = std::exp(-1.0), q = std::exp(-2.0);
  EXPECT_NEAR(c.grouped[4], bin_centre<double>(25, kBins) + 0.03 * q / (p + q), 1e-12);
  EXPECT_NEAR(c.together[1], std::log(p + q), 1e-12);
  EXPECT_EQ(c.likeliest[1], -1);
}

// Random draws of a chi are spread evenly and come in order: none of a group may be taken for its place among them.
TEST(DrawGroups, TakeAnyOfTheirDrawsAsLikelyAsItIs) {
  Case c("LEU", {{{12, 3}}, {{25, 3}}, {{12, 3}}, {{12, 3}}}, {-0.02, 0, 0.04, 0.01}, {0, 0, 0, -1});
  const Tensor<int> sets = Tensor<int>::from({0, 1});
  constexpr int n = 4000;
  double taken[4] = {};
  for (std::uint64_t seed = 0; seed < n; ++seed) {
    c.group({true, {.seed = seed}, sets});
    ASSERT_EQ(c.count[0], 2);
    EXPECT_EQ(c.grouped[4], c.chi[4]);
    for (std::size_t s : {0u, 2u, 3u}) taken[s] += c.grouped[0] == c.chi[4 * s];
  }
  const double all = 2 + std::exp(-1.0);
  EXPECT_NEAR(taken[0] / n, 1 / all, 0.03);
  EXPECT_NEAR(taken[2] / n, 1 / all, 0.03);
  EXPECT_NEAR(taken[3] / n, std::exp(-1.0) / all, 0.03);
  EXPECT_EQ(taken[0] + taken[2] + taken[3], n);
}

TEST(DrawGroups, KnowImagesOfTheLastChi) {
  // a ring turned over is the same ring: bins 9 and 27 are half a turn apart
  Case c("PHE", {{{12, 9}}, {{12, 27}}}, {0, 0.02}, {0, 0});
  c.group();
  ASSERT_EQ(c.count[0], 1);
  EXPECT_NEAR(c.grouped[1], bin_centre<double>(9, kBins) + 0.01, 1e-12);
  // half a turn makes another side chain of LEU
  Case other("LEU", {{{12, 9}}, {{12, 27}}}, {0, 0.02}, {0, 0});
  other.group();
  EXPECT_EQ(other.count[0], 2);
}

TEST(DrawGroups, MoveNoAtomFarFromItsDraws) {
  const auto tables = models::allatom::side_chain_tables<double>();
  for (int type = 0; type < tables.n_types; ++type)
    for (int k = 0; k < tables.n_chi[type]; ++k) {
      const double lever = tables.lever[type * kChi + k];
      EXPECT_GT(lever, 1) << type << " " << k;
      EXPECT_LT(lever, tables.reach[type] + 1) << type << " " << k;
    }
  // SER's chi 1 turns one atom 1.3 A off its axis: two neighbouring bins may be alike, four never are
  int groups = 0;
  for (int b = 0; b + 3 < kBins; ++b) {
    Case c("SER", {{{b, 0}}, {{b + 1, 0}}, {{b + 4 < kBins ? b + 4 : 0, 0}}}, {0, 0, 0}, {0, 0, 0});
    c.group();
    EXPECT_GE(c.count[0], 2) << b;
    groups += c.count[0];
  }
  EXPECT_LT(groups, 3 * (kBins - 3));
}

TEST(DrawGroups, LeaveResiduesThatDoNotMoveTheirFirstDraw) {
  Case c("LEU", {{{12, 3}}, {{25, 3}}}, {0.01, 0}, {0, 0});
  c.moving[0] = 0;
  c.group();
  EXPECT_EQ(c.count[0], 1);
  EXPECT_EQ(c.grouped[0], c.chi[0]);
}

}  // namespace
}  // namespace regrain::test
