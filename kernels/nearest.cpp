#include "kernels/nearest.hpp"

#include <algorithm>

#include "engine/errors.hpp"
#include "kernels/neighbors.hpp"
#include "kernels/parallel.hpp"

namespace regrain::kernels {

namespace {

// by_src and src_offset of a graph whose edges are sorted by (dst, src)
void add_transpose(Graph& g) {
  const int n_edges = g.n_edges();
  g.by_src = Tensor<int>({n_edges});
  g.src_offset = Tensor<int>({g.n_src + 1});
  for (int s : g.src) ++g.src_offset[static_cast<std::size_t>(s) + 1];
  for (std::size_t j = 0; j < static_cast<std::size_t>(g.n_src); ++j) g.src_offset[j + 1] += g.src_offset[j];
  std::vector<int> next(g.src_offset.begin(), g.src_offset.end());
  for (int e = 0; e < n_edges; ++e) {
    const auto src = static_cast<std::size_t>(g.src[static_cast<std::size_t>(e)]);
    g.by_src[static_cast<std::size_t>(next[src]++)] = e;
  }
}

}  // namespace

template <class T>
Graph nearest_graph(Cpu be, View<const T, 2> x_N3, int k, T cutoff, const std::vector<int>& first_of_set) {
  REGRAIN_CHECK(k > 0, "nearest_graph: ", k, " neighbours");
  const Graph all = neighbor_graph<T>(be, x_N3, cutoff, first_of_set, GraphOrders::receivers);
  const auto n = static_cast<std::size_t>(all.n_dst);
  Graph g;
  g.n_dst = g.n_src = all.n_dst;
  g.offset = Tensor<int>({all.n_dst + 1});
  for (std::size_t i = 0; i < n; ++i) g.offset[i + 1] = g.offset[i] + std::min(k, all.offset[i + 1] - all.offset[i]);
  const int n_edges = g.offset[n];
  g.dst = Tensor<int>::unset({n_edges});
  g.src = Tensor<int>::unset({n_edges});
  parallel_for_ragged(be, all.n_dst, 20.0 * all.n_edges(), [&](int row) {
    const auto i = static_cast<std::size_t>(row);
    const int *begin = all.src.data() + all.offset[i], *end = all.src.data() + all.offset[i + 1];
    std::vector<std::pair<T, int>> found;
    found.reserve(static_cast<std::size_t>(end - begin));
    for (const int* j = begin; j < end; ++j) {
      T squared = T(0);
      for (int a = 0; a < 3; ++a) squared += (x_N3(*j, a) - x_N3(row, a)) * (x_N3(*j, a) - x_N3(row, a));
      found.emplace_back(squared, *j);
    }
    const int kept = g.offset[i + 1] - g.offset[i];
    std::nth_element(found.begin(), found.begin() + kept, found.end());
    int* src = g.src.data() + g.offset[i];
    for (int s = 0; s < kept; ++s) src[s] = found[static_cast<std::size_t>(s)].second;
    std::sort(src, src + kept);
    std::fill_n(g.dst.data() + g.offset[i], kept, row);
  });
  add_transpose(g);
  return g;
}

template Graph nearest_graph<float>(Cpu, View<const float, 2>, int, float, const std::vector<int>&);
template Graph nearest_graph<double>(Cpu, View<const double, 2>, int, double, const std::vector<int>&);

}  // namespace regrain::kernels
