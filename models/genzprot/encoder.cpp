#include "models/genzprot/encoder.hpp"

#include "autodiff/arithmetic.hpp"
#include "autodiff/rows.hpp"

namespace regrain::models {

namespace {

std::string numbered(const std::string& name, int l) { return name + std::to_string(l); }

// Row 0 of the published tables is a padding row: no atom has number 0, but the residue of type 0 is ASN.
int frozen_residue(const GenzprotConfig& config) { return config.reference() ? 0 : -1; }

}  // namespace

template <class T>
Encoder<T>::Encoder(ParameterSet<T>& set, const std::string& name, const GenzprotConfig& config)
    : config_(config),
      atom_table_(set, name + ".atom_node_embedding", kLabelRows, kernels::kScalarChannels, 0),
      residue_table_(set, name + ".cg_node_embedding", kLabelRows, kernels::kScalarChannels,
                     frozen_residue(config)),
      atom_edges_(set, name + ".atom_edge_embedding", 14),
      residue_edges_(set, name + ".cg_edge_embedding", 14),
      cross_edges_(set, name + ".cross_edge_embedding", 8) {
  for (int l = 0; l < kConvolutions; ++l) {
    atom_layer_[l] = Convolution<T>(set, numbered(name + ".atom_conv_layers.", l), l, config.latent);
    down_layer_[l] = Convolution<T>(set, numbered(name + ".cg_to_atom_conv_layers.", l), l, config.latent);
    if (l + 1 == kConvolutions) continue;
    residue_layer_[l] = Convolution<T>(set, numbered(name + ".cg_conv_layers.", l), l, config.latent);
    up_layer_[l] = Convolution<T>(set, numbered(name + ".atom_to_cg_conv_layers.", l), l, config.latent);
  }
  using kernels::feature_width, kernels::invariant_width;
  const int inputs =
      config.reference() ? feature_width(3) + feature_width(2) : invariant_width(3) + invariant_width(2);
  readout_ = Mlp<T>(set, name + ".dense", ".0", ".2", inputs, config.latent, config.latent, Activation::tanh);
}

template <class T>
void Encoder<T>::initialize(std::uint64_t seed) const {
  atom_table_.normal(seed);
  residue_table_.normal(seed);
  for (const auto* edges : {&atom_edges_, &residue_edges_, &cross_edges_}) edges->initialize(seed);
  readout_.fan_in(seed);
  for (const auto& layer : atom_layer_) layer.initialize(seed);
  for (const auto& layer : down_layer_) layer.initialize(seed);
  for (const auto& layer : residue_layer_) layer.initialize(seed);
  for (const auto& layer : up_layer_) layer.initialize(seed);
}

template <class T>
Var<T> Encoder<T>::operator()(Tape<T>& tape, const TraceBatch<T>& trace, const ProteinBatch<T>& atoms,
                              Probe<T>* probe) const {
  Var<T> atom = atom_table_(tape, View<const int, 1>(atoms.atomic_number_A));
  Var<T> residue = residue_table_(tape, View<const int, 1>(trace.type_R));
  const Var<T> atom_edge = atom_edges_(tape, atoms.atom_edges);
  const Var<T> residue_edge = residue_edges_(tape, trace.edges);
  const Var<T> cross_edge = cross_edges_(tape, atoms.cross_edges);
  note(probe, "enc.atom_node_embedding", atom);
  note(probe, "enc.cg_node_embedding", residue);
  note(probe, "enc.atom_edge_embedding", atom_edge);
  note(probe, "enc.cg_edge_embedding", residue_edge);
  note(probe, "enc.cross_edge_embedding", cross_edge);

  for (int l = 0; l < kConvolutions; ++l) {
    note(probe, LayerName{"enc.atom_conv_layers.", l, ".in"}, atom);
    const Var<T> among = atom_layer_[l](tape, atoms.atom_graph, atoms.atom_edges, atom_edge, atom);
    // between atom and residue the atom's scalars stand first, whoever sends
    const Var<T> down = down_layer_[l](tape, atoms.residue_to_atom, atoms.cross_edges,
                                       EndOrder::receiver_first, cross_edge, atom, residue);
    note(probe, LayerName{"enc.atom_conv_layers.", l}, among);
    note(probe, LayerName{"enc.cg_to_atom_conv_layers.", l}, down);
    if (l + 1 < kConvolutions) {
      note(probe, LayerName{"enc.cg_conv_layers.", l, ".in"}, residue);
      const Var<T> between = residue_layer_[l](tape, trace.graph.graph, trace.edges, residue_edge, residue);
      const Var<T> up = up_layer_[l](tape, atoms.atom_to_residue, atoms.cross_edges, EndOrder::sender_first,
                                     cross_edge, residue, atom);
      note(probe, LayerName{"enc.cg_conv_layers.", l}, between);
      note(probe, LayerName{"enc.atom_to_cg_conv_layers.", l}, up);
      residue = add_widened(tape, residue, add(tape, between, up));
    }
    atom = add_widened(tape, atom, add(tape, among, down));
  }

  Var<T> pooled = neighbor_reduce(tape, Reduce::mean, atom, atoms.atom_to_residue);
  if (!config_.reference()) {
    pooled = invariant_features(tape, 3, config_.handedness, pooled);
    residue = invariant_features(tape, 2, config_.handedness, residue);
  }
  const Var<T> joined = join_columns(tape, pooled, residue);
  note(probe, "enc.dense.in", joined);
  const Var<T> out = readout_(tape, joined);
  note(probe, "enc.dense", out);
  return out;
}

template class Encoder<float>;
template class Encoder<double>;

}  // namespace regrain::models
