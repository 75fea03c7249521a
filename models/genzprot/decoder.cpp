#include "models/genzprot/decoder.hpp"

#include "autodiff/arithmetic.hpp"
#include "models/residues.hpp"

namespace regrain::models {

namespace {

std::string numbered(const std::string& name, int l, const char* rest = "") {
  return name + std::to_string(l) + rest;
}

constexpr int kSide = kernels::kSideSlots, kBackbone = kernels::kInternalRows - kSide;

}  // namespace

template <class T>
Decoder<T>::Decoder(ParameterSet<T>& set, const std::string& name, const GenzprotConfig& config)
    : config_(config),
      residue_table_(set, name + ".res_embed", kResidueRows, kResidueEmbedding),
      backbone_length_(set, name + ".backbone_dist", kResidueRows, kBackbone),
      side_length_(set, name + ".sidechain_dist", kResidueRows, kSide),
      side_angle_(set, name + ".sidechain_angle", kResidueRows, kSide) {
  const int d = config.latent + kResidueEmbedding;
  const auto mlp = [&](const std::string& block, const char* first, const char* second, int in, int hidden,
                       int out) {
    return Mlp<T>(set, block, first, second, in, hidden, out, config.activation);
  };
  for (int b = 0; b < config.decoder_layers; ++b) {
    const std::string block = numbered(name + ".message_blocks.", b);
    message_blocks_.push_back({mlp(block + ".inv_dense", ".0", ".1", d, d, d),
                               set.add(block + ".dist_embed.block.1.weight", {d, config.n_rbf}),
                               set.add(block + ".dist_embed.block.1.bias", {d}),
                               mlp(numbered(name + ".dense_blocks.", b), ".1", ".3", d, d, d)});
    side_blocks_.push_back(mlp(numbered(name + ".sidechain_torsion_blocks.", b), ".1", ".3", d, d, d));
  }
  backbone_angle_ = mlp(name + ".backbone_angle", ".1", ".3", d, kBackbone, kBackbone);
  backbone_torsion_ = mlp(name + ".backbone_torsion", ".1", ".3", d + kBackbone, kBackbone, kBackbone);
  side_torsion_ = mlp(name + ".final_torsion", ".1", ".3", d, kSide, kSide);
}

template <class T>
void Decoder<T>::initialize(std::uint64_t seed, const InternalTable& table) const {
  for (const Embedding<T>* t : {&residue_table_, &backbone_length_, &side_length_, &side_angle_})
    t->normal(seed);
  for (const auto& block : message_blocks_) {
    block.phi.xavier(seed);
    xavier_uniform(*block.filter_weight, seed);
    block.dense.fan_in(seed);
  }
  for (const auto& block : side_blocks_) block.fan_in(seed);
  for (const Mlp<T>* net : {&backbone_angle_, &backbone_torsion_, &side_torsion_}) net->fan_in(seed);
  if (config_.reference()) return;
  const auto fill = [&](const Embedding<T>& e, const std::vector<double>& values, int first_row, int rows) {
    for (int type = 0; type < kResidueTypes; ++type)
      for (int r = 0; r < rows; ++r)
        e.table->value[type * rows + r] =
            static_cast<T>(values[static_cast<std::size_t>(type * kernels::kInternalRows + first_row + r)]);
  };
  fill(backbone_length_, table.length, 0, kBackbone);
  fill(side_length_, table.length, kBackbone, kSide);
  fill(side_angle_, table.angle, kBackbone, kSide);
}

template <class T>
Var<T> Decoder<T>::head(Tape<T>& tape, const Mlp<T>& net, Var<T> x) const {
  return net(tape, activate(tape, config_.activation, x));
}

template <class T>
Var<T> Decoder<T>::operator()(Tape<T>& tape, const TraceBatch<T>& trace, Var<T> z_RD, Probe<T>* probe) const {
  const View<const int, 1> type(trace.type_R);
  const Var<T> residue = residue_table_(tape, type);
  note(probe, "dec.res_embed", residue);
  Var<T> s = join_columns(tape, z_RD, residue);
  for (std::size_t b = 0; b < message_blocks_.size(); ++b) {
    const MessageBlock& block = message_blocks_[b];
    const int l = static_cast<int>(b);
    note(probe, LayerName{"dec.message_blocks.", l, ".inv_dense.in"}, s);
    const auto next = [&] {
      const Var<T> phi = block.phi(tape, s);
      note(probe, LayerName{"dec.message_blocks.", l, ".inv_dense"}, phi);
      const Var<T> v =
          scalar_message(tape, trace.graph, {block.filter_weight->on(tape), block.filter_bias->on(tape)}, phi);
      note(probe, LayerName{"dec.dense_blocks.", l, ".in"}, v);
      const Var<T> ds = head(tape, block.dense, v);
      note(probe, LayerName{"dec.dense_blocks.", l}, ds);
      return add(tape, s, ds);
    };
    s = probe ? next() : keep_result_of(tape, s.shape(), next);
  }

  InternalColumns<T> backbone{backbone_length_(tape, type), head(tape, backbone_angle_, s), {}};
  backbone.torsion = head(tape, backbone_torsion_, join_columns(tape, s, backbone.angle));
  for (std::size_t b = 0; b < side_blocks_.size(); ++b) {
    const int l = static_cast<int>(b);
    note(probe, LayerName{"dec.sidechain_torsion_blocks.", l, ".in"}, s);
    const auto next = [&] {
      const Var<T> ds = head(tape, side_blocks_[b], s);
      note(probe, LayerName{"dec.sidechain_torsion_blocks.", l}, ds);
      return add(tape, s, ds);
    };
    s = probe ? next() : keep_result_of(tape, s.shape(), next);
  }
  const InternalColumns<T> side{side_length_(tape, type), side_angle_(tape, type),
                                head(tape, side_torsion_, s)};
  note(probe, "dec.backbone_angle", backbone.angle);
  note(probe, "dec.backbone_torsion", backbone.torsion);
  note(probe, "dec.final_torsion", side.torsion);
  return join_internal(tape, backbone, side);
}

template class Decoder<float>;
template class Decoder<double>;

}  // namespace regrain::models
