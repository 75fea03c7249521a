// The tensor-product convolution on the tape; see kernels/tensor_product.hpp.
#pragma once

#include "autodiff/tape.hpp"
#include "kernels/tensor_product.hpp"

namespace regrain {

using kernels::Graph;
using kernels::TensorProductForm;

// out_NF from x_MF along the edges of `graph`, with harmonics y_E9 and hidden activations h_EK in its edge
// order. Graph and harmonics must outlive the tape. A form other than `automatic` is for tests.
template <class T>
Var<T> tensor_product_convolution(Tape<T>& tape, int level, const Graph& graph, Var<T> x_MF,
                                  ArrayRef<const T> y_E9, Var<T> h_EK, Var<T> weight_OK, Var<T> bias_O,
                                  TensorProductForm form = TensorProductForm::automatic,
                                  TensorProductForm backward_form = TensorProductForm::automatic);

}  // namespace regrain
