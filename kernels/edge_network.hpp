// The first layer of a network on an edge that sees its two ends:
//
//   h_e = relu(W [edge_e | a | b] + bias),  a and b the scalars of the receiver and the sender
//
// The part of W that meets a node is applied once per node. Rows of h are made where they are used, a lot of
// edges at a time, forward and backward, and never stored.
#pragma once

#include "engine/host_device.hpp"
#include "engine/view.hpp"
#include "kernels/graph.hpp"

namespace regrain::kernels {

// which end's scalars stand first in the input
enum class EndOrder { receiver_first, sender_first };

// edge_EC is (E, C); of the rows of x_dst and x_src the first n_scalars columns are used; weight_KI is
// (K, C + 2 n_scalars).
template <class T>
struct EdgeNetwork {
  EndOrder order;
  int n_scalars;
  View<const T, 2> edge_EC, x_dst, x_src, weight_KI;
  View<const T, 1> bias_K;
};

// Gradients of the network's inputs; those without data are not wanted.
template <class T>
struct EdgeNetworkGradient {
  View<T, 2> dedge_EC, dx_dst, dx_src, dweight_KI;
  View<T, 1> dbias_K;
};

// Where the parts of an edge's input begin: first columns of weight_KI.
struct EdgeNetworkColumns {
  int edge = 0, dst, src;
};
REGRAIN_HD inline EdgeNetworkColumns edge_network_columns(EndOrder order, int n_edge, int n_scalars) {
  return order == EndOrder::receiver_first ? EdgeNetworkColumns{0, n_edge, n_edge + n_scalars}
                                           : EdgeNetworkColumns{0, n_edge + n_scalars, n_edge};
}

// Throws Error(internal) if the network's shapes don't fit each other and the graph.
template <class T>
void check_edge_network(GraphView g, const EdgeNetwork<T>& network);

}  // namespace regrain::kernels
