#include "kernels/neighbors.hpp"

#include <gtest/gtest.h>

#include "engine/context.hpp"
#include "tests/support/random.hpp"

namespace regrain::test {
namespace {

using kernels::Graph;
using kernels::GraphOrders;
using kernels::neighbor_graph;
using kernels::neighbor_pairs;
using kernels::NeighborSearch;

TEST(NeighborPairs, CellsFindWhatAllPairsFind) {
  Context context(2);
  {
    const Cpu be = context.host();
    for (int n : {0, 1, 2, 50, 700})
      for (double spread : {0.01, 3.0, 40.0, 1e5})
        for (double cutoff : {0.5, 4.0, 30.0}) {
          const Tensor<double> x = random({n, 3}, static_cast<std::uint64_t>(n) + 7, spread);
          const auto brute = neighbor_pairs<double>(be, View<const double, 2>(x), cutoff, NeighborSearch::brute_force);
          EXPECT_EQ(neighbor_pairs<double>(be, View<const double, 2>(x), cutoff, NeighborSearch::cells), brute)
              << n << " points, spread " << spread << ", cutoff " << cutoff;
          EXPECT_TRUE(n != 700 || spread != 3 || cutoff != 4 || brute.size() > 1000);
        }
  }
}

TEST(NeighborPairs, PointsOnCellFacesAndInOnePlace) {
  Context context(1);
  {
    const Cpu be = context.host();
    Tensor<float> grid({343, 3});
    for (int i = 0; i < 343; ++i) {
      grid[3 * i] = static_cast<float>(i / 49);
      grid[3 * i + 1] = static_cast<float>(i / 7 % 7);
      grid[3 * i + 2] = static_cast<float>(i % 7);
    }
    EXPECT_EQ(neighbor_pairs<float>(be, View<const float, 2>(grid), 1.f, NeighborSearch::cells),
              neighbor_pairs<float>(be, View<const float, 2>(grid), 1.f, NeighborSearch::brute_force));
    const Tensor<float> heap({30, 3});
    EXPECT_EQ(neighbor_pairs<float>(be, View<const float, 2>(heap), 1.f, NeighborSearch::cells).size(), 435u);
  }
}

// rounding in the cell of a point far from the origin must not put neighbours two cells apart
TEST(NeighborPairs, PairsAtTheCutoffInFloat) {
  Context context(1);
  {
    const Cpu be = context.host();
    const float cutoff = 0.7f;
    Tensor<float> line({600, 3});
    for (int i = 0; i < 600; ++i) line[3 * i] = 1000.0f + static_cast<float>(i) * cutoff;
    EXPECT_EQ(neighbor_pairs<float>(be, View<const float, 2>(line), cutoff, NeighborSearch::cells),
              neighbor_pairs<float>(be, View<const float, 2>(line), cutoff, NeighborSearch::brute_force));
  }
}

// squares are compared, yet it is the root that counts, to the last bit
TEST(NeighborPairs, TwoPointsAtTheCutoff) {
  Context context(1);
  {
    const Cpu be = context.host();
    int n_within = 0;
    for (int i = 0; i < 200; ++i) {
      const float cutoff = 0.01f + 0.37f * static_cast<float>(i * i);
      float distance = std::nextafter(std::nextafter(cutoff, 0.f), 0.f);
      for (int step = 0; step < 5; ++step, distance = std::nextafter(distance, 1e9f)) {
        const Tensor<float> x({2, 3}, {0, 0, 0, 0, distance, 0});
        const bool expected = std::sqrt(distance * distance) <= cutoff;
        n_within += expected;
        EXPECT_EQ(neighbor_pairs<float>(be, View<const float, 2>(x), cutoff).size(), expected ? 1u : 0u)
            << cutoff << " " << distance;
      }
    }
    EXPECT_TRUE(n_within > 500 && n_within < 700) << n_within;
  }
}

std::vector<int> list(const Tensor<int>& t) { return {t.begin(), t.end()}; }

TEST(NeighborGraph, IsTheSortedGraphOfThePairsOfEverySet) {
  for (int threads : {1, 2}) {
    Context context(threads);
    {
      const Cpu be = context.host();
      for (const std::vector<int>& first : {std::vector<int>{0}, {0, 0}, {0, 1}, {0, 2, 2, 9}, {0, 150}, {0, 700, 760}})
        for (double cutoff : {0.5, 4.0, 30.0})
          for (NeighborSearch search : {NeighborSearch::automatic, NeighborSearch::cells}) {
            const int n = first.back();
            const Tensor<double> x = random({n, 3}, static_cast<std::uint64_t>(n) + 7, 3.0);
            std::vector<std::pair<int, int>> pairs;
            for (std::size_t f = 0; f + 1 < first.size(); ++f)
              for (const auto& [i, j] : neighbor_pairs<double>(
                       be, View<const double, 2>(x.data() + 3 * first[f], {first[f + 1] - first[f], 3}), cutoff))
                pairs.emplace_back(first[f] + i, first[f] + j);
            const Graph sorted = kernels::make_graph(n, n, kernels::both_directions(pairs));
            const Graph both = neighbor_graph<double>(be, x, cutoff, first, GraphOrders::both, search);
            const Graph one = neighbor_graph<double>(be, x, cutoff, first, GraphOrders::receivers, search);
            for (const Graph* g : {&both, &one}) {
              EXPECT_EQ(g->n_dst, n);
              EXPECT_EQ(g->n_src, n);
              EXPECT_EQ(g->n_edges(), sorted.n_edges());
              EXPECT_EQ(list(g->offset), list(sorted.offset));
              EXPECT_EQ(list(g->src), list(sorted.src));
            }
            EXPECT_EQ(list(both.dst), list(sorted.dst));
            EXPECT_EQ(list(both.by_src), list(sorted.by_src));
            EXPECT_EQ(list(both.src_offset), list(sorted.src_offset));
            EXPECT_EQ(one.dst.size() + one.by_src.size() + one.src_offset.size(), 0u);
          }
    }
  }
}

TEST(NeighborGraph, RefusesSetsThatDontCoverThePoints) {
  Context context(1);
  const Tensor<double> x = random({5, 3});
  {
    const Cpu be = context.host();
    for (const std::vector<int>& first : {std::vector<int>{}, {0, 4}, {1, 5}, {0, 3, 2, 5}})
      EXPECT_THROW(neighbor_graph<double>(be, x, 1.0, first, GraphOrders::both), Error);
  }
}

TEST(NeighborPairs, NotANumberIsAnError) {
  Context context(1);
  Tensor<double> x = random({10, 3});
  x[13] = NAN;
  {
    const Cpu be = context.host();
    try {
      neighbor_pairs<double>(be, View<const double, 2>(x), 1.0);
      FAIL();
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::numbers);
      EXPECT_NE(std::string(e.what()).find("point 4"), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace regrain::test
