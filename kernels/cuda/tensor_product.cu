// The tensor-product convolution on the device: harmonics first, a block a receiver.
//
// A receiver gathers A[k] = sum over its edges of h_k (x_j coupled with Y), 37 x 128 values that stay in registers, and
// meets the weights once. Every sum has one writer, and nothing of an edge but its inputs is in memory.
#include "kernels/tensor_product.hpp"

#include "kernels/cuda/tensor_product.cuh"
#include "kernels/tensor_product_checks.hpp"

namespace regrain::kernels {

namespace tp = tensor_product;

namespace tensor_product {

namespace {

// out(k, o) = coefficient weight(o, k), of the bias behind the last k, then zeros. Grid: thread k n + o. 60 KiB: the
// time of a launch.
template <int Level, class T>
__global__ void __launch_bounds__(kBlock)
    prepare_weights_kernel(int pitch, View<const T, 2> weight_OK, View<const T, 1> bias_O, T* out_PO) {
  constexpr int n = n_tensor_weights(Level);
  const int at = static_cast<int>(thread_of_grid()), k = at / n, o = at % n, n_k = weight_OK.dim(1);
  if (k >= pitch) return;
  out_PO[at] = k > n_k ? T(0) : static_cast<T>(coefficient_of<Level>(o)) * (k < n_k ? weight_OK(o, k) : bias_O(o));
}

// lot.columns = the features of the edge in this lane coupled with its harmonics; paths are dealt out to the warps
template <int Level, class T>
__device__ inline void couple_lot(const Lot<T>& lot) {
  constexpr int width = coupled_width(Level), n_in = feature_width(Level);
  const int warp = static_cast<int>(threadIdx.x / 32), t = static_cast<int>(threadIdx.x % 32);
  const Harmonics<T> harmonics(lot.harmonics + t * kHarmonics);
  for_each_path<Level>([&](auto p) {
    constexpr TensorPath path = kTensorPaths[p];
    constexpr int column = coupled_column(p);
    if (p % kTileWarps != warp) return;
    const T* x = lot.features + t * (n_in | 1) + path.in;
    T* out = lot.columns + t * lot_pitch(width) + column;
    for (int c = 0; c < path.n_in; ++c)
      couple_channel<path.coupling, false>(
          harmonics, [&](int m) { return x[m * path.n_in + c]; }, [&](int m, T v) { out[m * path.n_in + c] = v; });
  });
}

template <int Level>
constexpr int receiver_scratch(int n_edge) {  // a lot, later the tile
  return std::max(Lot<float>::size(coupled_width(Level), feature_width(Level), n_edge),
                  kHiddenTile * coupled_width(Level));
}

// Blocks a multiprocessor is to hold at the least: the most for which no register spills.
template <class T>
constexpr unsigned kReceiverBlocks = sizeof(T) == sizeof(float) ? 5 : 2;

// out(i) = mean over the edges into i of (x_j (x) Y ; weights of h).
// Grid: a block a receiver. Lots of 32 edges: rows into shared memory, a warp a row; hidden columns and coupled features,
// an edge a lane; then lane l of warp w adds to its 8 x 4 values of A. In the end thread o multiplies weight o of every
// k with A, and thread c adds what makes column c of the result, in order.
// An edge takes 2 x 40 x (12 + 128) operations and (2 x 40 + 36 + 12 + 9) values read, half of them from L2, a receiver
// 2 x 37 x 800 operations and the weights' 57 KiB, from L1 and L2: limited by multiplications in float, of which there
// are 8 for one or two loads of shared memory.
template <int Level, class T>
__global__ void __launch_bounds__(kTileBlock, kReceiverBlocks<T>)
    receiver_kernel(DeviceConvolution<T> conv, View<T, 2> out_NF) {
  constexpr int width = coupled_width(Level), n_out = feature_width(Level + 1), n_in = feature_width(Level);
  constexpr int n = n_tensor_weights(Level);
  REGRAIN_DYNAMIC_SHARED(T, shared);
  const GraphView& g = conv.g;
  const int i = static_cast<int>(blockIdx.x), begin = g.offset[i], end = g.offset[i + 1];
  const int thread = static_cast<int>(threadIdx.x), lane = thread % 32;
  T *parts = shared + receiver_scratch<Level>(conv.hidden.n_edge), *tile = shared;
  const Lot<T> lot(shared, width, n_in);
  if (begin == end) {  // the whole block
    if (thread < n_out) out_NF(i, thread) = T(0);
    return;
  }
  for (int at = thread; at < 3 * n; at += kTileBlock) parts[at] = T(0);

  for (int first_column = 0; first_column <= conv.hidden.n_k; first_column += kHiddenTile) {
    T sum[kWarpRows][lane_columns(width)] = {};
    for (int first = begin; first < end; first += kLotEdges) {
      const int count = end - first < kLotEdges ? end - first : kLotEdges;
      __syncthreads();  // nobody reads what was here
      load_lot<n_in>(
          conv, first_column, count,
          [&](int t) {
            return LotEdge{first + t, i, g.src[first + t]};
          },
          [&](LotEdge e) { return conv.x_MF.row(e.src); }, [](LotEdge) { return T(1); }, lot);
      __syncthreads();
      if (lane < count) {
        make_hidden(conv.hidden, first_column, lot);
        couple_lot<Level>(lot);
      }
      __syncthreads();
      add_lot<width>(count, lot, sum);
    }
    __syncthreads();
    store_tile<width>(sum, tile);
    __syncthreads();
    for (int o = thread; o < n; o += kTileBlock) {
      const WeightPlace place = coupled_place<Level>(o);
      const T* weight = conv.weight_PO + static_cast<std::ptrdiff_t>(first_column) * n + o;
      const T* a = tile + place.tile;
      T part[3] = {parts[3 * o], parts[3 * o + 1], parts[3 * o + 2]};
      for (int k = 0; k < kHiddenTile; ++k)
        for (int m = 0; m < place.components; ++m) part[m] += weight[k * n] * a[k * width + m * place.step];
      for (int m = 0; m < 3; ++m) parts[3 * o + m] = part[m];
    }
  }
  __syncthreads();
  if (thread >= n_out) return;
  T total = T(0);
  for_each_path<Level>([&](auto p) {
    constexpr TensorPath path = kTensorPaths[p];
    const int at = thread - path.out, m = at / path.n_out, w = at % path.n_out;
    if (at < 0 || at >= path.d_out * path.n_out) return;
    for (int u = 0; u < path.n_in; ++u) total += parts[3 * (path.weight + u * path.n_out + w) + m];
  });
  out_NF(i, thread) = total / static_cast<T>(end - begin);
}

template <class T>
void convolve(Cuda be, int level, const DeviceConvolution<T>& conv, View<T, 2> out_NF) {
  with_level(level, [&](auto l) {
    constexpr int kLevel = l;
    const int values = receiver_scratch<kLevel>(conv.hidden.n_edge) + 3 * n_tensor_weights(kLevel);
    launch<receiver_kernel<kLevel, T>>(be, dim3(static_cast<unsigned>(conv.g.n_dst)), kTileBlock,
                                       sizeof(T) * static_cast<std::size_t>(values), conv, out_NF);
  });
}

}  // namespace

template <class T>
const T* prepare_weights(Cuda be, int level, int pitch, View<const T, 2> weight_OK, View<const T, 1> bias_O) {
  const std::size_t size = static_cast<std::size_t>(pitch) * static_cast<std::size_t>(n_tensor_weights(level));
  T* weights = be.scratch->allocate_array<T>(size);
  with_level(level, [&](auto l) {
    constexpr int kLevel = l;
    launch<prepare_weights_kernel<kLevel, T>>(be, blocks_for(size), kBlock, 0, pitch, weight_OK, bias_O, weights);
  });
  return weights;
}

template const float* prepare_weights<float>(Cuda, int, int, View<const float, 2>, View<const float, 1>);
template const double* prepare_weights<double>(Cuda, int, int, View<const double, 2>, View<const double, 1>);

}  // namespace tensor_product

template <class T>
void tensor_product_convolution(Cuda be, TensorProductForm, int level, GraphView g, View<const T, 2> y_E9,
                                const EdgeNetwork<T>& network, View<const T, 2> weight_OK, View<const T, 1> bias_O,
                                View<T, 2> out_NF) {
  tp::check_shapes<T>(level, g, network, weight_OK, bias_O, out_NF);
  tp::check_harmonics(g, y_E9);
  const Arena::Scope scope(*be.scratch);
  const HiddenInputs<T> hidden = prepare_hidden(be, g, network);
  const T* weights = tp::prepare_weights(be, level, hidden.pitch, weight_OK, bias_O);
  tp::convolve<T>(be, level, {g, hidden, network.x_src, y_E9.data(), nullptr, weights}, out_NF);
}

template <class T>
void tensor_product_convolution(Cuda be, int level, GraphView g, View<const T, 2> x_N3, const EdgeNetwork<T>& network,
                                View<const T, 2> weight_OK, View<const T, 1> bias_O, View<T, 2> out_NF) {
  tp::check_shapes<T>(level, g, network, weight_OK, bias_O, out_NF);
  REGRAIN_CHECK(x_N3.dim(0) == g.n_dst && g.n_dst == g.n_src, "tensor_product: ", x_N3.dim(0),
                " points for a graph of ", g.n_src, " -> ", g.n_dst);
  const Arena::Scope scope(*be.scratch);
  const HiddenInputs<T> hidden = prepare_hidden(be, g, network);
  const T* weights = tp::prepare_weights(be, level, hidden.pitch, weight_OK, bias_O);
  tp::convolve<T>(be, level, {g, hidden, network.x_src, nullptr, x_N3.data(), weights}, out_NF);
}

#define REGRAIN_INSTANTIATE(T)                                                                                        \
  template void tensor_product_convolution<T>(Cuda, TensorProductForm, int, GraphView, View<const T, 2>,              \
                                              const EdgeNetwork<T>&, View<const T, 2>, View<const T, 1>, View<T, 2>); \
  template void tensor_product_convolution<T>(Cuda, int, GraphView, View<const T, 2>, const EdgeNetwork<T>&,          \
                                              View<const T, 2>, View<const T, 1>, View<T, 2>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
