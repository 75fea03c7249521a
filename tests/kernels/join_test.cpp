#include "kernels/join.hpp"

#include <gtest/gtest.h>

#include "engine/context.hpp"
#include "kernels/message.hpp"
#include "tests/support/graphs.hpp"

namespace regrain::test {
namespace {

using namespace kernels;

template <class T>
bool same(const Tensor<T>& a, const Tensor<T>& b) {
  return a.shape() == b.shape() && std::equal(a.begin(), a.end(), b.begin());
}

void expect_same(const Graph& a, const Graph& b) {
  EXPECT_EQ(a.n_dst, b.n_dst);
  EXPECT_EQ(a.n_src, b.n_src);
  for (const auto member : {&Graph::dst, &Graph::src, &Graph::offset, &Graph::by_src, &Graph::src_offset})
    EXPECT_TRUE(same(a.*member, b.*member));
}

// Nodes and edges of parts: none, one, many.
struct Size {
  int n_dst, n_src, n_edges;
};
const std::vector<Size> kSizes{{3, 4, 7}, {0, 2, 0}, {1, 1, 1}, {2, 0, 0}, {9, 11, 130}, {5, 3, 0}};

TEST(Join, GraphsAreAsIfSortedTogether) {
  for (std::size_t n = 1; n <= kSizes.size(); ++n) {
    std::vector<Graph> graphs;
    std::vector<Edge> edges;
    Parts<Graph> parts;
    int n_dst = 0, n_src = 0;
    for (std::size_t p = 0; p < n; ++p) {
      graphs.push_back(random_graph(kSizes[p].n_dst, kSizes[p].n_src, kSizes[p].n_edges, p));
      for (int e = 0; e < graphs.back().n_edges(); ++e) edges.push_back({n_dst + graphs.back().dst[e], n_src + graphs.back().src[e]});
      n_dst += kSizes[p].n_dst;
      n_src += kSizes[p].n_src;
    }
    for (const Graph& g : graphs) parts.push_back(&g);
    Graph out;
    join(parts, out);
    expect_same(out, make_graph(n_dst, n_src, edges));
  }
}

// what is left of a graph for walks along the receivers
Graph of_receivers(const Graph& g) {
  Graph one;
  one.n_dst = g.n_dst;
  one.n_src = g.n_src;
  one.src = g.src;
  one.offset = g.offset;
  return one;
}

TEST(Join, GraphsOfReceiversAlone) {
  std::vector<Graph> both, one;
  for (std::size_t p = 0; p < kSizes.size(); ++p) {
    both.push_back(random_graph(kSizes[p].n_dst, kSizes[p].n_src, kSizes[p].n_edges, p));
    one.push_back(of_receivers(both.back()));
  }
  Parts<Graph> parts_of_both, parts_of_one;
  for (std::size_t p = 0; p < kSizes.size(); ++p) {
    parts_of_both.push_back(&both[p]);
    parts_of_one.push_back(&one[p]);
    Graph expected, out;
    join(parts_of_both, expected);
    join(parts_of_both, out);  // whose memory is taken
    join(parts_of_one, out);
    expect_same(out, of_receivers(expected));
    EXPECT_THROW(join(Parts<Graph>{&both[p], &one[p]}, out), Error);
  }
}

// A frame whose edges are all there, one with hardly any, one without nodes.
struct Frames {
  std::vector<int> offset{0};
  std::vector<Edge> edges;
  Tensor<double> x;

