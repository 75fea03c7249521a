#include "kernels/nearest.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "engine/context.hpp"
#include "engine/errors.hpp"
#include "tests/support/random.hpp"

namespace regrain::test {
namespace {

// senders of every point by looking at all pairs
std::vector<std::vector<int>> all_pairs(const Tensor<double>& x, int k, double cutoff, const std::vector<int>& first_of_set) {
  std::vector<std::vector<int>> senders(static_cast<std::size_t>(x.dim(0)));
  for (std::size_t f = 0; f + 1 < first_of_set.size(); ++f)
    for (int i = first_of_set[f]; i < first_of_set[f + 1]; ++i) {
      std::vector<std::pair<double, int>> found;
      for (int j = first_of_set[f]; j < first_of_set[f + 1]; ++j) {
        double square = 0;
        for (int a = 0; a < 3; ++a) square += std::pow(x.ref().view<2>()(i, a) - x.ref().view<2>()(j, a), 2);
        if (i != j && square <= cutoff * cutoff) found.emplace_back(square, j);
      }
      std::sort(found.begin(), found.end());
      auto& row = senders[static_cast<std::size_t>(i)];
      for (int s = 0; s < std::min(k, static_cast<int>(found.size())); ++s) row.push_back(found[static_cast<std::size_t>(s)].second);
      std::sort(row.begin(), row.end());
    }
  return senders;
}

TEST(NearestGraph, IsThatOfAllPairsSetBySet) {
  for (auto [n, k] : {std::pair{0, 3}, {1, 3}, {2, 1}, {70, 5}, {70, 200}}) {
    const Tensor<double> x = random({n, 3}, 4, 3);
    const std::vector<int> sets = n > 10 ? std::vector<int>{0, 1, 40, n} : std::vector<int>{0, n};
    Context context(2);
    const kernels::Graph g = kernels::nearest_graph<double>(context.host(), x, k, 4.0, sets);
    const auto want = all_pairs(x, k, 4.0, sets);
    ASSERT_EQ(g.n_dst, n);
    for (int i = 0; i < n; ++i) {
      const auto row = static_cast<std::size_t>(i);
      EXPECT_EQ(std::vector<int>(g.src.begin() + g.offset[row], g.src.begin() + g.offset[row + 1]), want[row]) << i;
    }
    // the transpose holds every edge once, by sender
    int seen = 0;
    for (int j = 0; j < n; ++j)
      for (int s = g.src_offset[static_cast<std::size_t>(j)]; s < g.src_offset[static_cast<std::size_t>(j) + 1]; ++s, ++seen)
        EXPECT_EQ(g.src[static_cast<std::size_t>(g.by_src[static_cast<std::size_t>(s)])], j);
    EXPECT_EQ(seen, g.n_edges());
  }
}

TEST(NearestGraph, OfEqualDistancesTheLowerIndexIsNearer) {
  const Tensor<double> x({4, 3}, {0, 0, 0, 1, 0, 0, -1, 0, 0, 0, 1, 0});
  Context context(1);
  const kernels::Graph g = kernels::nearest_graph<double>(context.host(), x, 2, 5.0, {0, 4});
  EXPECT_EQ(g.src[0], 1);
  EXPECT_EQ(g.src[1], 2);
}

TEST(NearestGraph, RefusesPointsThatAreNoNumbers) {
  Tensor<double> x = random({5, 3}, 1);
  x[4] = std::numeric_limits<double>::quiet_NaN();
  Context context(1);
  EXPECT_THROW(kernels::nearest_graph<double>(context.host(), x, 2, 5.0, {0, 5}), Error);
}

}  // namespace
}  // namespace regrain::test
