// The derivative of the tensor-product convolution on the device: weights first, a sender after another in each block.
//
// A sender contracts the weights with its own features once, P[k], and its edges take dh = dmixed . P from there and
// add h dmixed to dP; dP then meets the weights for dx and the features for dW. The gradients of hidden rows go to
// memory, 40 values an edge where the weights would be 384, so that receivers sum theirs in their own order.
#include "kernels/cuda/sums.cuh"
#include "kernels/cuda/tensor_product.cuh"
#include "kernels/tensor_product.hpp"
#include "kernels/tensor_product_checks.hpp"

namespace regrain::kernels {

namespace tp = tensor_product;

// for the rows behind the last edge, which are few
constexpr unsigned kBehindBlocks = 32;

namespace tensor_product {

namespace {

// Blocks of senders one behind another, each with sums of dW of its own: a function of the number of senders alone.
constexpr int kMaxChunks = 512;
inline int sender_chunks(int n_src) { return std::min(n_src, kMaxChunks); }

template <class T>
struct DeviceGradients {
  View<const T, 2> dout_NF;
  View<T, 2> dx_MF;         // without data if not wanted
  T *dhidden_EP, *dsrc_MP;  // of relu's argument, and its sums over each sender's edges
  T* dweight_XKO;           // a chunk's sums, of n_k + 1 rows
};

// pairs of a path and a channel of its result
constexpr int mixed_channels(int level) {
  int n = 0;
  for (int p = 0; p < n_tensor_paths(level); ++p) n += kTensorPaths[p].n_out;
  return n;
}
struct ChannelPlace {
  int weight, weight_step, n_in;  // its weights, for each channel of the sender
  int x, column, column_step, components;
};
template <int Level>
__device__ inline ChannelPlace channel_place(int channel) {
  ChannelPlace place{};
  int before = 0;
  for_each_path<Level>([&](auto p) {
    constexpr TensorPath path = kTensorPaths[p];
    constexpr int column = mixed_column(p);
    const int w = channel - before;
    if (w >= 0 && w < path.n_out)
      place = {path.weight + w, path.n_out, path.n_in, path.in, column + w, path.n_out, path.d_in};
    before += path.n_out;
  });
  return place;
}

// mixed[column][k] = P for hidden columns from first_column on. A thread has one channel of one path and every few k:
// each weight is read once, by one thread.
template <int Level, class T>
__device__ inline void mix_sender(const DeviceConvolution<T>& conv, int first_column, const T* x, T* mixed) {
  constexpr int channels = mixed_channels(Level), groups = kTileBlock / channels, n = n_tensor_weights(Level);
  const int group = static_cast<int>(threadIdx.x) / channels;
  if (group >= groups) return;
  const ChannelPlace place = channel_place<Level>(static_cast<int>(threadIdx.x) % channels);
  for (int k = group; k < kHiddenTile; k += groups) {
    const T* weight = conv.weight_PO + static_cast<std::ptrdiff_t>(first_column + k) * n + place.weight;
    T sum[3] = {};
    for (int u = 0; u < place.n_in; ++u)
      for (int m = 0; m < place.components; ++m)
        sum[m] += weight[u * place.weight_step] * x[place.x + m * place.n_in + u];
    for (int m = 0; m < place.components; ++m)
      mixed[(place.column + m * place.column_step) * kHiddenPitch + k] = sum[m];
  }
}

// lot.columns = the gradient of the edge in this lane taken back through the coupling; paths are dealt out to the warps
template <int Level, class T>
__device__ inline void couple_lot_back(const Lot<T>& lot) {
  constexpr int width = mixed_width(Level), n_out = feature_width(Level + 1);
  const int warp = static_cast<int>(threadIdx.x / 32), t = static_cast<int>(threadIdx.x % 32);
  const Harmonics<T> harmonics(lot.harmonics + t * kHarmonics);
  for_each_path<Level>([&](auto p) {
    constexpr TensorPath path = kTensorPaths[p];
    constexpr int column = mixed_column(p);
    if (p % kTileWarps != warp) return;
    const T* dout = lot.features + t * (n_out | 1) + path.out;
    T* out = lot.columns + t * lot_pitch(width) + column;
    for (int c = 0; c < path.n_out; ++c)
      couple_channel<path.coupling, true>(
          harmonics, [&](int m) { return dout[m * path.n_out + c]; }, [&](int m, T v) { out[m * path.n_out + c] = v; });
  });
}

// dh of this warp's eight hidden columns for the edge in this lane, 0 where h is: to memory, and added to the sender's.
// Three loads of shared memory for 8 multiplications.
template <int Level, class T>
__device__ inline void hidden_gradient(const Lot<T>& lot, const T* mixed, T* dhidden_P, T (&of_sender)[kWarpRows]) {
  constexpr int width = mixed_width(Level);
  const int warp = static_cast<int>(threadIdx.x / 32), t = static_cast<int>(threadIdx.x % 32);
  const T *columns = lot.columns + t * lot_pitch(width), *h = lot.hidden + t * kHiddenPitch + warp * kWarpRows;
  const T* p = mixed + warp * kWarpRows;
  Four<T> sum[2] = {};
  for (int c = 0; c < width; ++c, p += kHiddenPitch) {
    const Four<T> row[2] = {load_four(p), load_four(p + 4)};
    REGRAIN_UNROLL
    for (int r = 0; r < kWarpRows; ++r) sum[r / 4].v[r % 4] += columns[c] * row[r / 4].v[r % 4];
  }
  REGRAIN_UNROLL
  for (int r = 0; r < kWarpRows; ++r) {
    T& d = sum[r / 4].v[r % 4];
    d = h[r] > T(0) ? d : T(0);
    of_sender[r] += d;
  }
  store_four(dhidden_P + warp * kWarpRows, sum[0]);
  store_four(dhidden_P + warp * kWarpRows + 4, sum[1]);
}

template <int Level>
constexpr int sender_scratch(int n_edge) {  // a lot, later the tile
  return std::max(Lot<float>::size(mixed_width(Level), feature_width(Level + 1), n_edge),
                  kHiddenTile * mixed_width(Level));
}
template <int Level>
constexpr int sender_shared(int n_edge) {
  return sender_scratch<Level>(n_edge) + mixed_width(Level) * kHiddenPitch + 3 * n_tensor_weights(Level) +
         feature_width(Level);
}

// Blocks a multiprocessor is to hold at the least: the most for which no register spills.
template <int Level, class T>
constexpr unsigned kSenderBlocks = sizeof(T) == sizeof(float) ? 4 - Level : 1;

// dx(j) += ..., the rows of dhidden and dsrc, and a chunk's sums of dweight.
// Grid: block c takes the senders of chunk c one after another, the edges of each in lots of 32 in the senders' order:
// rows into shared memory, a warp a row; hidden columns and gradients taken back through the coupling, an edge a lane;
// then lane l of warp w adds to its 8 x 5 values of dP and makes 8 columns of its edge's dh. In the end thread o has
// weight o of every k, for dx and dW.
// An edge takes 2 x 40 x (12 + 160 + 160) operations and (2 x 40 + 48 + 12 + 9) values read and 40 written, half of them
// in L2; a sender 2 x 37 x 2000 operations, the weights' 57 KiB twice and as much of dW read and written, in L2: limited
// by shared memory, 10 loads for 8 x 6 multiplications.
template <int Level, class T>
__global__ void __launch_bounds__(kTileBlock, kSenderBlocks<Level, T>)
    sender_backward_kernel(DeviceConvolution<T> conv, DeviceGradients<T> grad) {
  constexpr int width = mixed_width(Level), n_out = feature_width(Level + 1), n_in = feature_width(Level);
  constexpr int n = n_tensor_weights(Level);
  REGRAIN_DYNAMIC_SHARED(T, shared);
  const GraphView& g = conv.g;
  const HiddenInputs<T>& hidden = conv.hidden;
  const int thread = static_cast<int>(threadIdx.x), lane = thread % 32, warp = thread / 32;
  T *tile = shared, *mixed = shared + sender_scratch<Level>(hidden.n_edge), *parts = mixed + width * kHiddenPitch,
    *x = parts + 3 * n;
  const Lot<T> lot(shared, width, n_out);
  T* dweight_KO =
      grad.dweight_XKO + static_cast<std::size_t>(blockIdx.x) * static_cast<std::size_t>((hidden.n_k + 1) * n);
  for (int at = thread; at < (hidden.n_k + 1) * n; at += kTileBlock) dweight_KO[at] = T(0);
  __syncthreads();
  const auto bound = [&](unsigned chunk) {
    return static_cast<int>(static_cast<long long>(g.n_src) * chunk / gridDim.x);
  };
  for (int j = bound(blockIdx.x); j < bound(blockIdx.x + 1); ++j) {
    const int begin = g.src_offset[j], end = g.src_offset[j + 1];
    T* dsrc_P = grad.dsrc_MP + static_cast<std::ptrdiff_t>(j) * hidden.pitch;
    if (begin == end) {  // the whole block
      for (int k = thread; k < hidden.pitch; k += kTileBlock) dsrc_P[k] = T(0);
      continue;
    }
    __syncthreads();  // nobody reads the last sender's
    for (int c = thread; c < n_in; c += kTileBlock) x[c] = conv.x_MF(j, c);
    for (int at = thread; at < 3 * n; at += kTileBlock) parts[at] = T(0);

    for (int first_column = 0; first_column <= hidden.n_k; first_column += kHiddenTile) {
      __syncthreads();
      mix_sender<Level>(conv, first_column, x, mixed);
      T sum[kWarpRows][lane_columns(width)] = {}, of_sender[kWarpRows] = {};
      for (int first = begin; first < end; first += kLotEdges) {
        const int count = end - first < kLotEdges ? end - first : kLotEdges;
        const auto edge = [&](int t) {
          const int e = g.by_src[first + t];
          return LotEdge{e, g.dst[e], j};
        };
        __syncthreads();  // nobody reads what was here
        load_lot<n_out>(
            conv, first_column, count, edge, [&](LotEdge e) { return grad.dout_NF.row(e.dst); },
            [&](LotEdge e) { return T(1) / static_cast<T>(g.offset[e.dst + 1] - g.offset[e.dst]); }, lot);
        __syncthreads();
        if (lane < count) {
          make_hidden(hidden, first_column, lot);
          couple_lot_back<Level>(lot);
        }
        __syncthreads();
        add_lot<width>(count, lot, sum);
        if (lane < count)
          hidden_gradient<Level>(
              lot, mixed, grad.dhidden_EP + static_cast<std::ptrdiff_t>(edge(lane).e) * hidden.pitch + first_column,
              of_sender);
      }
      __syncthreads();
      store_tile<width>(sum, tile);
      REGRAIN_UNROLL
      for (int r = 0; r < kWarpRows; ++r) {
        const T total = warp_sum(of_sender[r]);
        if (lane == r) dsrc_P[first_column + warp * kWarpRows + r] = total;
      }
      __syncthreads();
      const int rows = hidden.n_k + 1 - first_column < kHiddenTile ? hidden.n_k + 1 - first_column : kHiddenTile;
      for (int o = thread; o < n; o += kTileBlock) {
        const WeightPlace place = mixed_place<Level>(o);
        const std::ptrdiff_t at = static_cast<std::ptrdiff_t>(first_column) * n + o;
        const T *weight = conv.weight_PO + at, *dp = tile + place.tile;
        T* dweight = dweight_KO + at;
        T part[3] = {parts[3 * o], parts[3 * o + 1], parts[3 * o + 2]};
        for (int k = 0; k < rows; ++k) {
          T outer = T(0);
          for (int m = 0; m < place.components; ++m) {
            const T d = dp[k * width + m * place.step];
            part[m] += weight[k * n] * d;
            outer += x[place.x + m * place.x_step] * d;
          }
          dweight[k * n] += outer;
        }
        for (int m = 0; m < 3; ++m) parts[3 * o + m] = part[m];
      }
    }
    __syncthreads();
    if (thread < n_in && grad.dx_MF.data()) {
      T total = T(0);
      for_each_path<Level>([&](auto p) {
        constexpr TensorPath path = kTensorPaths[p];
        const int at = thread - path.in, m = at / path.n_in, u = at % path.n_in;
        if (at < 0 || at >= path.d_in * path.n_in) return;
        for (int w = 0; w < path.n_out; ++w) total += parts[3 * (path.weight + u * path.n_out + w) + m];
      });
      grad.dx_MF(j, thread) += total;
    }
  }
}

// Rows behind the last edge, where there is room for more, are 0: nothing is to be summed from them. Grid: threads
// take the elements in turn.
template <class T>
__global__ void __launch_bounds__(kBlock) clear_behind_kernel(GraphView g, int pitch, T* rows_EP) {
  const std::size_t columns = static_cast<std::size_t>(pitch), end = columns * static_cast<std::size_t>(g.n_edges);
  const std::size_t first = columns * static_cast<std::size_t>(g.offset[g.n_dst]);
  for (std::size_t i = first + thread_of_grid(); i < end; i += std::size_t{gridDim.x} * kBlock) rows_EP[i] = T(0);
}

// dweight(o, k), dbias(o) += coefficient times the sum over chunks, in their order. Grid: thread k n + o. 512 x 57 KiB
// read, from L2 mostly.
template <int Level, class T>
__global__ void __launch_bounds__(kBlock)
    add_chunks_kernel(const T* dweight_XKO, int n_chunks, int n_k, View<T, 2> dweight_OK, View<T, 1> dbias_O) {
  constexpr int n = n_tensor_weights(Level);
  const int at = static_cast<int>(thread_of_grid()), k = at / n, o = at % n;
  if (k > n_k || (k < n_k ? !dweight_OK.data() : !dbias_O.data())) return;
  const std::size_t size = static_cast<std::size_t>(n_k + 1) * static_cast<std::size_t>(n);
  double sum = 0;
  for (int c = 0; c < n_chunks; ++c)
    sum += static_cast<double>(dweight_XKO[static_cast<std::size_t>(c) * size + static_cast<std::size_t>(at)]);
  (k < n_k ? dweight_OK(o, k) : dbias_O(o)) += static_cast<T>(coefficient_of<Level>(o) * sum);
}

}  // namespace

}  // namespace tensor_product

template <class T>
void tensor_product_convolution_backward(Cuda be, TensorProductForm, int level, GraphView g, View<const T, 2> y_E9,
                                         const EdgeNetwork<T>& network, View<const T, 2> weight_OK,
                                         View<const T, 1> bias_O, View<const T, 2> dout_NF,
                                         const EdgeNetworkGradient<T>& dnetwork, View<T, 2> dweight_OK,
                                         View<T, 1> dbias_O) {
  tp::check_shapes<T>(level, g, network, weight_OK, bias_O, dout_NF);
  tp::check_harmonics(g, y_E9);
  if (g.n_edges == 0) return;
  const Arena::Scope scope(*be.scratch);
  const HiddenInputs<T> hidden = prepare_hidden(be, g, network);
  const T* weights = tp::prepare_weights(be, level, hidden.pitch, weight_OK, bias_O);
  const int n_chunks = tp::sender_chunks(g.n_src), n_k = hidden.n_k;
  const auto scratch = [&](int rows, int columns) {
    return be.scratch->allocate_array<T>(static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns));
  };
  const tp::DeviceGradients<T> grad{dout_NF, dnetwork.dx_src, scratch(g.n_edges, hidden.pitch),
                                    scratch(g.n_src, hidden.pitch),
                                    scratch(n_chunks * (n_k + 1), n_tensor_weights(level))};
  launch<tp::clear_behind_kernel<T>>(be, kBehindBlocks, kBlock, 0, g, hidden.pitch, grad.dhidden_EP);
  tp::with_level(level, [&](auto l) {
    constexpr int kLevel = l;
    const std::size_t shared = sizeof(T) * static_cast<std::size_t>(tp::sender_shared<kLevel>(hidden.n_edge));
    launch<tp::sender_backward_kernel<kLevel, T>>(
        be, dim3(static_cast<unsigned>(n_chunks)), tp::kTileBlock, shared,
        tp::DeviceConvolution<T>{g, hidden, network.x_src, y_E9.data(), nullptr, weights}, grad);
    launch<tp::add_chunks_kernel<kLevel, T>>(be,
                                             blocks_for(static_cast<std::size_t>((n_k + 1) * n_tensor_weights(level))),
                                             kBlock, 0, grad.dweight_XKO, n_chunks, n_k, dweight_OK, dbias_O);
  });
  edge_network_backward(be, g, network, hidden, grad.dhidden_EP, grad.dsrc_MP, dnetwork);
}

#define REGRAIN_INSTANTIATE(T)                                                                            \
  template void tensor_product_convolution_backward<T>(                                                   \
      Cuda, TensorProductForm, int, GraphView, View<const T, 2>, const EdgeNetwork<T>&, View<const T, 2>, \
      View<const T, 1>, View<const T, 2>, const EdgeNetworkGradient<T>&, View<T, 2>, View<T, 1>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
