#include "kernels/graph.hpp"

#include <algorithm>
#include <numeric>

namespace regrain::kernels {

namespace {

// Counting sort of the items by key: the item numbers in order and where each key starts.
void sort_by_key(int n_keys, const int* key, const std::vector<int>& items, int* sorted, int* offset) {
  std::fill(offset, offset + n_keys + 1, 0);
  for (int i : items) ++offset[key[i] + 1];
  std::partial_sum(offset, offset + n_keys + 1, offset);
  std::vector<int> next(offset, offset + n_keys);
  for (int i : items) sorted[next[static_cast<std::size_t>(key[i])]++] = i;
}

// Its arrays, of which only the offsets are set, to 0.
Graph empty_graph(int n_dst, int n_src, int n_edges) {
  Graph g;
  g.n_dst = n_dst;
  g.n_src = n_src;
  for (Tensor<int>* t : {&g.dst, &g.src, &g.by_src}) *t = Tensor<int>::unset({n_edges});
  g.offset = Tensor<int>({n_dst + 1});
  g.src_offset = Tensor<int>({n_src + 1});
  return g;
}

}  // namespace

Graph make_graph(int n_dst, int n_src, const std::vector<Edge>& edges) {
  const int n = static_cast<int>(edges.size());
  std::vector<int> dst(edges.size()), src(edges.size());
  for (std::size_t e = 0; e < edges.size(); ++e) {
    REGRAIN_CHECK(edges[e].dst >= 0 && edges[e].dst < n_dst && edges[e].src >= 0 && edges[e].src < n_src, "graph: edge ",
                  e, " goes ", edges[e].src, " -> ", edges[e].dst, " in a graph of ", n_src, " -> ", n_dst, " nodes");
    dst[e] = edges[e].dst;
    src[e] = edges[e].src;
  }
  Graph g = empty_graph(n_dst, n_src, n);

  // stable sorts: by src, then by dst, gives (dst, src)
  std::vector<int> order(edges.size()), sorted(edges.size());
  std::iota(order.begin(), order.end(), 0);
  sort_by_key(n_src, src.data(), order, sorted.data(), g.src_offset.data());
  sort_by_key(n_dst, dst.data(), sorted, order.data(), g.offset.data());
  for (std::size_t e = 0; e < order.size(); ++e) {
    g.dst[e] = dst[static_cast<std::size_t>(order[e])];
    g.src[e] = src[static_cast<std::size_t>(order[e])];
  }
  // edges now stand in (dst, src) order, so a stable sort by src gives (src, dst)
  std::iota(order.begin(), order.end(), 0);
  sort_by_key(n_src, g.src.data(), order, g.by_src.data(), g.src_offset.data());
  return g;
}

Graph symmetric_graph(int n, const std::vector<std::pair<int, int>>& pairs) {
  Graph g = empty_graph(n, n, static_cast<int>(2 * pairs.size()));
  std::pair<int, int> last{-1, -1};
  for (const auto& pair : pairs) {
    const auto [i, j] = pair;
    REGRAIN_CHECK(0 <= i && i < j && j < n && last < pair, "graph: pair ", i, "-", j, " after ", last.first, "-", last.second,
                  " in a graph of ", n, " nodes; expected ascending pairs i < j");
    ++g.offset[i + 1];
    ++g.offset[j + 1];
    last = pair;
  }
  std::partial_sum(g.offset.begin(), g.offset.end(), g.offset.begin());
  std::copy(g.offset.begin(), g.offset.end(), g.src_offset.begin());
  // A node meets its lower neighbours first, in ascending order, then its higher ones. Edge and reverse edge have the
  // same place, one by receiver and the other by sender.
  std::vector<int> next(g.offset.begin(), g.offset.end() - 1);
  for (const auto& [i, j] : pairs) {
    const int down = next[i]++, up = next[j]++;  // j -> i, i -> j
    g.dst[down] = i;
    g.src[down] = j;
    g.dst[up] = j;
    g.src[up] = i;
    g.by_src[down] = up;
    g.by_src[up] = down;
  }
  return g;
}

Graph pooling_graph(int n_dst, const std::vector<int>& owner) {
  std::vector<Edge> edges;
  edges.reserve(owner.size());
  for (std::size_t j = 0; j < owner.size(); ++j) edges.push_back({owner[j], static_cast<int>(j)});
  return make_graph(n_dst, static_cast<int>(owner.size()), edges);
}

std::vector<Edge> both_directions(const std::vector<std::pair<int, int>>& pairs) {
  std::vector<Edge> edges;
  edges.reserve(2 * pairs.size());
  for (const auto& [i, j] : pairs) {
    edges.push_back({i, j});
    edges.push_back({j, i});
  }
  return edges;
}

}  // namespace regrain::kernels
