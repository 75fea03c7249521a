#include "autodiff/rows.hpp"

#include "kernels/columns.hpp"
#include "kernels/elementwise.hpp"

namespace regrain {

template <class T>
Var<T> add_widened(Tape<T>& tape, Var<T> x_NF, Var<T> y_NG) {
  REGRAIN_CHECK(y_NG.dim(0) == x_NF.dim(0) && x_NF.dim(1) <= y_NG.dim(1), "add_widened: ", x_NF.shape().text(), " and ",
                y_NG.shape().text());
  Var<T> sum = tape.result(y_NG.shape(), {x_NF, y_NG});
  tape.forward([&](auto be) { kernels::add_widened<T>(be, x_NF.value(), y_NG.value(), sum.mutable_value()); });
  tape.on_backward({sum}, [=](auto be) {
    if (x_NF.requires_grad()) kernels::add_columns<T>(be, sum.grad(), 0, x_NF.grad());
    if (y_NG.requires_grad()) kernels::add_columns<T>(be, sum.grad(), 0, y_NG.grad());
  });
  return sum;
}

template <class T>
Var<T> keep_rows(Tape<T>& tape, Var<T> x_NF, View<const int, 1> keep_N) {
  REGRAIN_CHECK(keep_N.dim(0) == x_NF.dim(0), "keep_rows: ", x_NF.shape().text(), " and a mask of ", keep_N.dim(0));
  Var<T> y_NF = tape.result(x_NF.shape(), {x_NF});
  tape.forward([&](auto be) { kernels::keep_rows<T>(be, keep_N, x_NF.value(), y_NF.mutable_value()); });
  tape.on_backward({y_NF}, [=](auto be) { kernels::keep_rows_backward<T>(be, keep_N, y_NF.grad(), x_NF.grad()); });
  return y_NF;
}

template <class T>
Var<T> excess(Tape<T>& tape, Var<T> x, T threshold) {
  REGRAIN_CHECK(x.size() == 1, "excess: of shape ", x.shape().text());
  Var<T> y = tape.result({}, {x});
  tape.forward([&](auto be) { kernels::excess<T>(be, threshold, x.value().flat(), y.mutable_value().flat()); });
  // dx = dy where x > threshold
  tape.on_backward({y}, [=](auto be) {
    kernels::excess_backward<T>(be, threshold, x.value().flat(), y.grad().flat(), x.grad().flat());
  });
  return y;
}

template <class T>
Var<T> invariant_features(Tape<T>& tape, int level, Handedness hand, Var<T> x_NF) {
  Var<T> y_NF = tape.result({x_NF.dim(0), kernels::invariant_width(level)}, {x_NF});
  tape.forward(
      [&](auto be) { kernels::invariant_features<T>(be, level, hand, x_NF.value(), y_NF.mutable_value()); });
  // dv = v / |v| dlength, dpseudo = dy or 2 pseudo dy
  tape.on_backward({y_NF}, [=](auto be) {
    kernels::invariant_features_backward<T>(be, level, hand, x_NF.value(), y_NF.grad(), x_NF.grad());
  });
  return y_NF;
}

#define REGRAIN_INSTANTIATE(T)                                        \
  template Var<T> add_widened<T>(Tape<T>&, Var<T>, Var<T>);           \
  template Var<T> keep_rows<T>(Tape<T>&, Var<T>, View<const int, 1>); \
  template Var<T> excess<T>(Tape<T>&, Var<T>, T);                     \
  template Var<T> invariant_features<T>(Tape<T>&, int, Handedness, Var<T>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain
