// What a walk along the receivers needs of its edges, made from the nodes' points a block of receivers at a time.
//
// A residue has 200 neighbours, so an array of floats an edge is a KiB a residue and more: what is quickly made
// anew isn't worth that where nothing is differentiated. All comes from the kernels that fill arrays of all edges,
// which take a block for a graph of its own, so the bits are the same.
#pragma once

#include <algorithm>

#include "engine/arena.hpp"
#include "kernels/edge_embedding.hpp"
#include "kernels/graph.hpp"

namespace regrain::kernels {

// edges of a block for each thread: their arrays stay in the second cache
constexpr int kBlockEdges = 1 << 14;

// f(block, first receiver, first edge): a graph of some receivers, numbered from 0, with all senders. Of `g` it
// needs src and offset. Scratch memory that f takes is given back.
template <class F>
void for_receiver_blocks(Cpu be, GraphView g, F f) {
  const int most = kBlockEdges * be.n_threads;
  for (int first = 0; first < g.n_dst;) {
    int last = first + 1;
    while (last < g.n_dst && g.offset[last + 1] - g.offset[first] <= most) ++last;
    const Arena::Scope scope(*be.scratch);
    const int n = last - first, edge = g.offset[first], n_edges = g.offset[last] - edge;
    int *offset = be.scratch->allocate_array<int>(static_cast<std::size_t>(n + 1)),
        *dst = be.scratch->allocate_array<int>(static_cast<std::size_t>(n_edges));
    for (int i = 0; i <= n; ++i) offset[i] = g.offset[first + i] - edge;
    for (int i = 0; i < n; ++i) std::fill(dst + offset[i], dst + offset[i + 1], i);
    f(GraphView(n, g.n_src, n_edges, dst, g.src + edge, offset), first, edge);
    first = last;
  }
}

// `count` rows from `first` on
template <class T>
View<T, 2> row_range(View<T, 2> x, int first, int count) {
  return {x.row(first), {count, x.dim(1)}};
}

// Nodes as labelled_inputs sees them, see edge_inputs.hpp.
template <class T>
struct LabelledPoints {
  View<const T, 2> x_N3;
  View<const int, 1> label_N;
  T label_scale, reach;
};

// y_EO = edge_embedding of the labelled inputs of all edges
template <class T>
void embed_labelled_edges(Cpu, GraphView g, const LabelledPoints<T>& nodes, const EmbeddingNetwork<T>& network,
                          View<T, 2> y_EO);
template <class T>
void embed_labelled_edges(Cuda, GraphView g, const LabelledPoints<T>& nodes, const EmbeddingNetwork<T>& network,
                          View<T, 2> y_EO);

// y_E9 of a block's edges, in scratch memory of the caller's scope
template <class T>
View<const T, 2> block_harmonics(Cpu, GraphView block, int first_receiver, View<const T, 2> x_N3);

}  // namespace regrain::kernels
