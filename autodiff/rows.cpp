#include "autodiff/rows.hpp"

#include <algorithm>

namespace regrain {

template <class T>
Var<T> add_widened(Tape<T>& tape, Var<T> x_NF, Var<T> y_NG) {
  const int n = x_NF.dim(0), f = x_NF.dim(1), g = y_NG.dim(1);
  REGRAIN_CHECK(y_NG.dim(0) == n && f <= g, "add_widened: ", x_NF.shape().text(), " and ",
                y_NG.shape().text());
  Var<T> sum = tape.result(y_NG.shape(), {x_NF, y_NG});
  tape.forward([&](auto) {
    std::copy_n(y_NG.value().data(), y_NG.size(), sum.mutable_value().data());
    for (int i = 0; i < n; ++i) {
      const T* x = x_NF.value().template view<2>().row(i);
      T* to = sum.mutable_value().template view<2>().row(i);
      for (int k = 0; k < f; ++k) to[k] += x[k];
    }
  });
  tape.on_backward({sum}, [=](auto) {
    for (int i = 0; i < n; ++i) {
      const T* d = sum.grad().template view<2>().row(i);
      if (x_NF.requires_grad()) {
        T* dx = x_NF.grad().template view<2>().row(i);
        for (int k = 0; k < f; ++k) dx[k] += d[k];
      }
      if (y_NG.requires_grad()) {
        T* dy = y_NG.grad().template view<2>().row(i);
        for (int k = 0; k < g; ++k) dy[k] += d[k];
      }
    }
  });
  return sum;
}

template <class T>
Var<T> keep_rows(Tape<T>& tape, Var<T> x_NF, View<const int, 1> keep_N) {
  const int n = x_NF.dim(0), f = x_NF.dim(1);
  REGRAIN_CHECK(keep_N.dim(0) == n, "keep_rows: ", x_NF.shape().text(), " and a mask of ", keep_N.dim(0));
  Var<T> y_NF = tape.result(x_NF.shape(), {x_NF});
  tape.forward([&](auto) {
    for (int i = 0; i < n; ++i) {
      const T* x = x_NF.value().template view<2>().row(i);
      T* y = y_NF.mutable_value().template view<2>().row(i);
      for (int k = 0; k < f; ++k) y[k] = keep_N(i) ? x[k] : T(0);
    }
  });
  tape.on_backward({y_NF}, [=](auto) {
    for (int i = 0; i < n; ++i) {
      if (!keep_N(i)) continue;
      const T* dy = y_NF.grad().template view<2>().row(i);
      T* dx = x_NF.grad().template view<2>().row(i);
      for (int k = 0; k < f; ++k) dx[k] += dy[k];
    }
  });
  return y_NF;
}

template <class T>
Var<T> excess(Tape<T>& tape, Var<T> x, T threshold) {
  Var<T> y = tape.result({}, {x});
  tape.forward([&](auto) { *y.mutable_value().data() = std::max(x.item() - threshold, T(0)); });
  tape.on_backward({y}, [=](auto) {
    if (x.item() > threshold) *x.grad().data() += *y.grad().data();
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
