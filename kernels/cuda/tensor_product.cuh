// The steps that both directions of the tensor product on the device are made of: a block of five warps takes the
// edges of one node in lots of 32, a lane each, and 40 hidden columns at a time, eight a warp.
#pragma once

#include "kernels/cuda/edge_network.cuh"
#include "kernels/cuda/four.cuh"
#include "kernels/spherical_harmonics.hpp"
#include "kernels/tensor_product_coupling.hpp"

namespace regrain::kernels::tensor_product {

constexpr int kLotEdges = 32, kTileWarps = 5, kWarpRows = 8, kTileBlock = 32 * kTileWarps;
static_assert(kTileWarps * kWarpRows == kHiddenTile && kWarpRows == 8);
// A lane's eight columns are loaded and stored in fours; this pitch puts those of eight lanes into different banks.
constexpr int kHiddenPitch = kHiddenTile + 4;

template <class T>
struct DeviceConvolution {
  GraphView g;
  HiddenInputs<T> hidden;
  View<const T, 2> x_MF;
  const T *y_E9, *x_N3;  // the harmonics, or the points they are made from if there are none
  const T* weight_PO;    // the last matrix by hidden column, its bias behind, times the paths' coefficients, then zeros
};

// columns of a tile a lane sums, `width` of them over the lanes of a warp
constexpr int lane_columns(int width) { return (width + 31) / 32; }
// pitch of a lot's rows of that many columns: odd, so that neither a row nor a column has two values in one bank
constexpr int lot_pitch(int width) { return 32 * lane_columns(width) + 1; }

// A lot in shared memory, a row an edge.
template <class T>
struct Lot {
  T *hidden, *columns, *features, *harmonics, *edge;

