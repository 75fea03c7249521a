// What both directions of the messages between residues share on the device: a warp takes a lot of edges and 64 channels,
// 4 groups of 8 lanes. Features of the lot and the tile of the weight are in shared memory; a lane has the edges of its
// group and 8 channels, whose products stay in registers.
#pragma once

#include <cstdint>

#include "kernels/activation_functions.hpp"
#include "kernels/cuda/four.cuh"
#include "kernels/cuda/lane_groups.cuh"
#include "kernels/cuda/sums.cuh"
#include "kernels/residue_messages.hpp"

namespace regrain::kernels::residue_messages_tile {

constexpr int kChannels = 64;      // of a tile
constexpr int kOfLane = 8;         // of a lane: two quads, 32 channels apart
constexpr int kHalf = kChannels / 2;
constexpr int kGroups = 4;
constexpr int kWarps = 4;          // of a block
constexpr unsigned kThreads = 32 * kWarps;

inline int tiles_of(int width) { return (width + kChannels - 1) / kChannels; }

// An edge's column of a lot's features.
template <class T, int kPitch>
struct Column {
  T* first;
  __device__ T& operator[](int k) const { return first[k * kPitch]; }
  __device__ Column operator+(int k) const { return {first + k * kPitch}; }
  __device__ Column& operator+=(int k) { return *this = *this + k; }
};

// The lane's group, its place there, and its channels in a row of H. `By` multiplies, see MultiplyAdds.
template <class By>
struct Lane {
  int group, place, quad;
  bool exists[2];

  __device__ Lane(int first_channel, int width) {
    const int lane = static_cast<int>(threadIdx.x % 32);
    group = By::group_of(lane);
    place = By::place_of(lane);
    quad = 4 * place;
    for (int h = 0; h < 2; ++h) exists[h] = first_channel + quad + h * kHalf < width;
  }
  // values of this lane's channels; 0 for those that don't exist
  template <class T>
  __device__ void load(const T* row, T (&x)[kOfLane]) const {
    REGRAIN_UNROLL
    for (int h = 0; h < 2; ++h) {
      const Four<T> four = exists[h] ? load_four(row + quad + h * kHalf) : Four<T>{};
      REGRAIN_UNROLL
      for (int v = 0; v < 4; ++v) x[4 * h + v] = four.v[v];
    }
  }
  template <class T>
  __device__ void add(const T* row, T (&x)[kOfLane]) const {
    T more[kOfLane];
    load(row, more);
    REGRAIN_UNROLL
    for (int c = 0; c < kOfLane; ++c) x[c] += more[c];
  }
  template <class T>
  __device__ void store(const T (&x)[kOfLane], T* row) const {
    REGRAIN_UNROLL
    for (int h = 0; h < 2; ++h)
      if (exists[h]) store_four(row + quad + h * kHalf, Four<T>{{x[4 * h], x[4 * h + 1], x[4 * h + 2], x[4 * h + 3]}});
  }
};

// Where channel c of a lane lies among the rows of a lot's gradients: stored by 8 lanes at once, rows side by side.
template <class By>
__device__ inline int row_of(const Lane<By>& lane, int c) {
  return c * 8 + lane.place;
}
__device__ inline int channel_of(int row) { return row / 32 * kHalf + row % 8 * 4 + row / 8 % 4; }

// The weight in shared memory: weight(f, c) = W(first channel + c, f), 0 beyond the channels; by all threads of the block.
template <class By, class T>
__device__ inline void load_weight(View<const T, 2> weight_HE, int first_channel, T* weight) {
  for (int at = static_cast<int>(threadIdx.x); at < kChannels * kEdgeFeatures; at += static_cast<int>(kThreads)) {
    const int c = at / kEdgeFeatures, f = at % kEdgeFeatures, channel = first_channel + c;
    By::keep_weight(f, c, channel < weight_HE.dim(0) ? weight_HE(channel, f) : T(0), weight);
  }
}

// N neighbouring values, N a multiple of 2, as many at once as alignment allows.
template <int N, class T>
__device__ __forceinline__ void load_values(const T* p, T (&x)[N]) {
  constexpr int kStep = N % 4 == 0 ? 4 : 2;
  struct alignas(kStep * sizeof(T) < 16 ? kStep * sizeof(T) : 16) Values {
    T v[kStep];
  };
  REGRAIN_UNROLL
  for (int i = 0; i < N; i += kStep) {
    const Values values = *reinterpret_cast<const Values*>(p + i);
    REGRAIN_UNROLL
    for (int v = 0; v < kStep; ++v) x[i + v] = values.v[v];
  }
}

// The products by multiply-adds. A group's edges lie side by side.
// (residue_messages_tensor.cuh does them with tensor cores, which have lanes and edges in another order.)
template <class T>
struct MultiplyAdds : NeighbouringLanes {
  using Scalar = T;
  static constexpr int kWeightPitch = kChannels + 4;  // whole quads; neighbouring rows begin in different banks
  static constexpr int kWeightSize = kEdgeFeatures * kWeightPitch;

