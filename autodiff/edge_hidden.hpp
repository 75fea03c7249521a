// The first layer of an edge network on the tape; see kernels/edge_hidden.hpp.
#pragma once

#include "autodiff/tape.hpp"
#include "kernels/edge_hidden.hpp"

namespace regrain {

using kernels::EndOrder;
using kernels::Graph;

// h_EK = relu(W [edge_EC | scalars of one end | scalars of the other] + bias). x_dst and x_src may be the
// same variable. The graph must outlive the tape.
template <class T>
Var<T> edge_hidden(Tape<T>& tape, const Graph& graph, EndOrder order, int n_scalars, Var<T> edge_EC,
                   Var<T> x_dst, Var<T> x_src, Var<T> weight_KI, Var<T> bias_K);

}  // namespace regrain
