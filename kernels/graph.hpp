// Who sends to whom: directed edges sorted by receiver (CSR), with the transpose.
//
// A message goes src -> dst and its sums land on dst. Receivers and senders may be different sets
// (atoms -> beads). Both orders are complete, (dst, src) and (src, dst), so every sum over edges has
// one order of additions.
#pragma once

#include <utility>
#include <vector>

#include "engine/transfer.hpp"

namespace regrain::kernels {

struct Graph {
  int n_dst = 0, n_src = 0;
  Tensor<int> dst, src;     // (E), edges sorted by (dst, src)
  Tensor<int> offset;       // (n_dst + 1): receiver i owns edges [offset[i], offset[i + 1])
  Tensor<int> by_src;       // (E): edge numbers sorted by (src, dst)
  Tensor<int> src_offset;   // (n_src + 1) into by_src

  // On a device the places there is room for: how many edges there are is the last of `offset`.
  int n_edges() const { return src.dim(0); }

  static constexpr auto arrays() { return std::make_tuple(&Graph::offset, &Graph::src_offset); }
  static constexpr auto edge_arrays() { return std::make_tuple(&Graph::dst, &Graph::src, &Graph::by_src); }
  static constexpr auto numbers() { return std::make_tuple(&Graph::n_dst, &Graph::n_src); }
};

// What a graph is good for: walks along the receivers need src and offset alone, and the rest stays empty.
enum class GraphOrders { both, receivers };

struct Edge {
  int dst, src;
  bool operator==(const Edge&) const = default;
};

// Throws Error(internal) on an index out of range. Duplicate edges are kept.
Graph make_graph(int n_dst, int n_src, const std::vector<Edge>& edges);

// One edge per sender: sender j goes to owner[j]. For pooling atoms into beads.
Graph pooling_graph(int n_dst, const std::vector<int>& owner);

// Both directions of every undirected pair i < j, which must be distinct and in ascending order: what make_graph
// gives, without sorting.
Graph symmetric_graph(int n, const std::vector<std::pair<int, int>>& pairs);

// Both directions of every undirected pair.
std::vector<Edge> both_directions(const std::vector<std::pair<int, int>>& pairs);

// What a kernel needs of a graph; trivially copyable, for closures. The graph must outlive it. Of a graph for walks
// along the receivers dst, by_src and src_offset are null.
// On a device n_edges may be the places there is room for, and offset[n_dst] says how many edges there are. What lies
// behind them has good indices and no meaning: a sum over all edges ends at that count, or finds zeros behind it.
struct GraphView {
  int n_dst, n_src, n_edges;
  const int *dst, *src, *offset, *by_src, *src_offset;

  GraphView(int dsts, int srcs, int edges, const int* dst_E, const int* src_E, const int* offset_N1)
      : n_dst(dsts),
        n_src(srcs),
        n_edges(edges),
        dst(dst_E),
        src(src_E),
        offset(offset_N1),
        by_src(nullptr),
        src_offset(nullptr) {}
  GraphView(const Graph& g)
      : n_dst(g.n_dst),
        n_src(g.n_src),
        n_edges(g.n_edges()),
        dst(g.dst.data()),
        src(g.src.data()),
        offset(g.offset.data()),
        by_src(g.by_src.data()),
        src_offset(g.src_offset.data()) {}
  // over arrays that were copied elsewhere, to a device
  GraphView(int to, int from, int edges, const int* dst_E, const int* src_E, const int* offset_N1, const int* by_src_E,
            const int* src_offset_N1)
      : n_dst(to),
        n_src(from),
        n_edges(edges),
        dst(dst_E),
        src(src_E),
        offset(offset_N1),
        by_src(by_src_E),
        src_offset(src_offset_N1) {}
};

}  // namespace regrain::kernels
