#include "autodiff/segment.hpp"

namespace regrain {

template <class T>
Var<T> neighbor_reduce(Tape<T>& tape, Reduce reduce, Var<T> x_MF, const Graph& graph) {
  const GraphView g(graph);
  Var<T> y_NF = tape.result({g.n_dst, x_MF.dim(1)}, {x_MF});
  tape.forward([&](auto be) { kernels::neighbor_reduce<T>(be, reduce, g, x_MF.value(), y_NF.mutable_value()); });
  // dx(src) += dy(dst) [/ degree(dst)]
  tape.on_backward({y_NF}, [=](auto be) {
    kernels::neighbor_reduce_backward<T>(be, reduce, g, y_NF.grad(), x_MF.grad());
  });
  return y_NF;
}

template Var<float> neighbor_reduce<float>(Tape<float>&, Reduce, Var<float>, const Graph&);
template Var<double> neighbor_reduce<double>(Tape<double>&, Reduce, Var<double>, const Graph&);

}  // namespace regrain
