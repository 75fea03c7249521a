#include "autodiff/arithmetic.hpp"

#include "kernels/columns.hpp"
#include "kernels/elementwise.hpp"
#include "kernels/reduce.hpp"

namespace regrain {

template <class T>
Var<T> filled(Tape<T>& tape, Shape shape, T value) {
  Var<T> x = tape.result(shape, {});
  tape.forward([&](auto be) { kernels::fill<T>(be, value, x.mutable_value().flat()); });
  return x;
}

template <class T>
Var<T> add(Tape<T>& tape, Var<T> x, Var<T> y) {
  REGRAIN_CHECK(x.shape() == y.shape(), "add: ", x.shape().text(), " and ", y.shape().text());
  Var<T> sum = tape.result(x.shape(), {x, y});
  tape.forward([&](auto be) { kernels::add<T>(be, x.value().flat(), y.value().flat(), sum.mutable_value().flat()); });
  tape.on_backward({sum}, [=](auto be) {
    if (x.requires_grad()) kernels::axpy<T>(be, T(1), sum.grad().flat(), x.grad().flat());
    if (y.requires_grad()) kernels::axpy<T>(be, T(1), sum.grad().flat(), y.grad().flat());
  });
  return sum;
}

template <class T>
Var<T> scale(Tape<T>& tape, T factor, Var<T> x) {
  Var<T> y = tape.result(x.shape(), {x});
  tape.forward([&](auto be) { kernels::scale<T>(be, factor, x.value().flat(), y.mutable_value().flat()); });
  tape.on_backward({y}, [=](auto be) { kernels::axpy<T>(be, factor, y.grad().flat(), x.grad().flat()); });
  return y;
}

template <class T>
Var<T> weighted_sum(Tape<T>& tape, std::initializer_list<Weighted<T>> terms) {
  Var<T> total;
  for (const auto& [weight, term] : terms) {
    const Var<T> t = scale(tape, weight, term);
    total = &term == &terms.begin()->term ? t : add(tape, total, t);
  }
  return total;
}

template <class T>
Var<T> join_columns(Tape<T>& tape, Var<T> x_NF, Var<T> y_NG) {
  const int n = x_NF.dim(0), f = x_NF.dim(1), g = y_NG.dim(1);
  REGRAIN_CHECK(y_NG.dim(0) == n, "join_columns: ", x_NF.shape().text(), " and ", y_NG.shape().text());
  Var<T> z = tape.result({n, f + g}, {x_NF, y_NG});
  tape.forward([&](auto be) { kernels::join_columns<T>(be, x_NF.value(), y_NG.value(), z.mutable_value()); });
  tape.on_backward({z}, [=](auto be) {
    if (x_NF.requires_grad()) kernels::add_columns<T>(be, z.grad(), 0, x_NF.grad());
    if (y_NG.requires_grad()) kernels::add_columns<T>(be, z.grad(), f, y_NG.grad());
  });
  return z;
}

template <class T>
Var<T> dot_constant(Tape<T>& tape, Var<T> x, ArrayRef<const T> weight) {
  REGRAIN_CHECK(x.size() == weight.size(), "dot_constant: ", x.shape().text(), " and ", weight.shape().text());
  Var<T> y = tape.result({}, {x});
  tape.forward([&](auto be) { kernels::dot<T>(be, x.value().flat(), weight.flat(), y.mutable_value().data()); });
  tape.on_backward({y}, [=](auto be) { kernels::axpy<T>(be, y.grad().data(), weight.flat(), x.grad().flat()); });
  return y;
}

#define REGRAIN_INSTANTIATE(T)                                                          \
  template Var<T> filled<T>(Tape<T>&, Shape, T);                                        \
  template Var<T> add<T>(Tape<T>&, Var<T>, Var<T>);                                     \
  template Var<T> scale<T>(Tape<T>&, T, Var<T>);                                        \
  template Var<T> weighted_sum<T>(Tape<T>&, std::initializer_list<Weighted<T>>);        \
  template Var<T> join_columns<T>(Tape<T>&, Var<T>, Var<T>);                            \
  template Var<T> dot_constant<T>(Tape<T>&, Var<T>, ArrayRef<const T>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain
