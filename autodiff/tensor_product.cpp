#include "autodiff/tensor_product.hpp"

namespace regrain {

template <class T>
Var<T> tensor_product_convolution(Tape<T>& tape, int level, const Graph& graph, Var<T> x_MF,
                                  ArrayRef<const T> y_E9, Var<T> h_EK, Var<T> weight_OK, Var<T> bias_O,
                                  TensorProductForm form, TensorProductForm backward_form) {
  const kernels::GraphView g(graph);
  Var<T> out_NF = tape.result({g.n_dst, kernels::feature_width(level + 1)}, {x_MF, h_EK, weight_OK, bias_O});
  tape.forward([&](auto be) {
    kernels::tensor_product_convolution<T>(be, form, level, g, x_MF.value(), y_E9, h_EK.value(),
                                           weight_OK.value(), bias_O.value(), out_NF.mutable_value());
  });
  // with the weights w = W h + b: dx = (Y (x) dout; w), dw = x (x) Y (x) dout, dh = W^T dw, dW = dw h^T
  tape.on_backward({out_NF}, [=](auto be) {
    kernels::tensor_product_convolution_backward<T>(
        be, backward_form, level, g, x_MF.value(), y_E9, h_EK.value(), weight_OK.value(), bias_O.value(),
        out_NF.grad(), x_MF.grad(), h_EK.grad(), weight_OK.grad(), bias_O.grad());
  });
  return out_NF;
}

#define REGRAIN_INSTANTIATE(T)                                                                          \
  template Var<T> tensor_product_convolution<T>(Tape<T>&, int, const Graph&, Var<T>, ArrayRef<const T>, \
                                                Var<T>, Var<T>, Var<T>, TensorProductForm,              \
                                                TensorProductForm);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain
