// The message block of PaiNN alone: F 128, 2000 nodes, 20 senders a node, 20 radial functions, cutoff 5
// Angstrom.
//
// Nodes stand on a lattice narrow enough that the 20 nearest of every one are inside the cutoff: all of the
// edges count, as in a local graph of a large molecule.
#pragma once

#include "bench/support/job_flops.hpp"
#include "models/layers.hpp"

namespace regrain::bench {

struct MessageBlock {
  static constexpr int kNodes = 2000, kEdgesANode = 20, kChannels = 128, kRadial = 20;
  static constexpr float kCutoff = 5;

  explicit MessageBlock(int n_threads, Device device = Device::cpu);
  // ds (N,F) and dv (N,3,F) in the backend's memory, which stay until the next call
  ScalarVector<float> forward();
  // and gradients of all weights, of s and of v
  void forward_backward();
  Flops flops() const;

  Context context;
  ParameterSet<float> parameters;
  models::Mlp<float> phi;
  Parameter<float>*filter_weight, *filter_bias;
  FilterGraph<float> graph;
  Tensor<float> xyz_N3, s_NF, v_N3F, ds_NF, dv_N3F;  // the last two: gradients of the outputs

 private:
  ScalarVector<float> outputs(Tape<float>& tape, Var<float> s, Var<float> v) const;
};

}  // namespace regrain::bench
