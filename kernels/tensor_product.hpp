// The tensor-product convolution: messages whose weights come from a small network on each edge.
//
//   out_i = mean over edges j -> i of  (x_j (x) Y_ij ; W h_ij + b),   h_ij as in edge_network.hpp
//
// Written out, every edge has 192 to 384 weights. The product is linear in the weights and these in the
// hidden activations h, so the sums can be done in another order, exactly:
//   by_receiver  A_i[k] = sum over edges of h_k (x_j coupled with Y), then W contracted with A_i
//   by_sender    P_j[k] = W contracted with x_j, then h . P_j coupled with Y for every edge
//   direct       the weights of each edge, one edge at a time: the definition
// The first has one writer per receiver, the second one per sender. So a convolution runs by_receiver and
// its derivative by_sender, and no edge's message, weights or activations are ever kept; only where each sender sends
// at most one edge the derivative runs by_receiver too, and where each receiver gets at most one edge all of it runs
// by_sender. Per edge this takes about 37 x 130 multiplications instead of 36 x 384.
#pragma once

#include "engine/backend.hpp"
#include "engine/view.hpp"
#include "kernels/edge_network.hpp"
#include "kernels/graph.hpp"
#include "kernels/tensor_product_paths.hpp"

namespace regrain::kernels {

// by_receiver has a derivative only if no sender has two edges; by_sender runs forward only if no
// receiver has two edges. `direct` always works. On a device a convolution always runs by_receiver and its derivative
// by_sender, whatever is asked for; there the derivative keeps the gradient of every edge's h for the time of a call.
enum class TensorProductForm { automatic, direct, by_sender, by_receiver };

// The layer `level` (0..2) takes network.x_src of feature_width(level) to out_NF of feature_width(level + 1).
// y_E9 are spherical harmonics in the graph's edge order; weight_OK has n_tensor_weights(level) rows and a
// column for each hidden activation of the network. A receiver without edges gets 0.
template <class T>
void tensor_product_convolution(Cpu, TensorProductForm form, int level, GraphView g, View<const T, 2> y_E9,
                                const EdgeNetwork<T>& network, View<const T, 2> weight_OK, View<const T, 1> bias_O,
                                View<T, 2> out_NF);
template <class T>
void tensor_product_convolution(Cuda, TensorProductForm form, int level, GraphView g, View<const T, 2> y_E9,
                                const EdgeNetwork<T>& network, View<const T, 2> weight_OK, View<const T, 1> bias_O,
                                View<T, 2> out_NF);

// The same by_receiver among nodes at x_N3, with the harmonics of x_src - x_dst made a block of receivers at a time
// and never stored; see edge_blocks.hpp. Of the graph it needs src and offset.
template <class T>
void tensor_product_convolution(Cpu, int level, GraphView g, View<const T, 2> x_N3, const EdgeNetwork<T>& network,
                                View<const T, 2> weight_OK, View<const T, 1> bias_O, View<T, 2> out_NF);
template <class T>
void tensor_product_convolution(Cuda, int level, GraphView g, View<const T, 2> x_N3, const EdgeNetwork<T>& network,
                                View<const T, 2> weight_OK, View<const T, 1> bias_O, View<T, 2> out_NF);

// All gradients += derivative; those without data are not wanted. There is none with respect to the harmonics:
// positions are data.
template <class T>
void tensor_product_convolution_backward(Cpu, TensorProductForm form, int level, GraphView g, View<const T, 2> y_E9,
                                         const EdgeNetwork<T>& network, View<const T, 2> weight_OK,
                                         View<const T, 1> bias_O, View<const T, 2> dout_NF,
                                         const EdgeNetworkGradient<T>& dnetwork, View<T, 2> dweight_OK,
                                         View<T, 1> dbias_O);
template <class T>
void tensor_product_convolution_backward(Cuda, TensorProductForm form, int level, GraphView g, View<const T, 2> y_E9,
                                         const EdgeNetwork<T>& network, View<const T, 2> weight_OK,
                                         View<const T, 1> bias_O, View<const T, 2> dout_NF,
                                         const EdgeNetworkGradient<T>& dnetwork, View<T, 2> dweight_OK,
                                         View<T, 1> dbias_O);

}  // namespace regrain::kernels