  static __device__ void keep_weight(int f, int c, T w, T* weight) { weight[f * kWeightPitch + c] = w; }
  // the lot's edge that is number r of a group's
  template <int kEdges>
  static __device__ int edge(int group, int r) {
    return group * kEdges + r;
  }
  // a row of the lot, of which a lane has its group's edges
  template <int kEdges>
  static __device__ void store_edges(int group, const T (&x)[kEdges], T* row) {
    REGRAIN_UNROLL
    for (int r = 0; r < kEdges; r += 4) store_four(row + group * kEdges + r, Four<T>{{x[r], x[r + 1], x[r + 2], x[r + 3]}});
  }
  // x(r, c) += sum over the features of edge r of the lane's group times the weight of its channel c
  template <int kPitch, int kEdges>
  static __device__ __forceinline__ void add_product(const Lane<MultiplyAdds>& lane, const T* features, const T* weight, T (&x)[kEdges][kOfLane]) {
    const T *f = features + lane.group * kEdges, *w = weight + lane.quad;
    for (int k = 0; k < kEdgeFeatures; ++k, f += kPitch, w += kWeightPitch) {
      T e[kEdges];
      load_values(f, e);
      const Four<T> quads[2] = {load_four(w), load_four(w + kHalf)};
      REGRAIN_UNROLL
      for (int r = 0; r < kEdges; ++r) {
        REGRAIN_UNROLL
        for (int c = 0; c < kOfLane; ++c) x[r][c] += e[r] * quads[c / 4].v[c % 4];
      }
    }
  }

  // dW of a warp's 16 features and all channels, summed lot by lot: of rows place + 8 m a lane has four features.
  class WeightGradient {
   public:
    // by the warp, for a lot of anyone's: gradients in rows of channels, features
    template <int kLot, int kPitch>
    __device__ __forceinline__ void add(int warp, const T* features, const T* gradients) {
      const int lane = static_cast<int>(threadIdx.x % 32);
      const T *f = features + feature(warp) * kPitch, *d = gradients + lane % 8 * kPitch;
      for (int e = 0; e < kLot; e += 4) {
        Four<T> of_feature[kColumns];
        REGRAIN_UNROLL
        for (int v = 0; v < kColumns; ++v) of_feature[v] = load_four(f + v * kPitch + e);
        REGRAIN_UNROLL
        for (int m = 0; m < kRows; ++m) {
          const Four<T> of_channel = load_four(d + 8 * m * kPitch + e);
          REGRAIN_UNROLL
          for (int q = 0; q < 4; ++q) {
            REGRAIN_UNROLL
            for (int v = 0; v < kColumns; ++v) sum_[m][v] += of_channel.v[q] * of_feature[v].v[q];
          }
        }
      }
    }
    // into (channels, features)
    __device__ void store(int warp, T* table) const {
      REGRAIN_UNROLL
      for (int m = 0; m < kRows; ++m)
        store_four(table + channel_of(static_cast<int>(threadIdx.x % 8) + 8 * m) * kEdgeFeatures + feature(warp),
                   Four<T>{{sum_[m][0], sum_[m][1], sum_[m][2], sum_[m][3]}});
    }

   private:
    static constexpr int kRows = 8, kColumns = 4;
    static_assert(kRows * 8 == kChannels && kColumns * kGroups * kWarps == kEdgeFeatures);
    static __device__ int feature(int warp) { return (warp * kGroups + static_cast<int>(threadIdx.x % 32) / 8) * kColumns; }
    T sum_[kRows][kColumns] = {};
  };
};

// of edge j -> i
template <int kPitch, class T>
__device__ __forceinline__ void make_features(const ResidueGeometry<T>& geometry, int i, int j, T* column) {
  edge_features(geometry.rows_NG.row(i), geometry.rows_NG.row(j), geometry.place_N(j) - geometry.place_N(i),
                Column<T, kPitch>{column});
}

template <class T>
void check_alignment(const char* name, std::initializer_list<const T*> rows) {
  for (const T* p : rows)
    REGRAIN_CHECK(reinterpret_cast<std::uintptr_t>(p) % 16 == 0, name, ": a row of channels begins at ",
                  reinterpret_cast<std::uintptr_t>(p) % 16, " bytes behind a multiple of 16; take memory from an arena");
}

}  // namespace regrain::kernels::residue_messages_tile
