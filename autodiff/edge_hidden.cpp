#include "autodiff/edge_hidden.hpp"

namespace regrain {

template <class T>
Var<T> edge_hidden(Tape<T>& tape, const Graph& graph, EndOrder order, int n_scalars, Var<T> edge_EC,
                   Var<T> x_dst, Var<T> x_src, Var<T> weight_KI, Var<T> bias_K) {
  const kernels::GraphView g(graph);
  Var<T> h_EK = tape.result({g.n_edges, weight_KI.dim(0)}, {edge_EC, x_dst, x_src, weight_KI, bias_K});
  tape.forward([&](auto be) {
    kernels::edge_hidden<T>(be, g, order, n_scalars, edge_EC.value(), x_dst.value(), x_src.value(),
                            weight_KI.value(), bias_K.value(), h_EK.mutable_value());
  });
  // with da = dh where h > 0: dedge = da W, dx(i) = sum of da W over its edges, dW = da^T [edge | x | x]
  tape.on_backward({h_EK}, [=](auto be) {
    kernels::edge_hidden_backward<T>(be, g, order, n_scalars, edge_EC.value(), x_dst.value(), x_src.value(),
                                     weight_KI.value(), h_EK.value(), h_EK.grad(), edge_EC.grad(),
                                     x_dst.grad(), x_src.grad(), weight_KI.grad(), bias_K.grad());
  });
  return h_EK;
}

template Var<float> edge_hidden<float>(Tape<float>&, const Graph&, EndOrder, int, Var<float>, Var<float>,
                                       Var<float>, Var<float>, Var<float>);
template Var<double> edge_hidden<double>(Tape<double>&, const Graph&, EndOrder, int, Var<double>, Var<double>,
                                         Var<double>, Var<double>, Var<double>);

}  // namespace regrain
