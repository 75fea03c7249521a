// The products of the messages between residues by tensor cores, in float; residue_messages.cuh has the other way.
//
// Channels are the rows of what is multiplied, edges its columns, so that a lane ends with 8 channels and two of every 8
// edges: a group is every fourth lane. The weight lies in shared memory as its two parts; features and gradients are parted
// where they are read.
#pragma once

#include "kernels/cuda/residue_messages.cuh"
#include "kernels/cuda/tensor_core.cuh"

namespace regrain::kernels::residue_messages_tile {

struct TensorCores : EveryFourthLane {
  using Scalar = float;
  static constexpr int kWeightPitch = kChannels + 8;  // whole quads; the four rows that are read at once lie in different banks
  static constexpr int kPart = kEdgeFeatures * kWeightPitch, kWeightSize = 2 * kPart;

  static __device__ void keep_weight(int f, int c, float w, float* weight) {
    tensor_core::store_parts(w, weight + f * kWeightPitch + c, kPart);
  }
  template <int kEdges>
  static __device__ int edge(int group, int r) {
    return tensor_core::column_of(group, r);
  }
  template <int kEdges>
  static __device__ void store_edges(int group, const float (&x)[kEdges], float* row) {
    REGRAIN_UNROLL
    for (int r = 0; r < kEdges; r += 2) *reinterpret_cast<float2*>(row + tensor_core::column_of(group, r)) = make_float2(x[r], x[r + 1]);
  }
  template <int kPitch, int kEdges>
  static __device__ __forceinline__ void add_product(const Lane<TensorCores>& lane, const float* features, const float* weight,
                                                     float (&x)[kEdges][kOfLane]) {
    const float *f = features + lane.group * kPitch + lane.place, *w = weight + lane.group * kWeightPitch + lane.quad;
    for (int k = 0; k < kEdgeFeatures; k += tensor_core::kDepth, f += tensor_core::kDepth * kPitch, w += tensor_core::kDepth * kWeightPitch) {
      tensor_core::FragmentB of_edges[kEdges / 2];
      REGRAIN_UNROLL
      for (int n = 0; n < kEdges / 2; ++n)
        for (int i = 0; i < 2; ++i) of_edges[n].set(i, f[4 * i * kPitch + 8 * n]);
      REGRAIN_UNROLL
      for (int h = 0; h < 2; ++h) {
        Four<float> high[2], low[2];
        for (int i = 0; i < 2; ++i) {
          high[i] = load_four(w + 4 * i * kWeightPitch + h * kHalf);
          low[i] = load_four(w + kPart + 4 * i * kWeightPitch + h * kHalf);
        }
        REGRAIN_UNROLL
        for (int m = 0; m < 4; m += 2) {
          const tensor_core::FragmentA of_channels = tensor_core::stored_parts(high, low, m);
          const int c = 4 * h + m;
          REGRAIN_UNROLL
          for (int r = 0; r < kEdges; r += 2) {
            float d[4] = {x[r][c], x[r + 1][c], x[r][c + 1], x[r + 1][c + 1]};
            tensor_core::multiply_add(d, of_channels, of_edges[r / 2]);
            x[r][c] = d[0], x[r + 1][c] = d[1], x[r][c + 1] = d[2], x[r + 1][c + 1] = d[3];
          }
        }
      }
    }
  }

  // dW: rows 16 m .. 16 m + 15 of the gradients by features 8 n .. 8 n + 7 of the warp's 16.
  class WeightGradient {
   public:
    template <int kLot, int kPitch>
    __device__ __forceinline__ void add(int warp, const float* features, const float* gradients) {
      const int lane = static_cast<int>(threadIdx.x % 32), g = lane / 4, t = lane % 4;
      const float *f = features + (kOfWarp * warp + g) * kPitch + t, *d = gradients + g * kPitch + t;
      for (int e = 0; e < kLot; e += tensor_core::kDepth, f += tensor_core::kDepth, d += tensor_core::kDepth) {
        tensor_core::FragmentB of_features[kColumns];
        REGRAIN_UNROLL
        for (int n = 0; n < kColumns; ++n)
          for (int i = 0; i < 2; ++i) of_features[n].set(i, f[8 * n * kPitch + 4 * i]);
        REGRAIN_UNROLL
        for (int m = 0; m < kRows; ++m) {
          tensor_core::FragmentA of_channels;
          REGRAIN_UNROLL
          for (int i = 0; i < 4; ++i) of_channels.set(i, d[(16 * m + i % 2 * 8) * kPitch + i / 2 * 4]);
          REGRAIN_UNROLL
          for (int n = 0; n < kColumns; ++n) tensor_core::multiply_add(sum_[m][n], of_channels, of_features[n]);
        }
      }
    }
    __device__ void store(int warp, float* table) const {
      const int lane = static_cast<int>(threadIdx.x % 32), g = lane / 4, t = lane % 4;
      REGRAIN_UNROLL
      for (int m = 0; m < kRows; ++m) {
        REGRAIN_UNROLL
        for (int n = 0; n < kColumns; ++n)
          for (int h = 0; h < 2; ++h)
            *reinterpret_cast<float2*>(table + channel_of(16 * m + 8 * h + g) * kEdgeFeatures + kOfWarp * warp + 8 * n + 2 * t) =
                make_float2(sum_[m][n][2 * h], sum_[m][n][2 * h + 1]);
      }
    }

   private:
    static constexpr int kOfWarp = kEdgeFeatures / kWarps, kRows = kChannels / 16, kColumns = kOfWarp / 8;
    float sum_[kRows][kColumns][4] = {};
  };
};

}  // namespace regrain::kernels::residue_messages_tile
