// What training changes at random: the right shares, and nothing that hangs on the batch or on threads.
#include "models/allatom/augmentation.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "engine/context.hpp"
#include "engine/tensor.hpp"

namespace regrain::test {
namespace {

using namespace models::allatom;

constexpr Rng key(std::uint32_t frame) { return {.seed = 5, .step = frame, .op = 3}; }

TEST(CaNoise, MovesAShareOfTheFramesByUpToItsSpread) {
  int moved = 0;
  double most = 0, square = 0;
  for (std::uint32_t f = 0; f < 2000; ++f) {
    std::vector<float> ca(30, 1.f);
    add_ca_noise(key(f), 0.25, 0.2, ca);
    double own = 0;
    for (float x : ca) own += (x - 1) * (x - 1) / 30;
    moved += own > 0;
    most = std::max(most, std::sqrt(own));
    square += own;
  }
  EXPECT_NEAR(moved, 500, 60);                               // three spreads of the binomial
  EXPECT_NEAR(square / moved, 0.2 * 0.2 / 3, 0.0025);        // spreads are even between 0 and 0.2
  EXPECT_LT(most, 0.2 * 1.5);
}

TEST(CaNoise, LeavesAloneWhatIsToStay) {
  for (std::uint32_t f = 0; f < 50; ++f) {
    std::vector<float> ca(9, 1.f);
    add_ca_noise(key(f), 0, 0.2, ca);
    add_ca_noise(key(f), 1, 0, ca);
    EXPECT_EQ(ca, std::vector<float>(9, 1.f));
  }
  std::vector<float> none;
  add_ca_noise(key(1), 1, 0.2, none);
  EXPECT_TRUE(none.empty());
}

std::vector<float> dropout(const std::vector<std::uint32_t>& frames, const std::vector<int>& first, int n_threads) {
  Context context(n_threads);
  std::vector<Rng> rng;
  for (std::uint32_t f : frames) rng.push_back(key(f));
  Tensor<float> factor({3, first.back(), 32});
  fill_dropout(context.host(), rng, first, 0.25, factor.ref().view<3>());
  return {factor.begin(), factor.end()};
}

TEST(LayerDropout, LeavesAShareOutAndScalesTheRest) {
  const std::vector<float> x = dropout({1, 2}, {0, 40, 100}, 1);
  std::size_t zeros = 0;
  for (float v : x) {
    zeros += v == 0;
    EXPECT_TRUE(v == 0 || v == 1 / 0.75f) << v;
  }
  EXPECT_NEAR(static_cast<double>(zeros) / static_cast<double>(x.size()), 0.25, 0.015);
  EXPECT_FALSE(std::equal(x.begin(), x.begin() + 3200, x.begin() + 3200));  // planes differ
}

TEST(LayerDropout, DependsOnTheFrameAlone) {
  const auto together = dropout({1, 2}, {0, 4, 10}, 2), first = dropout({1}, {0, 4}, 1), second = dropout({2}, {0, 6}, 1);
  for (std::size_t plane = 0; plane < 3; ++plane) {
    EXPECT_TRUE(std::equal(first.begin() + static_cast<int>(plane) * 128, first.begin() + static_cast<int>(plane + 1) * 128, together.begin() + static_cast<int>(plane) * 320));
    EXPECT_TRUE(std::equal(second.begin() + static_cast<int>(plane) * 192, second.begin() + static_cast<int>(plane + 1) * 192, together.begin() + static_cast<int>(plane) * 320 + 128));
  }
  EXPECT_TRUE(dropout({}, {0}, 1).empty());
}

kernels::Graph everyone(const std::vector<int>& first) {
  std::vector<kernels::Edge> edges;
  for (std::size_t f = 0; f + 1 < first.size(); ++f)
    for (int i = first[f]; i < first[f + 1]; ++i)
      for (int j = first[f]; j < first[f + 1]; ++j)
        if (i != j) edges.push_back({i, j});
  return kernels::make_graph(first.back(), first.back(), edges);
}

TEST(ThinnedGraph, LeavesAShareOutByFrameAlone) {
  const kernels::Graph whole = everyone({0, 60, 100}), thin = thinned(whole, {key(1), key(2)}, {0, 60, 100}, 0.3);
  EXPECT_NEAR(thin.n_edges() / static_cast<double>(whole.n_edges()), 0.7, 0.03);
  const kernels::Graph second = thinned(everyone({0, 40}), {key(2)}, {0, 40}, 0.3);
  ASSERT_EQ(thin.offset[100] - thin.offset[60], second.n_edges());
  for (int e = 0; e < second.n_edges(); ++e)
    EXPECT_EQ(thin.src[static_cast<std::size_t>(thin.offset[60] + e)], 60 + second.src[static_cast<std::size_t>(e)]);
  const kernels::Graph all = thinned(whole, {key(1), key(2)}, {0, 60, 100}, 0);
  EXPECT_TRUE(std::equal(all.src.begin(), all.src.end(), whole.src.begin(), whole.src.end()));
  EXPECT_EQ(thinned(everyone({0}), {}, {0}, 0.3).n_edges(), 0);
}

TEST(RandomNumbersOfAFrame, DoNotMeet) {
  EXPECT_NE(rng_for(key(1), Purpose::edges).op, rng_for(key(1), Purpose::dropout).op);
  EXPECT_NE(rng_for(key(1), Purpose::dropout, 0).op, rng_for(key(1), Purpose::dropout, kMostDropoutPlanes - 1).op);
  EXPECT_EQ(rng_for(key(1), Purpose::dropout, kMostDropoutPlanes - 1).op & 0xff, 3);
}

}  // namespace
}  // namespace regrain::test
