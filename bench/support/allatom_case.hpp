// A job of the shipped stage: a training step, and structures from alpha carbons as `regrain backmap` makes them.
//
// Chains are copies of trp-cage packed as closely as in a folded protein; further frames have 0.3 Angstrom of noise.
// Weights are those that are shipped: from others draws are not much alike, and packing takes longer.
#pragma once

#include "bench/support/cases.hpp"
#include "models/allatom/rebuild.hpp"

namespace regrain::bench {

struct AllAtomJob final : Job {
  // `members` of the model train or make the draws
  AllAtomJob(int n_residues, int n_frames, int members, int n_threads, Device device = Device::cpu);
  double train_step() override;
  // all atoms (N,14,3), on the host; from the trace, which is read anew, to relaxed structures
  ArrayRef<const float> sample() override;
  const ParameterSet<float>& parameters() const override { return model->parameters(); }
  double step_flops() const override;
  double sample_flops() const override;  // of the networks but for what is computed for draws

  models::allatom::Sequence sequence;
  std::vector<float> trace_xyz;
  std::unique_ptr<models::allatom::Model<float>> model;
  std::unique_ptr<Adam<float>> adam;
  models::allatom::Trace<float> trace;
  models::allatom::Truth<float> truth;
  Tensor<float> eps, made;
  int n_frames, members;
};

}  // namespace regrain::bench
