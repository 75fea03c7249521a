#include "models/cgvae/message_layers.hpp"

#include "autodiff/arithmetic.hpp"

namespace regrain::models {

template <class T>
EquivariantMessage<T>::EquivariantMessage(ParameterSet<T>& set, const std::string& name, const CgvaeConfig& config) {
  const int f = config.channels, gates = config.dead_branches ? 3 : 1;
  phi_ = Mlp<T>(set, name, ".inv_dense.0", ".inv_dense.1", f, f, gates * f, config.activation);
  filter_ = FilterParameters<T>(set, name + ".dist_embed.block.1", gates * f, config.n_rbf);
}

template <class T>
void EquivariantMessage<T>::initialize(std::uint64_t seed) const {
  phi_.xavier(seed);
  xavier_uniform(*filter_.weight, seed);
}

template <class T>
Var<T> EquivariantMessage<T>::scalars(Tape<T>& tape, const FilterGraph<T>& graph, Var<T> s, double neighbors) const {
  const Var<T> ds = scalar_message(tape, graph, filter_.on(tape), phi_(tape, s));
  return neighbors == 1 ? ds : scale(tape, static_cast<T>(1 / neighbors), ds);
}

template <class T>
ScalarVector<T> EquivariantMessage<T>::both(Tape<T>& tape, const FilterGraph<T>& graph, Var<T> s, Var<T> v) const {
  return equivariant_message(tape, graph, filter_.on(tape), phi_(tape, s), v);
}

PseudoGates gates_in_use(int l, int n, bool pseudoscalars_start) {
  const bool last = l == n - 1, v = l >= 1, v_bar = l >= 2, s_bar = pseudoscalars_start || l >= 3;
  unsigned gates = 0;
  const auto use = [&](int gate, bool does_something) { gates |= unsigned{does_something} << gate; };
  use(0, true);
  use(1, true);
  use(2, v);
  use(3, v && v_bar);
  use(4, s_bar && v_bar);
  use(5, v_bar && !last);
  use(6, s_bar && v && !last);
  use(7, v && !last);
  use(8, v_bar && !last);
  return PseudoGates::of(gates, v && v_bar && !last);
}

template <class T>
PseudoMessage<T>::PseudoMessage(ParameterSet<T>& set, const std::string& name, const CgvaeConfig& config) {
  const int f = config.channels;
  phi_ = Mlp<T>(set, name, ".inv_dense.0", ".inv_dense.1", f, f, 9 * f, config.activation);
  filter_ = FilterParameters<T>(set, name + ".dist_embed.block.1", 9 * f, config.n_rbf);
}

template <class T>
void PseudoMessage<T>::initialize(std::uint64_t seed) const {
  phi_.xavier(seed);
  xavier_uniform(*filter_.weight, seed);
}

template <class T>
PseudoState<T> PseudoMessage<T>::operator()(Tape<T>& tape, const FilterGraph<T>& graph, PseudoState<T> node,
                                            const CgvaeConfig& config, const PseudoGates& gates) const {
  const Var<T> phi = phi_(tape, node.s, {config.channels, gates.layout.n_gates, gates.layout.block});
  if (config.reference()) return pseudo_message(tape, graph, filter_.on(tape), phi, node, PseudoscalarSum::plain, gates);
  const T factor = static_cast<T>(1 / config.bead_neighbors);
  PseudoState<T> d =
      pseudo_message(tape, graph, filter_.on(tape), scale(tape, factor, phi), node, PseudoscalarSum::envelope, gates);
  if (gates.pseudoscalars) d.s_bar = scale(tape, factor, d.s_bar);
  return d;
}

template <class T>
VectorUpdate<T>::VectorUpdate(ParameterSet<T>& set, const std::string& name, const CgvaeConfig& config) {
  const int f = config.channels;
  u_ = Linear<T>(set, name + ".u_mat", f, f, false);
  v_ = Linear<T>(set, name + ".v_mat", f, f, false);
  gates_ = Mlp<T>(set, name, ".s_dense.0", ".s_dense.1", 2 * f, f, 3 * f, config.activation);
}

template <class T>
void VectorUpdate<T>::initialize(std::uint64_t seed) const {
  u_.xavier(seed);
  v_.xavier(seed);
  gates_.xavier(seed);
}

template <class T>
ScalarVector<T> VectorUpdate<T>::operator()(Tape<T>& tape, Var<T> s, Var<T> v) const {
  const int n = v.dim(0), f = v.dim(2);
  const Var<T> rows = tape.reshape(v, {3 * n, f});
  const Var<T> a = tape.reshape(u_(tape, rows), {n, 3, f}), b = tape.reshape(v_(tape, rows), {n, 3, f});
  return gated_update(tape, gates_(tape, join_columns(tape, s, vector_norm(tape, b))), a, b);
}

template <class T>
Var<T> VectorUpdate<T>::vectors(Tape<T>& tape, Var<T> s, Var<T> v) const {
  const int n = v.dim(0), f = v.dim(2);
  const Var<T> rows = tape.reshape(v, {3 * n, f});
  const Var<T> a = tape.reshape(u_(tape, rows), {n, 3, f}), b = tape.reshape(v_(tape, rows), {n, 3, f});
  return gate_vectors(tape, gates_(tape, join_columns(tape, s, vector_norm(tape, b)), {f, 1, {0}}), a);
}

#define REGRAIN_INSTANTIATE(T)         \
  template class EquivariantMessage<T>; \
  template class PseudoMessage<T>;      \
  template class VectorUpdate<T>;
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::models
