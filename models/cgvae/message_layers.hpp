// The two message layers of the bead-to-atoms VAE: gates from the sender's scalars, a filter of the
// distance, and the sums of kernels/message.hpp.
#pragma once

#include "models/cgvae/config.hpp"
#include "models/layers.hpp"

namespace regrain::models {

// Weight and bias of w(d) = f(d) (W e(d) + b), F rows a gate.
template <class T>
struct FilterParameters {
  Parameter<T>*weight = nullptr, *bias = nullptr;

  FilterParameters() = default;
  FilterParameters(ParameterSet<T>& set, const std::string& name, int rows, int n_rbf)
      : weight(set.add(name + ".weight", {rows, n_rbf})), bias(set.add(name + ".bias", {rows})) {}
  Filter<T> on(Tape<T>& tape) const { return {weight->on(tape), bias->on(tape)}; }
};

// PaiNN's message with plain sums. Only the middle one of its three gates reaches the scalars, so a
// layer whose vectors nobody reads keeps that gate alone.
template <class T>
class EquivariantMessage {
 public:
  EquivariantMessage() = default;
  EquivariantMessage(ParameterSet<T>& set, const std::string& name, const CgvaeConfig& config);
  void initialize(std::uint64_t seed) const;

  // ds (n_dst, F); `neighbors` divides the sums
  Var<T> scalars(Tape<T>& tape, const FilterGraph<T>& graph, Var<T> s, double neighbors) const;
  // ds and dv
  ScalarVector<T> both(Tape<T>& tape, const FilterGraph<T>& graph, Var<T> s, Var<T> v) const;

 private:
  Mlp<T> phi_;
  FilterParameters<T> filter_;
};

// The gates of decoder layer `l` of `n` that do something. Vectors, pseudovectors and pseudoscalars start at zero and
// become something one layer after another, and nobody reads the last layer's pseudovectors and pseudoscalars.
// `pseudoscalars_start` where they start at one.
PseudoGates gates_in_use(int l, int n, bool pseudoscalars_start);

// Message and update of the decoder.
template <class T>
class PseudoMessage {
 public:
  PseudoMessage() = default;
  PseudoMessage(ParameterSet<T>& set, const std::string& name, const CgvaeConfig& config);
  void initialize(std::uint64_t seed) const;
  PseudoState<T> operator()(Tape<T>& tape, const FilterGraph<T>& graph, PseudoState<T> node,
                            const CgvaeConfig& config, const PseudoGates& gates) const;

 private:
  Mlp<T> phi_;
  FilterParameters<T> filter_;
};

template <class T>
class VectorUpdate {
 public:
  VectorUpdate() = default;
  VectorUpdate(ParameterSet<T>& set, const std::string& name, const CgvaeConfig& config);
  void initialize(std::uint64_t seed) const;
  ScalarVector<T> operator()(Tape<T>& tape, Var<T> s, Var<T> v) const;
  // dv alone, for the last layer
  Var<T> vectors(Tape<T>& tape, Var<T> s, Var<T> v) const;

 private:
  Linear<T> u_, v_;
  Mlp<T> gates_;
};

}  // namespace regrain::models
