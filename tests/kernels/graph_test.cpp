#include "kernels/graph.hpp"

#include <gtest/gtest.h>

#include "tests/support/graphs.hpp"

namespace regrain::kernels {
namespace {

TEST(Graph, SortsBothWays) {
  for (int n_edges : {0, 1, 400}) {
    const Graph g = test::random_graph(9, 11, n_edges, 3);
    EXPECT_EQ(g.n_edges(), n_edges);
    EXPECT_EQ(g.offset[9], n_edges);
    EXPECT_EQ(g.src_offset[11], n_edges);
    for (int i = 0; i < 9; ++i)
      for (int e = g.offset[i]; e < g.offset[i + 1]; ++e) {
        EXPECT_EQ(g.dst[e], i);
        EXPECT_TRUE(e == g.offset[i] || g.src[e - 1] <= g.src[e]);
      }
    for (int j = 0; j < 11; ++j)
      for (int s = g.src_offset[j]; s < g.src_offset[j + 1]; ++s) {
        EXPECT_EQ(g.src[g.by_src[s]], j);
        EXPECT_TRUE(s == g.src_offset[j] || g.dst[g.by_src[s - 1]] <= g.dst[g.by_src[s]]);
      }
  }
}

TEST(Graph, RefusesEdgesOutside) {
  EXPECT_THROW(make_graph(2, 2, {{0, 2}}), Error);
  EXPECT_THROW(make_graph(2, 2, {{-1, 0}}), Error);
}

TEST(Graph, PoolingHasOneEdgeASender) {
  const Graph g = pooling_graph(3, {2, 0, 2, 2});
  EXPECT_EQ(g.n_edges(), 4);
  EXPECT_EQ(g.offset[1] - g.offset[0], 1);
  EXPECT_EQ(g.offset[2] - g.offset[1], 0);
  EXPECT_EQ(g.offset[3] - g.offset[2], 3);
}

}  // namespace
}  // namespace regrain::kernels
