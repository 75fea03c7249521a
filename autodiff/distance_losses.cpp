#include "autodiff/distance_losses.hpp"

namespace regrain {

using kernels::GraphView;

template <class T>
Var<T> mean_squared_displacement(Tape<T>& tape, Var<T> xyz_A3, ArrayRef<const T> target_A3) {
  Var<T> loss = tape.result({}, {xyz_A3});
  tape.forward([&](auto be) {
    kernels::mean_squared_displacement<T>(be, xyz_A3.value(), target_A3, loss.mutable_value().data());
  });
  // dx = 2 (x - t) / n dloss
  tape.on_backward({loss}, [=](auto be) {
    kernels::mean_squared_displacement_backward<T>(be, xyz_A3.value(), target_A3, loss.grad().data(),
                                                   xyz_A3.grad());
  });
  return loss;
}

template <class T>
Var<T> edge_length_loss(Tape<T>& tape, Var<T> xyz_A3, ArrayRef<const T> target_A3, const Graph& pairs,
                        T eps) {
  const GraphView g(pairs);
  Var<T> loss = tape.result({}, {xyz_A3});
  tape.forward([&](auto be) {
    kernels::edge_length_loss<T>(be, g, xyz_A3.value(), target_A3, eps, loss.mutable_value().data());
  });
  // dx_i = sum over partners of 2 (d - d_target) / n_pairs (x_i - x_j) / d dloss
  tape.on_backward({loss}, [=](auto be) {
    kernels::edge_length_loss_backward<T>(be, g, xyz_A3.value(), target_A3, eps, loss.grad().data(),
                                          xyz_A3.grad());
  });
  return loss;
}

template <class T>
Var<T> clash_loss(Tape<T>& tape, Var<T> xyz_A3, const Graph& pairs, T nearest, T eps) {
  const GraphView g(pairs);
  Var<T> loss = tape.result({}, {xyz_A3});
  tape.forward([&](auto be) {
    kernels::clash_loss<T>(be, g, xyz_A3.value(), nearest, eps, loss.mutable_value().data());
  });
  // dx_i = -sum over partners nearer than `nearest` of (x_i - x_j) / d / n_pairs dloss
  tape.on_backward({loss}, [=](auto be) {
    kernels::clash_loss_backward<T>(be, g, xyz_A3.value(), nearest, eps, loss.grad().data(), xyz_A3.grad());
  });
  return loss;
}

#define REGRAIN_INSTANTIATE(T)                                                               \
  template Var<T> mean_squared_displacement<T>(Tape<T>&, Var<T>, ArrayRef<const T>);         \
  template Var<T> edge_length_loss<T>(Tape<T>&, Var<T>, ArrayRef<const T>, const Graph&, T); \
  template Var<T> clash_loss<T>(Tape<T>&, Var<T>, const Graph&, T, T);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain
