#include "autodiff/angle_bins.hpp"

namespace regrain {

template <class T>
Var<T> angle_bins_loss(Tape<T>& tape, Var<T> logits_NB, View<const T, 1> angle_N, View<const int, 1> symmetry_N) {
  Var<T> loss = tape.result({}, {logits_NB});
  tape.forward([&](auto be) { kernels::angle_bins_loss<T>(be, logits_NB.value(), angle_N, symmetry_N, loss.mutable_value().data()); });
  // dlogits = (softmax - truth) / N
  tape.on_backward({loss}, [=](auto be) {
    kernels::angle_bins_loss_backward<T>(be, loss.grad().data(), logits_NB.value(), angle_N, symmetry_N, logits_NB.grad());
  });
  return loss;
}

template Var<float> angle_bins_loss<float>(Tape<float>&, Var<float>, View<const float, 1>, View<const int, 1>);
template Var<double> angle_bins_loss<double>(Tape<double>&, Var<double>, View<const double, 1>, View<const int, 1>);

}  // namespace regrain
