// Ops that move rows along a graph.
#pragma once

#include "autodiff/tape.hpp"
#include "kernels/segment.hpp"

namespace regrain {

using kernels::Graph;
using kernels::GraphView;
using kernels::Reduce;

// y_NF(i) = sum or mean of x_MF(src) over the edges into i. The graph must outlive the tape.
template <class T>
Var<T> neighbor_reduce(Tape<T>& tape, Reduce reduce, Var<T> x_MF, const Graph& graph);

}  // namespace regrain
