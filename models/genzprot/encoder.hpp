// Encoder of stage 2: atoms and CA trace of a frame to one vector a residue.
//
// Two graphs, atoms and residues, and the edges between an atom and its residue; three layers of
// tensor-product convolutions, each raising the level of the features.
#pragma once

#include "models/genzprot/convolution.hpp"
#include "models/probe.hpp"

namespace regrain::models {

template <class T>
class Encoder {
 public:
  Encoder() = default;
  Encoder(ParameterSet<T>& set, const std::string& name, const GenzprotConfig& config);
  void initialize(std::uint64_t seed) const;

  // (R, latent)
  Var<T> operator()(Tape<T>& tape, const TraceBatch<T>& trace, const ProteinBatch<T>& atoms,
                    Probe<T>* probe) const;

 private:
  GenzprotConfig config_;
  Embedding<T> atom_table_, residue_table_;
  EdgeEmbedding<T> atom_edges_, residue_edges_, cross_edges_;
  // The residues' features of the last layer would reach no output, so two of the four stop early.
  Convolution<T> atom_layer_[kConvolutions], down_layer_[kConvolutions];
  Convolution<T> residue_layer_[kConvolutions - 1], up_layer_[kConvolutions - 1];
  Mlp<T> readout_;
};

extern template class Encoder<float>;
extern template class Encoder<double>;

}  // namespace regrain::models
