#include "models/cgvae/cgvae.hpp"

#include <algorithm>

#include "autodiff/arithmetic.hpp"
#include "autodiff/bead_atoms.hpp"
#include "autodiff/distance_losses.hpp"

namespace regrain::models {

namespace {

std::string numbered(const std::string& name, int l, const char* rest) {
  return name + std::to_string(l) + rest;
}

// The edge lengths' softening in the graph loss.
constexpr double kLengthEpsilon = 1e-6;

}  // namespace

template <class T>
Cgvae<T>::Cgvae(const CgvaeConfig& config, int n_beads)
    : config_(config), n_beads_(n_beads), parameters_(std::make_unique<ParameterSet<T>>()) {
  ParameterSet<T>& set = *parameters_;
  const int f = config.channels;
  // the published prior has 100 rows and freezes the first, whatever the number of beads
  const int bead_rows = config.reference() ? kAtomKinds : n_beads;
  if (bead_rows < n_beads)
    fail(ErrorKind::input, "cgvae: the reference prior knows ", kAtomKinds, " beads, the map has ", n_beads,
         "; use conformance \"corrected\"");
  atom_table_ = Embedding<T>(set, "encoder.atom_embed", kAtomKinds, f, config.reference() ? 0 : -1);
  bead_table_ = Embedding<T>(set, "prior_net.atom_embed", bead_rows, f, config.reference() ? 0 : -1);
  for (int l = 0; l < config.encoder_layers; ++l) {
    atom_messages_.emplace_back(set, numbered("encoder.message_blocks.", l, ".inv_message"), config);
    pooling_messages_.emplace_back(set, numbered("encoder.cgmessage_layers.", l, ""), config);
    prior_messages_.emplace_back(set, numbered("prior_net.message_blocks.", l, ".inv_message"), config);
  }
  const auto head = [&](const char* name, Activation act) { return Mlp<T>(set, name, ".0", ".2", f, f, f, act); };
  posterior_mu_ = head("atom_munet", Activation::relu);
  posterior_logvar_ = head("atom_sigmanet", Activation::relu);
  prior_mu_ = head("prior_net.mu", Activation::tanh);
  prior_logvar_ = head("prior_net.sigma", Activation::tanh);
  for (int l = 0; l < config.decoder_layers; ++l) {
    decoder_messages_.emplace_back(set, numbered("equivaraintconv.message_blocks.", l, ".inv_message"), config);
    decoder_updates_.emplace_back(set, numbered("equivaraintconv.update_blocks.", l, ""), config);
  }
  set.allocate();
}

template <class T>
void Cgvae<T>::initialize(std::uint64_t seed) {
  atom_table_.normal(seed);
  bead_table_.normal(seed);
  for (const auto* layers : {&atom_messages_, &pooling_messages_, &prior_messages_})
    for (const auto& layer : *layers) layer.initialize(seed);
  for (const auto* head : {&posterior_mu_, &posterior_logvar_, &prior_mu_, &prior_logvar_}) head->fan_in(seed);
  for (const auto& layer : decoder_messages_) layer.initialize(seed);
  for (const auto& layer : decoder_updates_) layer.initialize(seed);
}

template <class T>
void Cgvae<T>::pass_message(Tape<T>& tape, const EquivariantMessage<T>& layer, const FilterGraph<T>& graph, const ScalarVector<T>& from,
                            ScalarVector<T>& to, double neighbors, Probe<T>* probe, const LayerName& name, const char* ds,
                            const char* dv) const {
  if (!config_.dead_branches) {
    const Var<T> d = layer.scalars(tape, graph, from.s, neighbors);
    note(probe, name + ds, d);
    to.s = add(tape, to.s, d);
    return;
  }
  const ScalarVector<T> d = layer.both(tape, graph, from.s, from.v);
  note(probe, name + ds, d.s);
  note(probe, name + dv, d.v);
  to.s = add(tape, to.s, d.s);
  to.v = add(tape, to.v, d.v);
}

template <class T>
void Cgvae<T>::update(Tape<T>& tape, const EquivariantMessage<T>& layer, const FilterGraph<T>& graph, ScalarVector<T>& node,
                      double neighbors, Probe<T>* probe, const LayerName& name) const {
  note(probe, name + ".in.s_j", node.s);
  if (config_.dead_branches) note(probe, name + ".in.v_j", node.v);
  pass_message(tape, layer, graph, node, node, neighbors, probe, name, ".out.ds", ".out.dv");
}

template <class T>
Var<T> Cgvae<T>::zero_vectors(Tape<T>& tape, int n) const {
  return filled<T>(tape, {config_.dead_branches ? n : 0, 3, config_.channels}, T(0));
}

template <class T>
Var<T> Cgvae<T>::encode(Tape<T>& tape, const BeadBatch<T>& beads, const AtomBatch<T>& atoms, Probe<T>* probe) const {
  const int n_atoms = beads.beads.n_src, n_beads = beads.beads.n_dst;
  ScalarVector<T> atom{atom_table_(tape, View<const int, 1>(atoms.atomic_number_A)), zero_vectors(tape, n_atoms)};
  // a bead starts as the mean of its atoms after their first message
  ScalarVector<T> bead{{}, zero_vectors(tape, n_beads)};
  for (int l = 0; l < config_.encoder_layers; ++l) {
    update(tape, atom_messages_[l], atoms.atom_graph, atom, config_.atom_neighbors, probe, LayerName{"encoder.message.", l});
    if (l == 0) bead.s = neighbor_reduce(tape, Reduce::mean, atom.s, beads.beads);
    if (l == 0 && config_.dead_branches) {
      const int f = config_.channels;
      bead.v = tape.reshape(neighbor_reduce(tape, Reduce::mean, tape.reshape(atom.v, {n_atoms, 3 * f}), beads.beads), {n_beads, 3, f});
    }
    pass_message(tape, pooling_messages_[l], atoms.pooling_graph, atom, bead, 1, probe, LayerName{"encoder.contract.", l, ".out."}, "dH", "dV");
  }
  note(probe, "encoder.H", bead.s);
  note(probe, "encoder.h_atom", atom.s);
  return bead.s;
}

template <class T>
Gaussian<T> Cgvae<T>::heads(Tape<T>& tape, const Mlp<T>& mu, const Mlp<T>& logvar, Var<T> h, double floor) const {
  return {mu(tape, h), logvar(tape, h), floor};
}

template <class T>
Gaussian<T> Cgvae<T>::posterior(Tape<T>& tape, Var<T> h_BF) const {
  return heads(tape, posterior_mu_, posterior_logvar_, h_BF, kernels::kPosteriorFloor);
}

template <class T>
Gaussian<T> Cgvae<T>::prior(Tape<T>& tape, const BeadBatch<T>& beads, Probe<T>* probe) const {
  ScalarVector<T> bead{bead_table_(tape, View<const int, 1>(beads.bead_index_B)), zero_vectors(tape, beads.beads.n_dst)};
  for (int l = 0; l < config_.encoder_layers; ++l)
    update(tape, prior_messages_[l], beads.prior_graph, bead, config_.bead_neighbors, probe, LayerName{"prior.message.", l});
  return heads(tape, prior_mu_, prior_logvar_, bead.s, kernels::kPriorFloor);
}

template <class T>
PseudoState<T> Cgvae<T>::decoder_layer(Tape<T>& tape, const BeadBatch<T>& beads, PseudoState<T> node, int l,
                                       Probe<T>* probe) const {
  const auto note_state = [&](const char* side, const PseudoState<T>& x, const char* s, const char* s_bar, const char* v,
                              const char* v_bar) {
    const LayerName name{"decoder.message.", l, side};
    note(probe, name + s, x.s);
    note(probe, name + s_bar, x.s_bar);
    note(probe, name + v, x.v);
    note(probe, name + v_bar, x.v_bar);
  };
  const bool everything = config_.dead_branches, last = l == config_.decoder_layers - 1;
  const PseudoGates gates = everything ? PseudoGates() : gates_in_use(l, config_.decoder_layers, n_beads_ == 3);
  note_state(".in.", node, "s_j", "sbar_j", "v_j", "vbar_j");
  const PseudoState<T> d = decoder_messages_[l](tape, beads.decoder_graph, node, config_, gates);
  note_state(".out.", d, "dS", "dSbar", "dV", "dVbar");
  node.s = add(tape, node.s, d.s);
  node.v = add(tape, node.v, d.v);
  if (gates.pseudoscalars) node.s_bar = add(tape, node.s_bar, d.s_bar);
  if (!last || everything) node.v_bar = add(tape, node.v_bar, d.v_bar);

  note(probe, LayerName{"decoder.update.", l, ".in.s_i"}, node.s);
  note(probe, LayerName{"decoder.update.", l, ".in.v_i"}, node.v);
  if (last && !everything) {
    node.v = add(tape, node.v, decoder_updates_[l].vectors(tape, node.s, node.v));
    return node;
  }
  const ScalarVector<T> u = decoder_updates_[l](tape, node.s, node.v);
  note(probe, LayerName{"decoder.update.", l, ".out.dS"}, u.s);
  note(probe, LayerName{"decoder.update.", l, ".out.dV"}, u.v);
  node.s = add(tape, node.s, u.s);
  node.v = add(tape, node.v, u.v);
  return node;
}

template <class T>
Var<T> Cgvae<T>::decode(Tape<T>& tape, const BeadBatch<T>& beads, Var<T> z_BF, bool recenter, Probe<T>* probe) const {
  const int f = config_.channels, n = beads.beads.n_dst;
  // Three beads lie in a plane and have no handedness of their own: a pseudoscalar of ones breaks the
  // mirror symmetry for them.
  PseudoState<T> node{z_BF, filled<T>(tape, {n, f}, n_beads_ == 3 ? T(1) : T(0)), filled<T>(tape, {n, 3, f}, T(0)),
                      filled<T>(tape, {n, 3, f}, T(0))};
  if (tape.recording() || probe) {
    for (int l = 0; l < config_.decoder_layers; ++l) node = decoder_layer(tape, beads, node, l, probe);
  } else {
    // nobody comes back to a layer: what it took is given back, and many samples fit
    const PseudoState<T> kept{tape.result(node.s.shape(), {}), tape.result(node.s_bar.shape(), {}),
                              tape.result(node.v.shape(), {}), tape.result(node.v_bar.shape(), {})};
    for (int l = 0; l < config_.decoder_layers; ++l) {
      const Context::Scope scope(tape.context());
      const PseudoState<T> next = decoder_layer(tape, beads, node, l, probe);
      for (const auto& [from, to] : {std::pair{next.s, kept.s}, {next.s_bar, kept.s_bar}, {next.v, kept.v}, {next.v_bar, kept.v_bar}})
        if (from.value().data() != to.value().data())
          tape.context().copy(to.mutable_value().data(), from.value().data(), from.size() * sizeof(T));
      node = kept;
    }
  }
  note(probe, "decoder.S", node.s);
  note(probe, "decoder.V", node.v);
  return place_bead_atoms(tape, node.v, beads.beads, View<const int, 1>(beads.channel_A),
                          View<const T, 2>(beads.x_B3), recenter);
}

template <class T>
CgvaeLoss<T> Cgvae<T>::loss(Tape<T>& tape, const BeadBatch<T>& beads, const AtomBatch<T>& atoms,
                            ArrayRef<const T> eps_BF, const CgvaeWeights& weights, bool recenter,
                            Probe<T>* probe) const {
  const Gaussian<T> q = posterior(tape, encode(tape, beads, atoms, probe));
  const Gaussian<T> p = prior(tape, beads, probe);
  const Var<T> z = draw(tape, q, eps_BF);
  note(probe, "post.mu", q.mu);
  note(probe, "post.logvar", q.logvar);
  note(probe, "prior.mu", p.mu);
  note(probe, "prior.logvar", p.logvar);
  note(probe, "z", z);

  CgvaeLoss<T> out;
  out.xyz_A3 = decode(tape, beads, z, recenter, probe);
  // the published mean runs over coordinates, three an atom
  out.reconstruction = scale(tape, T(1) / T(3), mean_squared_displacement(tape, out.xyz_A3, atoms.xyz_A3.ref()));
  out.kl = gaussian_kl(tape, config_.kl_form(), q, p);
  out.graph = edge_length_loss(tape, out.xyz_A3, atoms.xyz_A3.ref(), atoms.bonds, static_cast<T>(kLengthEpsilon));
  out.total = weighted_sum<T>(
      tape, {{T(1), out.reconstruction}, {static_cast<T>(weights.beta), out.kl}, {static_cast<T>(weights.gamma), out.graph}});
  return out;
}

template <class T>
Var<T> Cgvae<T>::sample(Tape<T>& tape, const BeadBatch<T>& beads, ArrayRef<const T> eps_BF, bool recenter) const {
  const Gaussian<T> p = prior(tape, beads);
  return decode(tape, beads, draw(tape, p, eps_BF), recenter);
}

template class Cgvae<float>;
template class Cgvae<double>;

}  // namespace regrain::models
