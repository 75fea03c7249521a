#include "autodiff/tensor_product.hpp"

namespace regrain {

namespace {

template <class T>
kernels::EdgeNetwork<T> network_of(const EdgeLayers<T>& layers, Var<T> x_dst, Var<T> x_src) {
  return {layers.order,  layers.n_scalars,     layers.edge_EC.value(),   x_dst.value(),
          x_src.value(), layers.first.value(), layers.first_bias.value()};
}

}  // namespace

template <class T>
Var<T> tensor_product_convolution(Tape<T>& tape, int level, const Graph& graph, ArrayRef<const T> y_E9, Var<T> x_dst,
                                  Var<T> x_src, EdgeLayers<T> layers, TensorProductForm form,
                                  TensorProductForm backward_form) {
  const kernels::GraphView g(graph);
  const auto network = [=] { return network_of(layers, x_dst, x_src); };
  Var<T> out_NF = tape.result({g.n_dst, kernels::feature_width(level + 1)},
                              {x_dst, x_src, layers.edge_EC, layers.first, layers.first_bias, layers.last, layers.last_bias});
  tape.forward([&](auto be) {
    kernels::tensor_product_convolution<T>(be, form, level, g, y_E9, network(), layers.last.value(),
                                           layers.last_bias.value(), out_NF.mutable_value());
  });
  // with the weights w = W h + b: dx = (Y (x) dout; w), dw = x (x) Y (x) dout, dh = W^T dw, dW = dw h^T; with
  // da = dh where h > 0: dedge = da V, dx(i) += sum of da V over its edges, dV = da^T [edge | x | x]
  tape.on_backward({out_NF}, [=](auto be) {
    kernels::tensor_product_convolution_backward<T>(
        be, backward_form, level, g, y_E9, network(), layers.last.value(), layers.last_bias.value(), out_NF.grad(),
        {grad_or_null<2>(layers.edge_EC), grad_or_null<2>(x_dst), grad_or_null<2>(x_src), grad_or_null<2>(layers.first),
         grad_or_null<1>(layers.first_bias)},
        grad_or_null<2>(layers.last), grad_or_null<1>(layers.last_bias));
  });
  return out_NF;
}

template <class T>
Var<T> tensor_product_convolution(Tape<T>& tape, int level, const Graph& graph, View<const T, 2> x_N3, Var<T> x,
                                  EdgeLayers<T> layers) {
  REGRAIN_CHECK(!tape.recording(), "tensor_product: a tape that records needs the harmonics of all edges");
  Var<T> out_NF = tape.result({graph.n_dst, kernels::feature_width(level + 1)}, {});
  tape.forward([&](auto be) {
    kernels::tensor_product_convolution<T>(be, level, graph, x_N3, network_of(layers, x, x), layers.last.value(),
                                           layers.last_bias.value(), out_NF.mutable_value());
  });
  return out_NF;
}

#define REGRAIN_INSTANTIATE(T)                                                                                  \
  template Var<T> tensor_product_convolution<T>(Tape<T>&, int, const Graph&, ArrayRef<const T>, Var<T>, Var<T>, \
                                                EdgeLayers<T>, TensorProductForm, TensorProductForm);           \
  template Var<T> tensor_product_convolution<T>(Tape<T>&, int, const Graph&, View<const T, 2>, Var<T>, EdgeLayers<T>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain
