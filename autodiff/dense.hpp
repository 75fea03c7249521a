// Ops on rows of features: linear maps, nonlinearities, tables.
#pragma once

#include <array>

#include "autodiff/tape.hpp"
#include "kernels/activation.hpp"

namespace regrain {

using kernels::Activation;

// y_NO = x_NI W_OI^T + b_O
template <class T>
Var<T> linear(Tape<T>& tape, Var<T> x_NI, Var<T> weight_OI, Var<T> bias_O);
// without bias
template <class T>
Var<T> linear(Tape<T>& tape, Var<T> x_NI, Var<T> weight_OI);

// Blocks of `rows` rows of a weight, by their numbers.
struct RowBlocks {
  int rows, n;
  std::array<int, 9> block;
};
// The outputs of some blocks alone, side by side: y (N, blocks.n * blocks.rows). The others cost nothing.
template <class T>
Var<T> linear(Tape<T>& tape, Var<T> x_NI, Var<T> weight_OI, Var<T> bias_O, const RowBlocks& blocks);

// y = act(x), any shape
template <class T>
Var<T> activate(Tape<T>& tape, Activation kind, Var<T> x);

// y_NF(i) = table_VF(index(i)). Row `frozen` of the table gets no gradient (-1: none).
// `index` must outlive the tape.
template <class T>
Var<T> embed(Tape<T>& tape, Var<T> table_VF, View<const int, 1> index_N, int frozen = -1);

}  // namespace regrain
