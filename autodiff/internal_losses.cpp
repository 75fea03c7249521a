#include "autodiff/internal_losses.hpp"

#include "kernels/internal_losses.hpp"

namespace regrain {

template <class T>
InternalLosses<T> internal_losses(Tape<T>& tape, Var<T> ic_RT3, View<const T, 3> target_RT3,
                                  View<const int, 2> mask_RT) {
  const InternalLosses<T> loss{tape.result({}, {ic_RT3}), tape.result({}, {ic_RT3}), tape.result({}, {ic_RT3})};
  int* const n_rows = tape.context().values().template allocate_array<int>(1);
  tape.forward([&](auto be) {
    kernels::internal_losses<T>(be, ic_RT3.value(), target_RT3, mask_RT,
                                {loss.length.mutable_value().data(), loss.angle.mutable_value().data(),
                                 loss.torsion.mutable_value().data()},
                                n_rows);
  });
  // dlength = 2 delta, dangle and dtorsion = sin(delta) / chord, over the number of rows
  tape.on_backward({loss.length, loss.angle, loss.torsion}, [=](auto be) {
    const auto grad = [](Var<T> v) -> const T* { return v.has_grad() ? v.grad().data() : nullptr; };
    kernels::internal_losses_backward<T>(be, ic_RT3.value(), target_RT3, mask_RT, n_rows,
                                         {grad(loss.length), grad(loss.angle), grad(loss.torsion)}, ic_RT3.grad());
  });
  return loss;
}

#define REGRAIN_INSTANTIATE(T) \
  template InternalLosses<T> internal_losses<T>(Tape<T>&, Var<T>, View<const T, 3>, View<const int, 2>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain
