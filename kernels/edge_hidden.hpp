// The first layer of an edge network that sees its two ends:
//
//   h_e = relu(W [edge_e | a | b] + bias),  a and b the scalars of the receiver and the sender
//
// The part of W that meets a node is applied once per node and only added along the edges.
#pragma once

#include "engine/backend.hpp"
#include "engine/view.hpp"
#include "kernels/graph.hpp"

namespace regrain::kernels {

// which end's scalars stand first in the input
enum class EndOrder { receiver_first, sender_first };

// edge_EC is (E, C); of the rows of x_dst and x_src the first n_scalars columns are used; weight_KI is
// (K, C + 2 n_scalars).
template <class T>
void edge_hidden(Cpu, GraphView g, EndOrder order, int n_scalars, View<const T, 2> edge_EC,
                 View<const T, 2> x_dst, View<const T, 2> x_src, View<const T, 2> weight_KI,
                 View<const T, 1> bias_K, View<T, 2> h_EK);

// everything += derivative
template <class T>
void edge_hidden_backward(Cpu, GraphView g, EndOrder order, int n_scalars, View<const T, 2> edge_EC,
                          View<const T, 2> x_dst, View<const T, 2> x_src, View<const T, 2> weight_KI,
                          View<const T, 2> h_EK, View<const T, 2> dh_EK, View<T, 2> dedge_EC,
                          View<T, 2> dx_dst, View<T, 2> dx_src, View<T, 2> dweight_KI, View<T, 1> dbias_K);

}  // namespace regrain::kernels