  static constexpr int size(int n_columns, int n_features, int n_edge) {
    return kLotEdges * (kHiddenPitch + lot_pitch(n_columns) + (n_features | 1) + kHarmonics + (n_edge | 1));
  }
  __device__ Lot(T* p, int n_columns, int n_features)
      : hidden(p),
        columns(hidden + kLotEdges * kHiddenPitch),
        features(columns + kLotEdges * lot_pitch(n_columns)),
        harmonics(features + kLotEdges * (n_features | 1)),
        edge(harmonics + kLotEdges * kHarmonics) {}
};

struct LotEdge {
  int e, dst, src;
};

// Rows of `count` edges, edge(t) the t-th: what nodes add to the hidden columns from first_column on, the inputs of the
// edge, its harmonics, and kWidth values scale(edge) times feature(edge)[.]. A warp a row, neighbouring lanes
// neighbouring values. Barriers before and after are the caller's.
template <int kWidth, class T, class Edge, class Feature, class Scale>
__device__ inline void load_lot(const DeviceConvolution<T>& conv, int first_column, int count, Edge edge,
                                Feature feature, Scale scale, const Lot<T>& lot) {
  const HiddenInputs<T>& in = conv.hidden;
  const int warp = static_cast<int>(threadIdx.x / 32), lane = static_cast<int>(threadIdx.x % 32);
  for (int t = warp; t < count; t += kTileWarps) {
    const LotEdge at = edge(t);
    const T *a = in.dst_NP + static_cast<std::ptrdiff_t>(at.dst) * in.pitch + first_column,
            *b = in.src_MP + static_cast<std::ptrdiff_t>(at.src) * in.pitch + first_column;
    for (int k = lane; k < kHiddenTile; k += 32) lot.hidden[t * kHiddenPitch + k] = a[k] + b[k];
    const T* inputs = in.edge_EC + static_cast<std::ptrdiff_t>(at.e) * in.n_edge;
    for (int c = lane; c < in.n_edge; c += 32) lot.edge[t * (in.n_edge | 1) + c] = inputs[c];
    if (conv.y_E9 && lane < kHarmonics)
      lot.harmonics[t * kHarmonics + lane] = conv.y_E9[static_cast<std::ptrdiff_t>(at.e) * kHarmonics + lane];
    const T* from = feature(at);
    const T factor = scale(at);
    for (int c = lane; c < kWidth; c += 32) lot.features[t * (kWidth | 1) + c] = factor * from[c];
  }
  if (!conv.y_E9 && warp == 0 && lane < count) {
    const LotEdge at = edge(lane);
    T r[3];
    for (int k = 0; k < 3; ++k)
      r[k] = conv.x_N3[3 * static_cast<std::ptrdiff_t>(at.src) + k] -
             conv.x_N3[3 * static_cast<std::ptrdiff_t>(at.dst) + k];
    harmonics_of(r, lot.harmonics + lane * kHarmonics);
  }
}

// This warp's eight hidden columns of the edge in this lane.
template <class T>
__device__ inline void make_hidden(const HiddenInputs<T>& in, int first_column, const Lot<T>& lot) {
  const int warp = static_cast<int>(threadIdx.x / 32), t = static_cast<int>(threadIdx.x % 32);
  T* row = lot.hidden + t * kHiddenPitch + warp * kWarpRows;
  const T* weight = in.weight_CP + first_column + warp * kWarpRows;
  Four<T> h[2] = {load_four(row), load_four(row + 4)};
  for (int c = 0; c < in.n_edge; ++c, weight += in.pitch) {
    const T x = lot.edge[t * (in.n_edge | 1) + c];
    const Four<T> w[2] = {load_four(weight), load_four(weight + 4)};
    REGRAIN_UNROLL
    for (int r = 0; r < kWarpRows; ++r) h[r / 4].v[r % 4] += x * w[r / 4].v[r % 4];
  }
  REGRAIN_UNROLL
  for (int r = 0; r < kWarpRows; ++r) {
    T& value = h[r / 4].v[r % 4];
    value = value > T(0) ? value : T(0);
  }
  store_four(row, h[0]);
  store_four(row + 4, h[1]);
}

// sum(r, j) += sum over the lot of hidden column (warp, r) times column lane + 32 j. Per edge 8 x J multiplications for
// J + 2 loads of shared memory.
template <int kWidth, class T>
__device__ inline void add_lot(int count, const Lot<T>& lot, T (&sum)[kWarpRows][lane_columns(kWidth)]) {
  const int warp = static_cast<int>(threadIdx.x / 32), lane = static_cast<int>(threadIdx.x % 32);
  const T *hidden = lot.hidden + warp * kWarpRows, *columns = lot.columns + lane;
  for (int t = 0; t < count; ++t) {
    const Four<T> h[2] = {load_four(hidden + t * kHiddenPitch), load_four(hidden + t * kHiddenPitch + 4)};
    for (int j = 0; j < lane_columns(kWidth); ++j) {
      const T x = columns[t * lot_pitch(kWidth) + 32 * j];
      REGRAIN_UNROLL
      for (int r = 0; r < kWarpRows; ++r) sum[r][j] += h[r / 4].v[r % 4] * x;
    }
  }
}

// tile[hidden column][kWidth]
template <int kWidth, class T>
__device__ inline void store_tile(const T (&sum)[kWarpRows][lane_columns(kWidth)], T* tile) {
  const int warp = static_cast<int>(threadIdx.x / 32), lane = static_cast<int>(threadIdx.x % 32);
  REGRAIN_UNROLL
  for (int r = 0; r < kWarpRows; ++r)
    for (int j = 0; j < lane_columns(kWidth); ++j)
      if (lane + 32 * j < kWidth) tile[(warp * kWarpRows + r) * kWidth + lane + 32 * j] = sum[r][j];
}

// What meets weight o: of the path's components the first stands at `tile`, one or three of them `step` apart.
struct WeightPlace {
  int tile, step, components;
  int x, x_step;  // the same in the sender's row
};
// in a tile of coupled columns
template <int Level>
__device__ inline WeightPlace coupled_place(int o) {
  WeightPlace place{};
  for_each_path<Level>([&](auto p) {
    constexpr TensorPath path = kTensorPaths[p];
    constexpr int column = coupled_column(p);
    const int at = o - path.weight;
    if (at >= 0 && at < path.n_in * path.n_out) place = {column + at / path.n_out, path.n_in, path.d_out, 0, 0};
  });
  return place;
}
// in a tile of mixed columns
template <int Level>
__device__ inline WeightPlace mixed_place(int o) {
  WeightPlace place{};
  for_each_path<Level>([&](auto p) {
    constexpr TensorPath path = kTensorPaths[p];
    constexpr int column = mixed_column(p);
    const int at = o - path.weight;
    if (at >= 0 && at < path.n_in * path.n_out)
      place = {column + at % path.n_out, path.n_out, path.d_in, path.in + at / path.n_out, path.n_in};
  });
  return place;
}

// weight_PO of DeviceConvolution, in scratch memory of the caller's scope
template <class T>
const T* prepare_weights(Cuda, int level, int pitch, View<const T, 2> weight_OK, View<const T, 1> bias_O);

// the coefficient of the path that weight o belongs to
template <int Level>
__device__ inline double coefficient_of(int o) {
  double coefficient = 0;
  for_each_path<Level>([&](auto p) {
    constexpr TensorPath path = kTensorPaths[p];
    if (o >= path.weight && o < path.weight + path.n_in * path.n_out) coefficient = path_coefficient(path, Level);
  });
  return coefficient;
}

}  // namespace regrain::kernels::tensor_product
