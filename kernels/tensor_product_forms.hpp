// The three forms behind tensor_product_convolution; see tensor_product.hpp.
#pragma once

#include <omp.h>

#include <cstdint>

#include "kernels/parallel.hpp"
#include "kernels/tensor_product.hpp"

namespace regrain::kernels::tensor_product {

// The last matrix with its bias as row n_k - 1, transposed and multiplied by the paths' coefficients:
// [k][path][u][w] and [k][path][w][u], u a channel of the sender, w of the result.
template <class T>
struct Weights {
  const T *by_in, *by_out;
  int n_k;         // hidden activations plus the bias
  int padded_n_k;  // a multiple of 8
  int n;           // weights of one edge
};

template <class T>
struct Convolution {
  int level;
  GraphView g;
  View<const T, 2> x_MF, y_E9, h_EK;
  Weights<T> weights;
};

template <class T>
struct Gradients {
  View<const T, 2> dout_NF;
  View<T, 2> dx_MF, dh_EK;
  T* dweights;  // [chunk][k][path][u][w], zeroed: nodes are cut into chunks, each adds to its own
  int n_chunks;
};

// Number of chunks: a function of the number of nodes alone, see parallel.hpp.
inline int weight_chunks(int n_nodes) { return std::clamp((n_nodes + 15) / 16, 1, kSumChunks); }

template <class T>
void forward_direct(Cpu, const Convolution<T>&, View<T, 2> out_NF);
template <class T>
void backward_direct(Cpu, const Convolution<T>&, const Gradients<T>&);
template <class T>
void forward_by_receiver(Cpu, const Convolution<T>&, View<T, 2> out_NF);
template <class T>
void backward_by_receiver(Cpu, const Convolution<T>&, const Gradients<T>&);
template <class T>
void forward_by_sender(Cpu, const Convolution<T>&, View<T, 2> out_NF);
template <class T>
void backward_by_sender(Cpu, const Convolution<T>&, const Gradients<T>&);

// f(node, scratch) for every node, with `scratch_size` elements per thread
template <class T, class F>
void for_each_node(Cpu be, int n_nodes, double work, std::size_t scratch_size, F f) {
  const Arena::Scope scope(*be.scratch);
  T* scratch = be.scratch->allocate_array<T>(scratch_size * static_cast<std::size_t>(be.n_threads));
  parallel_for_ragged(be, n_nodes, work, [&](int node) {
    f(node, scratch + scratch_size * static_cast<std::size_t>(omp_get_thread_num()));
  });
}

// the same chunk by chunk: f(node, dweights, scratch)
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
      f(node, grad.dweights + static_cast<std::size_t>(c) * chunk_size, mine);
  }
}

// Hidden activations of a lot of edges as rows [h | 1 | 0...] of padded_n_k. `edge(t)` names the t-th.
template <class T, class Edge>
void load_hidden(const Convolution<T>& conv, int n, Edge edge, T* rows) {
  const int k = conv.weights.n_k - 1;
  for (int t = 0; t < n; ++t, rows += conv.weights.padded_n_k) {
    std::copy_n(conv.h_EK.row(edge(t)), k, rows);
    rows[k] = T(1);
    std::fill(rows + k + 1, rows + conv.weights.padded_n_k, T(0));
  }
}

}  // namespace regrain::kernels::tensor_product
