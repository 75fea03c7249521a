// The three forms behind tensor_product_convolution; see tensor_product.hpp.
#pragma once

#include <omp.h>

#include <cstdint>

#include "kernels/edge_network_rows.hpp"
#include "kernels/parallel.hpp"
#include "kernels/tensor_product.hpp"

namespace regrain::kernels::tensor_product {

// Edges are taken in lots of at most this many, so that their rows stay in the first caches.
constexpr int kEdgeTile = 32;

// The last matrix with its bias as row n_k - 1, transposed and multiplied by the paths' coefficients:
// [k][path][u][w] and [k][path][w][u], u a channel of the sender, w of the result.
template <class T>
struct Weights {
  const T *by_in, *by_out;
  int n_k;  // hidden activations plus the bias
  int n;    // weights of one edge
};

template <class T>
struct Convolution {
  GraphView g;
  View<const T, 2> x_MF, y_E9;
  HiddenRows<T> hidden;
  Weights<T> weights;

  // elements a lot of edges takes: rows of h, and what makes them
  std::size_t hidden_size() const { return static_cast<std::size_t>(kEdgeTile * hidden.pitch); }
  std::size_t gathered_size() const { return static_cast<std::size_t>(kEdgeTile * hidden.n_edge); }
};

template <class T>
struct Gradients {
  View<const T, 2> dmean_NF;  // gradient of the result over the receiver's number of edges
  View<T, 2> dx_MF;           // without data if not wanted
  EdgeNetworkSums<T> network;
  T* dweights;  // [chunk][k][path][u][w], zeroed: nodes are cut into chunks, each adds to its own
  int n_chunks;
};

// Number of chunks: a function of the number of nodes alone, see parallel.hpp.
inline int weight_chunks(int n_nodes) { return std::clamp((n_nodes + 15) / 16, 1, kSumChunks); }

template <int Level, class T>
void forward_direct(Cpu, const Convolution<T>&, View<T, 2> out_NF);
template <int Level, class T>
void backward_direct(Cpu, const Convolution<T>&, const Gradients<T>&);
template <int Level, class T>
void forward_by_receiver(Cpu, const Convolution<T>&, View<T, 2> out_NF);
template <int Level, class T>
void backward_by_receiver(Cpu, const Convolution<T>&, const Gradients<T>&);
template <int Level, class T>
void forward_by_sender(Cpu, const Convolution<T>&, View<T, 2> out_NF);
template <int Level, class T>
void backward_by_sender(Cpu, const Convolution<T>&, const Gradients<T>&);

// every form, forward and backward, level and scalar
#define REGRAIN_INSTANTIATE_FORM(FORM, LEVEL, T)                                        \
  template void forward_##FORM<LEVEL, T>(Cpu, const Convolution<T>&, View<T, 2> out_NF); \
  template void backward_##FORM<LEVEL, T>(Cpu, const Convolution<T>&, const Gradients<T>&);
#define REGRAIN_INSTANTIATE_LEVELS(FORM)      \
  REGRAIN_INSTANTIATE_FORM(FORM, 0, float)    \
  REGRAIN_INSTANTIATE_FORM(FORM, 1, float)    \
  REGRAIN_INSTANTIATE_FORM(FORM, 2, float)    \
  REGRAIN_INSTANTIATE_FORM(FORM, 0, double)   \
  REGRAIN_INSTANTIATE_FORM(FORM, 1, double)   \
  REGRAIN_INSTANTIATE_FORM(FORM, 2, double)

// f(node, scratch) for every node, with `scratch_size` elements per thread
template <class T, class F>
void for_each_node(Cpu be, int n_nodes, double work, std::size_t scratch_size, F f) {
  const Arena::Scope scope(*be.scratch);
  T* scratch = be.scratch->allocate_array<T>(scratch_size * static_cast<std::size_t>(be.n_threads));
  parallel_for_ragged(be, n_nodes, work, [&](int node) {
    f(node, scratch + scratch_size * static_cast<std::size_t>(omp_get_thread_num()));
  });
}

// the same chunk by chunk: f(node, chunk, dweights, scratch)
template <class T, class F>
void for_each_node(Cpu be, int n_nodes, const Convolution<T>& conv, const Gradients<T>& grad, double work,
                   std::size_t scratch_size, F f) {
  const Arena::Scope scope(*be.scratch);
  T* scratch = be.scratch->allocate_array<T>(scratch_size * static_cast<std::size_t>(be.n_threads));
  const std::size_t chunk_size =
      static_cast<std::size_t>(conv.weights.n_k) * static_cast<std::size_t>(conv.weights.n);
  const int n_threads = work < kParallelWork ? 1 : std::min(be.n_threads, grad.n_chunks);
#pragma omp parallel for schedule(dynamic) num_threads(n_threads) if (n_threads > 1)
  for (int c = 0; c < grad.n_chunks; ++c) {
    T* mine = scratch + scratch_size * static_cast<std::size_t>(omp_get_thread_num());
    const auto bound = [&](int chunk) {
      return static_cast<int>(static_cast<std::int64_t>(n_nodes) * chunk / grad.n_chunks);
    };
    for (int node = bound(c); node < bound(c + 1); ++node)
      f(node, c, grad.dweights + static_cast<std::size_t>(c) * chunk_size, mine);
  }
}

// f(first, count) for lots of nearly equal size that cover [begin, end)
template <class F>
void for_each_lot(int begin, int end, F f) {
  const int n = end - begin, lots = (n + kEdgeTile - 1) / kEdgeTile;
  for (int l = 0; l < lots; ++l) {
    const int first = begin + n * l / lots;
    f(first, begin + n * (l + 1) / lots - first);
  }
}

// Asks for the rows of the `count` edges from place `first` of the senders' order on, which lie far apart in memory,
// a lot before they are used.
template <class T>
inline void prefetch_sent(const Convolution<T>& conv, int first, int count, const T* dedge_EC = nullptr) {
  const int last = std::min(first + count, conv.g.n_edges);
  for (int s = first; s < last; ++s) {
    const std::ptrdiff_t e = conv.g.by_src[s];
    const auto row = [&](const T* data, int width) {  // rows may lie across two lines
      __builtin_prefetch(data + e * width);
      __builtin_prefetch(data + (e + 1) * width - 1);
    };
    row(conv.hidden.edge_EC, conv.hidden.n_edge);
    row(conv.y_E9.data(), 9);
    if (dedge_EC) row(dedge_EC, conv.hidden.n_edge);
  }
}

// the first n_k rows of `tile`, (n_k, width), to (width, pitch), zeros in the columns beyond
template <class T>
inline void transpose_tile(int n_k, int pitch, int width, const T* tile, T* out) {
  for (int c = 0; c < width; ++c)
    for (int k = 0; k < pitch; ++k) out[c * pitch + k] = k < n_k ? tile[k * width + c] : T(0);
}

}  // namespace regrain::kernels::tensor_product
