// The rows of an edge network on the CPU: made a lot of edges at a time, and the sums of its derivative.
#pragma once

#include <algorithm>

#include "engine/arena.hpp"
#include "engine/backend.hpp"
#include "kernels/edge_network.hpp"
#include "kernels/small_gemm.hpp"

namespace regrain::kernels {

// Everything but the edges worked out. Rows have `pitch` columns: h, a one at column K (what meets the next
// layer's bias), zeros.
template <class T>
struct HiddenRows {
  GraphView g;
  const T *edge_EC, *weight_CP, *dst_NP, *src_MP;
  int n_edge, n_k, pitch;

  // rows of `n` edges, edge(t) the number of the t-th, as (n, pitch); `gathered` has n * n_edge elements
  template <class Edge>
  void make(int n, Edge edge, T* gathered, T* rows) const {
    for (int t = 0; t < n; ++t) {
      const int e = edge(t);
      const T* from = edge_EC + static_cast<std::ptrdiff_t>(e) * n_edge;
      T* to = gathered + t * n_edge;
      int c = 0;
      for (; c + 4 <= n_edge; c += 4) store_vec4(to + c, load_vec4(from + c));
      for (; c < n_edge; ++c) to[c] = from[c];
      const T *a = dst_NP + static_cast<std::ptrdiff_t>(g.dst[e]) * pitch,
              *b = src_MP + static_cast<std::ptrdiff_t>(g.src[e]) * pitch;
      T* row = rows + t * pitch;
      for (int k = 0; k < pitch; k += kLanes<T>) store_vec(row + k, load_vec(a + k) + load_vec(b + k));
    }
    small_gemm(n, pitch, n_edge, gathered, n_edge, 1, weight_CP, pitch, rows, pitch, true);
    for (int i = 0; i < n * pitch; ++i) rows[i] = std::max(rows[i], T(0));
  }
};

constexpr int hidden_pitch(int n_k) { return row_pitch(n_k + 1); }

// In scratch memory of the caller's scope. Throws Error(internal) if shapes disagree.
template <class T>
HiddenRows<T> prepare_hidden(Cpu, GraphView g, const EdgeNetwork<T>& network);

// Sums over edges that the derivative needs, filled lot by lot. The nodes whose edges are walked are cut into
// chunks; a chunk adds to sums of its own, which are joined in order in the end.
template <class T>
struct EdgeNetworkSums {
  T* ddst_XNP;               // gradient of a receiver's part: of each chunk, or one for all
  std::ptrdiff_t per_chunk;  // elements between two chunks of it; 0 where each receiver has one chunk
  T* dsrc_MP;                // of a sender's part; a sender's edges are all of one chunk
  T* dweight_XCP;            // of the edge's part of the weight, for each chunk
  const T* weight_KW;        // that part, columns padded to whole vectors
  int width, n_chunks;
  View<T, 2> dedge_EC;

  std::size_t lot_size(int n) const { return static_cast<std::size_t>(n * width); }

  // `rows` as HiddenRows made them from `gathered`; `drows` is the gradient of h, zero beyond its K columns, and
  // ends up as that of relu's argument. `lot` has lot_size(n) elements.
  template <class Edge>
  void add(const HiddenRows<T>& hidden, int chunk, int n, Edge edge, const T* gathered, const T* rows, T* drows,
           T* lot) const {
    const int pitch = hidden.pitch, n_edge = hidden.n_edge;
    for (int i = 0; i < n * pitch; ++i) drows[i] = rows[i] > T(0) ? drows[i] : T(0);
    T* ddst = ddst_XNP + chunk * per_chunk;
    for (int t = 0; t < n; ++t) {
      const int e = edge(t);
      T *to_dst = ddst + static_cast<std::ptrdiff_t>(hidden.g.dst[e]) * pitch,
        *to_src = dsrc_MP + static_cast<std::ptrdiff_t>(hidden.g.src[e]) * pitch;
      for (int k = 0; k < pitch; k += kLanes<T>) {
        const Vec<T> d = load_vec(drows + t * pitch + k);
        store_vec(to_dst + k, load_vec(to_dst + k) + d);
        store_vec(to_src + k, load_vec(to_src + k) + d);
      }
    }
    small_gemm(n_edge, pitch, n, gathered, 1, n_edge, drows, pitch, dweight_XCP + chunk * n_edge * pitch, pitch, true);
    if (!dedge_EC.data()) return;
    small_gemm(n, width, hidden.n_k, drows, pitch, 1, weight_KW, width, lot, width, false);
    for (int t = 0; t < n; ++t) {
      T* to = dedge_EC.row(edge(t));
      int c = 0;
      for (; c + 4 <= n_edge; c += 4) store_vec4(to + c, load_vec4(to + c) + load_vec4(lot + t * width + c));
      for (; c < n_edge; ++c) to[c] += lot[t * width + c];
    }
  }
};

// Zeroed, in scratch memory of the caller's scope. `walk_receivers`: a receiver's edges are all of one chunk too.
template <class T>
EdgeNetworkSums<T> prepare_sums(Cpu, const EdgeNetwork<T>& network, const HiddenRows<T>& hidden, int n_chunks,
                                bool walk_receivers, const EdgeNetworkGradient<T>& grad);

// += derivative, from complete sums; that of the edges has been added already.
template <class T>
void edge_network_backward(Cpu, const EdgeNetwork<T>& network, const HiddenRows<T>& hidden,
                           const EdgeNetworkSums<T>& sums, const EdgeNetworkGradient<T>& grad);

}  // namespace regrain::kernels
