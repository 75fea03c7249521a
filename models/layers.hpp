// The small building blocks both models are made of. A layer holds pointers into its model's
// parameter set and is applied like a function.
#pragma once

#include <string>

#include "autodiff/dense.hpp"
#include "autodiff/edge_filter.hpp"
#include "autodiff/parameters.hpp"
#include "models/initialize.hpp"

namespace regrain::models {

template <class T>
struct Linear {
  Parameter<T>* weight = nullptr;  // (out, in)
  Parameter<T>* bias = nullptr;    // (out), or null

  Linear() = default;
  Linear(ParameterSet<T>& set, const std::string& name, int in, int out, bool with_bias = true)
      : weight(set.add(name + ".weight", {out, in})), bias(with_bias ? set.add(name + ".bias", {out}) : nullptr) {}

  Var<T> operator()(Tape<T>& tape, Var<T> x) const {
    return bias ? linear(tape, x, weight->on(tape), bias->on(tape)) : linear(tape, x, weight->on(tape));
  }
  void xavier(std::uint64_t seed, double gain = 1) const {  // zero bias
    xavier_uniform(*weight, seed, gain);
  }
  void fan_in(std::uint64_t seed) const {
    fan_in_uniform(*weight, seed, weight->shape[1]);
    if (bias) fan_in_uniform(*bias, seed, weight->shape[1]);
  }
};

// second(act(first(x)))
template <class T>
struct Mlp {
  Linear<T> first, second;
  Activation activation = Activation::swish;

  Mlp() = default;
  Mlp(ParameterSet<T>& set, const std::string& name, const char* first_name, const char* second_name, int in,
      int hidden, int out, Activation act)
      : first(set, name + first_name, in, hidden), second(set, name + second_name, hidden, out), activation(act) {}

  Var<T> operator()(Tape<T>& tape, Var<T> x) const {
    return second(tape, activate(tape, activation, first(tape, x)));
  }
  // of the second map some blocks of outputs alone
  Var<T> operator()(Tape<T>& tape, Var<T> x, const RowBlocks& blocks) const {
    return linear(tape, activate(tape, activation, first(tape, x)), second.weight->on(tape), second.bias->on(tape), blocks);
  }
  void xavier(std::uint64_t seed, double last_gain = 1) const {
    first.xavier(seed);
    second.xavier(seed, last_gain);
  }
  void fan_in(std::uint64_t seed) const {
    first.fan_in(seed);
    second.fan_in(seed);
  }
};

// Table of learned rows; row `frozen` (-1: none) starts at zero and stays there.
template <class T>
struct Embedding {
  Parameter<T>* table = nullptr;
  int frozen = -1;

  Embedding() = default;
  Embedding(ParameterSet<T>& set, const std::string& name, int rows, int width, int frozen_row = -1)
      : table(set.add(name + ".weight", {rows, width})), frozen(frozen_row) {}

  Var<T> operator()(Tape<T>& tape, View<const int, 1> index) const {
    return embed(tape, table->on(tape), index, frozen);
  }
  void normal(std::uint64_t seed) const { standard_normal(*table, seed, frozen); }
};

}  // namespace regrain::models
