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
  Graph g;
  g.n_dst = n_dst;
  g.n_src = n_src;
  g.dst = Tensor<int>({n});
  g.src = Tensor<int>({n});
  g.offset = Tensor<int>({n_dst + 1});
  g.by_src = Tensor<int>({n});
  g.src_offset = Tensor<int>({n_src + 1});

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

Graph to_backend(Context& context, const Graph& g) {
  const auto copy = [&](const Tensor<int>& x) { return regrain::to_backend(context, x); };
  return {g.n_dst, g.n_src, copy(g.dst), copy(g.src), copy(g.offset), copy(g.by_src), copy(g.src_offset)};
}

}  // namespace regrain::kernels
