// The narrow network on the inputs of every edge, on the device: an edge a thread, its rows in registers.
//
// Rows are 16 wide. The value behind a row's inputs, or its hidden channels, is 1 and meets the bias, so weights and
// biases are one matrix, forward and in the sums of the derivative.
#include "kernels/edge_embedding.hpp"

#include "kernels/cuda/four.cuh"
#include "kernels/cuda/launch.hpp"
#include "kernels/cuda/sums.cuh"
#include "kernels/edge_blocks.hpp"
#include "kernels/edge_inputs.hpp"

namespace regrain::kernels {

namespace {

constexpr int kRow = 16, kMatrix = kRow * kRow;
static_assert(kDeviceChannels + 1 == kRow && kLabelledInputs < kRow);

// Both matrices in shared memory, 0 beyond their sizes: first[h][i], last[h][o].
template <class T>
__device__ inline void load_matrices(const EmbeddingNetwork<T>& net, T* first, T* last) {
  const int n_in = net.first_HI.dim(1), n_hidden = net.first_HI.dim(0), n_out = net.last_OH.dim(0);
  for (int at = static_cast<int>(threadIdx.x); at < kMatrix; at += static_cast<int>(blockDim.x)) {
    const int h = at / kRow, c = at % kRow;
    first[at] = h >= n_hidden || c > n_in ? T(0) : c < n_in ? net.first_HI(h, c) : net.first_bias_H(h);
    last[at] = h > n_hidden || c >= n_out ? T(0) : h < n_hidden ? net.last_OH(c, h) : net.last_bias_O(c);
  }
  __syncthreads();
}

template <class T>
__device__ inline T dot_row(const T* row, const T (&x)[kRow]) {
  T sum = T(0);
  REGRAIN_UNROLL
  for (int q = 0; q < kRow; q += 4) {
    const auto w = load_four(row + q);
    REGRAIN_UNROLL
    for (int r = 0; r < 4; ++r) sum += w.v[r] * x[q + r];
  }
  return sum;
}

// y = last relu(first x), both with their biases
template <class T>
__device__ inline void embed_row(int n_hidden, const T* first, const T* last, const T (&x)[kRow], int n_out, T* y_O) {
  T y[kRow];
  REGRAIN_UNROLL
  for (int o = 0; o < kRow; ++o) y[o] = last[n_hidden * kRow + o];
  for (int h = 0; h < n_hidden; ++h) {
    const T sum = dot_row(first + h * kRow, x), value = sum > T(0) ? sum : T(0);
    REGRAIN_UNROLL
    for (int q = 0; q < kRow; q += 4) {
      const auto w = load_four(last + h * kRow + q);
      REGRAIN_UNROLL
      for (int r = 0; r < 4; ++r) y[q + r] += w.v[r] * value;
    }
  }
  REGRAIN_UNROLL
  for (int o = 0; o < kRow; ++o)
    if (o < n_out) y_O[o] = y[o];
}

// n values and the one that stands behind them
template <class T>
__device__ inline void load_row(const T* from, int n, T behind, T (&x)[kRow]) {
  REGRAIN_UNROLL
  for (int i = 0; i < kRow; ++i) x[i] = i < n ? from[i] : i == n ? behind : T(0);
}

// y(e) = network of x(e). Grid: thread e writes row e. 14 values read and 12 written an edge for 2 x 400 operations:
// limited by memory, rows of neighbouring threads lie side by side and come through L1.
template <class T>
__global__ void __launch_bounds__(kBlock)
    edge_embedding_kernel(View<const T, 2> x_EI, EmbeddingNetwork<T> net, View<T, 2> y_EO) {
  REGRAIN_SHARED_ARRAY(Four<T>, first_4, kMatrix / 4);
  REGRAIN_SHARED_ARRAY(Four<T>, last_4, kMatrix / 4);
  T *first = first_4->v, *last = last_4->v;
  load_matrices(net, first, last);
  const std::size_t at = thread_of_grid();
  if (at >= static_cast<std::size_t>(x_EI.dim(0))) return;
  const int e = static_cast<int>(at);
  T x[kRow];
  load_row(x_EI.row(e), x_EI.dim(1), T(1), x);
  embed_row(net.first_HI.dim(0), first, last, x, y_EO.dim(1), y_EO.row(e));
}

// The same from points and labels; the inputs of an edge are never stored. Grid: a warp a receiver, its lanes take
// the edges in turn. A gathered point and label, mostly from L2, and 12 values written an edge; 8 exponentials and
// 2 x 400 operations: in float limited by arithmetic and memory alike.
template <class T>
__global__ void __launch_bounds__(kBlock)
    labelled_embedding_kernel(GraphView g, LabelledPoints<T> nodes, EmbeddingNetwork<T> net, View<T, 2> y_EO) {
  REGRAIN_SHARED_ARRAY(Four<T>, first_4, kMatrix / 4);
  REGRAIN_SHARED_ARRAY(Four<T>, last_4, kMatrix / 4);
  T *first = first_4->v, *last = last_4->v;
  load_matrices(net, first, last);
  const std::size_t warp = thread_of_grid() / 32;
  if (warp >= static_cast<std::size_t>(g.n_dst)) return;
  const int i = static_cast<int>(warp), end = g.offset[i + 1];
  for (int e = g.offset[i] + static_cast<int>(threadIdx.x % 32); e < end; e += 32) {
    const int j = g.src[e];
    T r[3], gaussians[kDistanceGaussians], x[kRow] = {};
    for (int k = 0; k < 3; ++k) r[k] = nodes.x_N3(j, k) - nodes.x_N3(i, k);
    distance_gaussians(r, nodes.reach, gaussians);
    x[0] = nodes.label_scale * static_cast<T>(nodes.label_N(i));
    x[1] = nodes.label_scale * static_cast<T>(nodes.label_N(j));
    REGRAIN_UNROLL
    for (int k = 0; k < kDistanceGaussians; ++k) x[6 + k] = gaussians[k];
    x[kLabelledInputs] = T(1);
    embed_row(net.first_HI.dim(0), first, last, x, y_EO.dim(1), y_EO.row(e));
  }
}

// Parts the derivative's sums are made of, lots of edges a block takes.
constexpr int kParts = 512, kLot = 64, kLotPitch = kRow + 4;

// partial(matrix, row, column, part): of the edges of a part, matrix 0 the sum of da x, matrix 1 that of dy h.
// Grid: block p takes lots p, p + kParts, ... of 64 edges. Thread t makes the rows x, h, dy and da of edge t in shared
// memory, then sums 4 columns of row t / 4 of both matrices over the lot, in order. 26 values read an edge for
// 2 x 1300 operations: limited by shared memory, two loads for 4 multiplications.
template <class T>
__global__ void __launch_bounds__(kLot) edge_embedding_sums_kernel(View<const T, 2> x_EI, EmbeddingNetwork<T> net,
                                                                   View<const T, 2> dy_EO, double* partial) {
  REGRAIN_SHARED_ARRAY(Four<T>, first_4, kMatrix / 4);
  REGRAIN_SHARED_ARRAY(Four<T>, last_4, kMatrix / 4);
  REGRAIN_SHARED_ARRAY(Four<T>, rows_4, 4 * kLot * kLotPitch / 4);
  T *first = first_4->v, *last = last_4->v, *x_rows = rows_4->v, *h_rows = x_rows + kLot * kLotPitch,
    *da_rows = h_rows + kLot * kLotPitch, *dy_rows = da_rows + kLot * kLotPitch;
  load_matrices(net, first, last);
  const int t = static_cast<int>(threadIdx.x), n_edges = x_EI.dim(0), n_hidden = net.first_HI.dim(0);
  const int row = t / 4, column = t % 4 * 4;
  T dfirst[4] = {}, dlast[4] = {};
  for (long long begin = static_cast<long long>(blockIdx.x) * kLot; begin < n_edges; begin += kParts * kLot) {
    const int lot = static_cast<int>(begin), count = n_edges - lot < kLot ? n_edges - lot : kLot;
    if (t < count) {
      T x[kRow], dy[kRow];
      load_row(x_EI.row(lot + t), x_EI.dim(1), T(1), x);
      load_row(dy_EO.row(lot + t), dy_EO.dim(1), T(0), dy);
      REGRAIN_UNROLL
      for (int i = 0; i < kRow; ++i) {
        x_rows[t * kLotPitch + i] = x[i];
        dy_rows[t * kLotPitch + i] = dy[i];
      }
      for (int h = 0; h < kRow; ++h) {
        const T a = h < n_hidden ? dot_row(first + h * kRow, x) : T(0);
        h_rows[t * kLotPitch + h] = h == n_hidden ? T(1) : a > T(0) ? a : T(0);
        da_rows[t * kLotPitch + h] = a > T(0) ? dot_row(last + h * kRow, dy) : T(0);
      }
    }
    __syncthreads();
    for (int k = 0; k < count; ++k) {
      const T *at = rows_4->v + k * kLotPitch, da = da_rows[k * kLotPitch + row], dy = dy_rows[k * kLotPitch + row];
      const auto x = load_four(at + column);
      const auto h = load_four(at + kLot * kLotPitch + column);
      REGRAIN_UNROLL
      for (int r = 0; r < 4; ++r) {
        dfirst[r] += da * x.v[r];
        dlast[r] += dy * h.v[r];
      }
    }
    __syncthreads();
  }
  for (int r = 0; r < 4; ++r) {
    const int element = row * kRow + column + r;
    partial[element * kParts + static_cast<int>(blockIdx.x)] = static_cast<double>(dfirst[r]);
    partial[(kMatrix + element) * kParts + static_cast<int>(blockIdx.x)] = static_cast<double>(dlast[r]);
  }
}

// Gradients += the sums over parts. Grid: a warp an element of both matrices, its lanes take the parts in turn. 2 MiB
// read, from L2: the time of a launch.
template <class T>
__global__ void __launch_bounds__(kBlock)
    edge_embedding_gradient_kernel(const double* partial, EmbeddingGradient<T> grad) {
  const int element = static_cast<int>(thread_of_grid() / 32), lane = static_cast<int>(threadIdx.x % 32);
  double sum = 0;
  for (int p = lane; p < kParts; p += 32) sum += partial[element * kParts + p];
  sum = warp_sum(sum);
  if (lane != 0) return;
  const int row = element % kMatrix / kRow, column = element % kRow;
  const int n_hidden = grad.dfirst_HI.dim(0), n_in = grad.dfirst_HI.dim(1), n_out = grad.dlast_OH.dim(0);
  const T value = static_cast<T>(sum);
  if (element < kMatrix) {
    if (row < n_hidden && column < n_in) grad.dfirst_HI(row, column) += value;
    if (row < n_hidden && column == n_in) grad.dfirst_bias_H(row) += value;
  } else {
    if (row < n_out && column < n_hidden) grad.dlast_OH(row, column) += value;
    if (row < n_out && column == n_hidden) grad.dlast_bias_O(row) += value;
  }
}

template <class T>
void check(int inputs, const EmbeddingNetwork<T>& net, int outputs) {
  check_embedding(inputs, net, outputs);
  REGRAIN_CHECK(inputs <= kDeviceChannels && net.first_HI.dim(0) <= kDeviceChannels && outputs <= kDeviceChannels,
                "edge_embedding: ", inputs, " -> ", net.first_HI.dim(0), " -> ", outputs, " channels, a device takes ",
                kDeviceChannels);
}

}  // namespace

template <class T>
void edge_embedding(Cuda be, View<const T, 2> x_EI, const EmbeddingNetwork<T>& network, View<T, 2> y_EO) {
  check(x_EI.dim(1), network, y_EO.dim(1));
  launch<edge_embedding_kernel<T>>(be, blocks_for(static_cast<std::size_t>(x_EI.dim(0))), kBlock, 0, x_EI, network,
                                   y_EO);
}

template <class T>
void edge_embedding_backward(Cuda be, View<const T, 2> x_EI, const EmbeddingNetwork<T>& network, View<const T, 2> dy_EO,
                             const EmbeddingGradient<T>& grad) {
  check(x_EI.dim(1), network, dy_EO.dim(1));
  const Arena::Scope scope(*be.scratch);
  auto* partial = be.scratch->allocate_array<double>(2 * kMatrix * kParts);
  launch<edge_embedding_sums_kernel<T>>(be, kParts, kLot, 0, x_EI, network, dy_EO, partial);
  launch<edge_embedding_gradient_kernel<T>>(be, blocks_for(2 * kMatrix * 32), kBlock, 0, partial, grad);
}

template <class T>
void embed_labelled_edges(Cuda be, GraphView g, const LabelledPoints<T>& nodes, const EmbeddingNetwork<T>& network,
                          View<T, 2> y_EO) {
  check(kLabelledInputs, network, y_EO.dim(1));
  REGRAIN_CHECK(
      nodes.x_N3.dim(0) == g.n_dst && g.n_dst == g.n_src && nodes.label_N.dim(0) == g.n_dst && y_EO.dim(0) == g.n_edges,
      "embed_labelled_edges: ", nodes.x_N3.dim(0), " points, ", nodes.label_N.dim(0), " labels and ", y_EO.dim(0),
      " rows for a graph of ", g.n_src, " -> ", g.n_dst, " nodes and ", g.n_edges, " edges");
  launch<labelled_embedding_kernel<T>>(be, blocks_for(static_cast<std::size_t>(g.n_dst) * 32), kBlock, 0, g, nodes,
                                       network, y_EO);
}

#define REGRAIN_INSTANTIATE(T)                                                                                   \
  template void edge_embedding<T>(Cuda, View<const T, 2>, const EmbeddingNetwork<T>&, View<T, 2>);               \
  template void edge_embedding_backward<T>(Cuda, View<const T, 2>, const EmbeddingNetwork<T>&, View<const T, 2>, \
                                           const EmbeddingGradient<T>&);                                         \
  template void embed_labelled_edges<T>(Cuda, GraphView, const LabelledPoints<T>&, const EmbeddingNetwork<T>&,   \
                                        View<T, 2>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
