// The network on the inputs of every edge, on the tape; see kernels/edge_embedding.hpp.
#pragma once

#include "autodiff/tape.hpp"
#include "kernels/edge_blocks.hpp"
#include "kernels/edge_embedding.hpp"

namespace regrain {

// y (E,O) = last relu(first x + first_bias) + last_bias. x_EI must outlive the tape.
template <class T>
Var<T> edge_embedding(Tape<T>& tape, ArrayRef<const T> x_EI, Var<T> first_HI, Var<T> first_bias_H, Var<T> last_OH,
                      Var<T> last_bias_O);

// The same of the labelled inputs of edges among `nodes`, which are not stored. For tapes that don't record. Of the
// graph it needs src and offset.
template <class T>
Var<T> edge_embedding(Tape<T>& tape, const kernels::Graph& graph, const kernels::LabelledPoints<T>& nodes,
                      Var<T> first_HI, Var<T> first_bias_H, Var<T> last_OH, Var<T> last_bias_O);

}  // namespace regrain
