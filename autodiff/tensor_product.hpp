// The tensor-product convolution with the network on its edges, on the tape; see kernels/tensor_product.hpp.
#pragma once

#include "autodiff/tape.hpp"
#include "kernels/tensor_product.hpp"

namespace regrain {

using kernels::EndOrder;
using kernels::Graph;
using kernels::TensorProductForm;

// The two layers of the network on an edge: h = relu(first [edge_EC | ends] + first_bias), of the ends their
// first n_scalars features; the weights of the product are last h + last_bias.
template <class T>
struct EdgeLayers {
  EndOrder order;
  int n_scalars;
  Var<T> edge_EC, first, first_bias, last, last_bias;
};

// out_NF from x_src along the edges of `graph`, with harmonics y_E9 in its edge order. Graph and harmonics must
// outlive the tape. A form other than `automatic` is for tests.
template <class T>
Var<T> tensor_product_convolution(Tape<T>& tape, int level, const Graph& graph, ArrayRef<const T> y_E9, Var<T> x_dst,
                                  Var<T> x_src, EdgeLayers<T> layers,
                                  TensorProductForm form = TensorProductForm::automatic,
                                  TensorProductForm backward_form = TensorProductForm::automatic);

// The same among nodes at x_N3, by_receiver, with harmonics that are not stored. For tapes that don't record. Of the
// graph it needs src and offset.
template <class T>
Var<T> tensor_product_convolution(Tape<T>& tape, int level, const Graph& graph, View<const T, 2> x_N3, Var<T> x,
                                  EdgeLayers<T> layers);

}  // namespace regrain