  explicit Frames(const std::vector<int>& kinds) {
    std::vector<double> xyz;
    for (int kind : kinds) {
      const int n = kind == 0 ? 0 : 8, first = offset.back();
      const Tensor<double> x_N3 = random({n, 3}, static_cast<std::uint64_t>(kind), 3);
      xyz.insert(xyz.end(), x_N3.begin(), x_N3.end());
      for (int i = 0; i < n; ++i)
        for (int j = 0; j < n; ++j)
          if (i != j && (kind == 1 || i + j == 7)) edges.push_back({first + i, first + j});
      offset.push_back(first + n);
    }
    x = Tensor<double>({offset.back(), 3}, xyz);
  }
  FilterGraph<double> graph(const std::vector<int>& offsets) const {
    FilterGraph<double> g;
    Context context(1);
    {
      const Cpu be = context.host();
      g = make_filter_graph<double>(be, make_graph(x.dim(0), x.dim(0), edges), x.ref(), x.ref(), 9.0, 2, offsets, kPseudoGates);
    }
    return g;
  }
};

TEST(Join, FilterGraphsAreAsIfMadeTogether) {
  FilterGraph<double> out;  // goes on from one case to the next
  for (const std::vector<int>& kinds : std::vector<std::vector<int>>{{1, 2, 0, 1}, {2}, {1, 1}, {2, 2, 2}, {1}, {2, 1}, {0}}) {
    for (const bool in_frames : {true, false}) {
      std::vector<FilterGraph<double>> graphs;
      Parts<FilterGraph<double>> parts;
      for (int kind : kinds) {
        const Frames f({kind});
        graphs.push_back(f.graph(in_frames ? f.offset : std::vector<int>{}));
      }
      for (const auto& g : graphs) parts.push_back(&g);
      const Frames all(kinds);
      const FilterGraph<double> together = all.graph(in_frames ? all.offset : std::vector<int>{});
      join(parts, out);
      expect_same(out.graph, together.graph);
      EXPECT_TRUE(same(out.geometry.d_E, together.geometry.d_E) && same(out.geometry.unit_E3, together.geometry.unit_E3));
      EXPECT_EQ(out.node_offset, together.node_offset);
      EXPECT_TRUE(same(out.node_is_dense, together.node_is_dense));
      if (all.x.dim(0) > 0) { EXPECT_EQ(out.form, together.form); }
      ASSERT_EQ(out.matrices.size(), together.matrices.size());
      for (std::size_t f = 0; f < out.matrices.size(); ++f) {
        ASSERT_EQ(!out.matrices[f], !together.matrices[f]);
        if (out.matrices[f]) { EXPECT_TRUE(same(*out.matrices[f], *together.matrices[f])); }
      }
      ASSERT_EQ(out.angle_E.size(), together.angle_E.size());
      for (std::size_t e = 0; e < out.angle_E.size(); ++e) {
        EXPECT_EQ(out.angle_E[e].sin, together.angle_E[e].sin);
        EXPECT_EQ(out.angle_E[e].cos, together.angle_E[e].cos);
      }
    }
  }
}

TEST(Join, RefusesOtherSizes) {
  struct Part {
    Tensor<int> rows;
  };
  const Part two{Tensor<int>({4, 2})}, three{Tensor<int>({4, 3})};
  Part out;
  EXPECT_THROW(join_rows(Parts<Part>{&two, &three}, out, &Part::rows), Error);
  FilterGraph<double> a = Frames({1}).graph({0, 8}), b = a, joined_graph;
  b.cutoff = 8;
  EXPECT_THROW(join(Parts<FilterGraph<double>>{&a, &b}, joined_graph), Error);
}

TEST(Join, IndicesMoveAndMemoryStays) {
  struct Part {
    Tensor<int> index;
  };
  const Part one{Tensor<int>::from({0, -1, 2})}, other{Tensor<int>::from({-1, 1})};
  Part out;
  join_indices(Parts<Part>{&one, &other}, out, &Part::index, {0, 10});
  EXPECT_TRUE(same(out.index, Tensor<int>::from({0, -1, 2, -1, 11})));
  const int* memory = out.index.data();
  join_indices(Parts<Part>{&other}, out, &Part::index, {5});
  EXPECT_TRUE(same(out.index, Tensor<int>::from({-1, 6})));
  EXPECT_EQ(out.index.data(), memory);
  join_indices(Parts<Part>{&other, &one}, out, &Part::index, {0, 0});
  EXPECT_EQ(out.index.data(), memory);
}

TEST(Graph, SymmetricIsAsIfSorted) {
  for (int n : {0, 1, 2, 30})
    for (int modulus : {1, 3, 1000}) {
      std::vector<std::pair<int, int>> pairs;
      for (int i = 0; i < n; ++i)
        for (int j = i + 1; j < n; ++j)
          if ((i * j + 1) % modulus == 0) pairs.emplace_back(i, j);
      expect_same(symmetric_graph(n, pairs), make_graph(n, n, both_directions(pairs)));
    }
  for (const auto& bad : std::vector<std::vector<std::pair<int, int>>>{{{1, 0}}, {{1, 1}}, {{0, 3}}, {{-1, 1}}, {{0, 1}, {0, 1}}, {{1, 2}, {0, 1}}})
    EXPECT_THROW(symmetric_graph(3, bad), Error);
}

}  // namespace
}  // namespace regrain::test
