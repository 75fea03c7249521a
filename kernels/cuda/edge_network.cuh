// The edge network on the device: what a kernel needs to make hidden rows where it uses them, and the derivative from
// the gradients of these rows.
#pragma once

#include "engine/backend.hpp"
#include "kernels/edge_network.hpp"

namespace regrain::kernels {

// Hidden rows are made this many columns at a time.
constexpr int kHiddenTile = 40;

// Everything but the edges worked out. Rows have `pitch` columns, whole tiles: the part of a row, a one at column n_k
// of the receiver's (what meets the next layer's bias), zeros.
template <class T>
struct HiddenInputs {
  const T *edge_EC, *weight_CP, *dst_NP, *src_MP;
  int n_edge, n_k, pitch;
};

// In scratch memory of the caller's scope. Throws Error(internal) if shapes disagree.
template <class T>
HiddenInputs<T> prepare_hidden(Cuda, GraphView g, const EdgeNetwork<T>& network);

// += derivative, from the gradient of every edge's argument of relu and its sums over the edges of each sender, in rows
// of the same pitch; columns from n_k on are not read.
template <class T>
void edge_network_backward(Cuda, GraphView g, const EdgeNetwork<T>& network, const HiddenInputs<T>& hidden,
                           const T* dedge_EP, const T* dsrc_MP, const EdgeNetworkGradient<T>& grad);

}  // namespace regrain::kernels
