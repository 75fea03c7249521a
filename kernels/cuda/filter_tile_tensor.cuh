// Filters and the gradient of their table by tensor cores, in float; filter_tile.cuh has the other way.
//
// Channels are the rows of a filter's product, edges its columns, so that a lane ends with its 4 channels and two of every
// 8 edges: a group is every fourth lane. The slice of the table lies in shared memory as its two parts; the basis and the
// filters' gradients are parted where they are read.
#pragma once

#include "kernels/cuda/filter_tile.cuh"
#include "kernels/cuda/tensor_core.cuh"

namespace regrain::kernels::filter_tile {

struct TensorCores : EveryFourthLane {
  using Scalar = float;
  static constexpr int kRows = 16;  // of the table, taken at once by its gradient
  // neighbouring rows, four of which are read at once, begin 8 banks apart
  static constexpr int kSlicePitch = kChannels + 8, kGradientPitch = kChannels + 8;
  static constexpr unsigned kResident = 5, kResidentBackward = 4;

  REGRAIN_HD static constexpr int padded_rows(int n_rows) { return (n_rows + kRows - 1) / kRows * kRows; }
  REGRAIN_HD static constexpr int slice_rows(int n_rows) { return padded_rows(n_rows); }
  REGRAIN_HD static constexpr int part(int n_rows) { return padded_rows(n_rows) * kSlicePitch; }
  REGRAIN_HD static constexpr int slice_size(int n_rows) { return 2 * part(n_rows); }
  static __device__ void keep(float* slice, int n_rows, int k, int c, float w) {
    tensor_core::store_parts(w, slice + k * kSlicePitch + c, part(n_rows));
  }
  static __device__ int edge(int first, int group, int r) { return first + tensor_core::column_of(group, r); }

  // 12 instructions for 20 values of shared memory and 8 rows of the table
  template <bool whole>
  static __device__ __forceinline__ void make_filters(const Lot<TensorCores>& lot, const float* slice, int n_rows, int first,
                                                      const Lane<TensorCores, whole>& lane, float (&w)[kQuad][kQuad]) {
    const float *basis = lot.basis + lane.group * kPitch + first + lane.place, *high = slice + lane.group * kSlicePitch + lane.quad,
                *low = high + part(n_rows);
    float d[2][2][4] = {};  // two rows of channels by two columns of edges
    for (int k = 0; k < n_rows; k += tensor_core::kDepth) {
      tensor_core::FragmentB of_edges[2];
      REGRAIN_UNROLL
      for (int n = 0; n < 2; ++n)
        for (int i = 0; i < 2; ++i) of_edges[n].set(i, basis[(k + 4 * i) * kPitch + 8 * n]);
      Four<float> high_quad[2], low_quad[2];
      for (int i = 0; i < 2; ++i) {
        high_quad[i] = load_four(high + (k + 4 * i) * kSlicePitch);
        low_quad[i] = load_four(low + (k + 4 * i) * kSlicePitch);
      }
      REGRAIN_UNROLL
      for (int m = 0; m < 2; ++m) {
        const tensor_core::FragmentA of_channels = tensor_core::stored_parts(high_quad, low_quad, 2 * m);
        REGRAIN_UNROLL
        for (int n = 0; n < 2; ++n) tensor_core::multiply_add(d[m][n], of_channels, of_edges[n]);
      }
    }
    REGRAIN_UNROLL
    for (int r = 0; r < kQuad; ++r) {
      REGRAIN_UNROLL
      for (int v = 0; v < kQuad; ++v) w[r][v] = d[v / 2][r / 2][v % 2 * 2 + r % 2];
    }
  }
  // rows of the table by channels, 16 x 8 at a time
  template <bool whole>
  static __device__ __forceinline__ void add_table_gradient(const Lot<TensorCores>& lot, int n_edges, const float* p, int n_rows,
                                                            const Lane<TensorCores, whole>& lane, float* sums) {
    constexpr int kTiles = kChannels / 8;
    const int g = lane.place, t = lane.group;
    for (int row = 0; row < n_rows; row += kRows) {
      float d[kTiles][4] = {};
      for (int e = 0; e < n_edges; e += tensor_core::kDepth) {
        tensor_core::FragmentA of_rows;
        REGRAIN_UNROLL
        for (int i = 0; i < 4; ++i) of_rows.set(i, lot.basis[(row + g + i % 2 * 8) * kPitch + e + t + i / 2 * 4]);
        REGRAIN_UNROLL
        for (int n = 0; n < kTiles; ++n) {
          tensor_core::FragmentB of_channels;
          for (int i = 0; i < 2; ++i) of_channels.set(i, p[(e + t + 4 * i) * kGradientPitch + 8 * n + g]);
          tensor_core::multiply_add(d[n], of_rows, of_channels);
        }
      }
      REGRAIN_UNROLL
      for (int n = 0; n < kTiles; ++n) {
        REGRAIN_UNROLL
        for (int i = 0; i < 4; ++i) sums[(row + g + i / 2 * 8) * kChannels + 8 * n + 2 * t + i % 2] += d[n][i];
      }
    }
  }
};

}  // namespace regrain::kernels::filter_tile
