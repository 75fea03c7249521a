// Decoder of stage 2: latents and residue types, passed along the CA trace's distances, to internal
// coordinates. Bond lengths and side-chain angles depend on the residue type alone.
#pragma once

#include "models/genzprot/internal_table.hpp"
#include "models/layers.hpp"
#include "models/probe.hpp"

namespace regrain::models {

template <class T>
class Decoder {
 public:
  Decoder() = default;
  Decoder(ParameterSet<T>& set, const std::string& name, const GenzprotConfig& config);
  // Tables are N(0, 1) in the reference, the values of `table` otherwise.
  void initialize(std::uint64_t seed, const InternalTable& table) const;

  // ic_RT3 (R,13,3) from z_RD
  Var<T> operator()(Tape<T>& tape, const TraceBatch<T>& trace, Var<T> z_RD, Probe<T>* probe) const;

 private:
  struct MessageBlock {
    Mlp<T> phi;  // of the sender
    Parameter<T>*filter_weight = nullptr, *filter_bias = nullptr;
    Mlp<T> dense;
  };
  // second(act(first(act(x))))
  Var<T> head(Tape<T>& tape, const Mlp<T>& net, Var<T> x) const;

  GenzprotConfig config_;
  Embedding<T> residue_table_, backbone_length_, side_length_, side_angle_;
  std::vector<MessageBlock> message_blocks_;
  std::vector<Mlp<T>> side_blocks_;
  Mlp<T> backbone_angle_, backbone_torsion_, side_torsion_;
};

extern template class Decoder<float>;
extern template class Decoder<double>;

}  // namespace regrain::models
