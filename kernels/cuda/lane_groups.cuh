// A warp's lanes in four groups of 8, for kernels whose warps multiply matrices by multiply-adds or by tensor cores.
#pragma once

#include "kernels/cuda/launch.hpp"

namespace regrain::kernels {

// A group is 8 neighbouring lanes.
struct NeighbouringLanes {
  static constexpr int kGroupStep = 8;  // lanes from a group to the next
  static __device__ int group_of(int lane) { return lane / 8; }
  static __device__ int place_of(int lane) { return lane % 8; }
};

// A group is every fourth lane, as tensor cores lay results down: tensor_core.cuh.
struct EveryFourthLane {
  static constexpr int kGroupStep = 1;
  static __device__ int group_of(int lane) { return lane % 4; }
  static __device__ int place_of(int lane) { return lane / 4; }
};

}  // namespace regrain::kernels
