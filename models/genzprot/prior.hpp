// Prior of stage 2: the CA trace alone to a Gaussian for each residue's latent.
#pragma once

#include "models/genzprot/convolution.hpp"
#include "models/probe.hpp"

namespace regrain::models {

template <class T>
class TracePrior {
 public:
  TracePrior() = default;
  TracePrior(ParameterSet<T>& set, const std::string& name, const GenzprotConfig& config);
  void initialize(std::uint64_t seed) const;

  Gaussian<T> operator()(Tape<T>& tape, const TraceBatch<T>& trace, Probe<T>* probe) const;

 private:
  GenzprotConfig config_;
  Embedding<T> residue_table_;
  EdgeEmbedding<T> residue_edges_;
  Convolution<T> layer_[kConvolutions];
  Mlp<T> mu_, logvar_;
};

extern template class TracePrior<float>;
extern template class TracePrior<double>;

}  // namespace regrain::models
