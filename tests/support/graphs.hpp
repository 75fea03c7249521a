// Random graphs with empty, single and crowded rows.
#pragma once

#include "kernels/graph.hpp"
#include "tests/support/random.hpp"

namespace regrain::test {

inline kernels::Graph random_graph(int n_dst, int n_src, int n_edges, std::uint64_t seed) {
  const Tensor<int> dst = random_index(n_edges, n_dst, seed), src = random_index(n_edges, n_src, seed + 1);
  std::vector<kernels::Edge> edges;
  for (std::size_t e = 0; e < dst.size(); ++e) edges.push_back({dst[e], src[e]});
  return kernels::make_graph(n_dst, n_src, edges);
}

}  // namespace regrain::test
