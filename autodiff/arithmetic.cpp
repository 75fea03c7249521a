#include "autodiff/arithmetic.hpp"

#include <algorithm>

#include "kernels/reduce.hpp"

namespace regrain {

template <class T>
Var<T> add(Tape<T>& tape, Var<T> x, Var<T> y) {
  REGRAIN_CHECK(x.shape() == y.shape(), "add: ", x.shape().text(), " and ", y.shape().text());
  Var<T> sum = tape.result(x.shape(), {x, y});
  tape.forward([&](auto be) {
    std::copy_n(x.value().data(), x.size(), sum.mutable_value().data());
    kernels::axpy<T>(be, T(1), y.value().flat(), sum.mutable_value().flat());
  });
  tape.on_backward({sum}, [=](auto be) {
    if (x.requires_grad()) kernels::axpy<T>(be, T(1), sum.grad().flat(), x.grad().flat());
    if (y.requires_grad()) kernels::axpy<T>(be, T(1), sum.grad().flat(), y.grad().flat());
  });
  return sum;
}

template <class T>
Var<T> scale(Tape<T>& tape, T factor, Var<T> x) {
  Var<T> y = tape.result(x.shape(), {x});
  tape.forward([&](auto be) {
    std::fill_n(y.mutable_value().data(), y.size(), T(0));
    kernels::axpy<T>(be, factor, x.value().flat(), y.mutable_value().flat());
  });
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
  const auto row = [=](auto* p, int i) { return p + static_cast<std::size_t>(i) * static_cast<std::size_t>(f + g); };
  tape.forward([&](auto) {
    for (int i = 0; i < n; ++i) {
      T* to = row(z.mutable_value().data(), i);
      std::copy_n(x_NF.value().template view<2>().row(i), f, to);
      std::copy_n(y_NG.value().template view<2>().row(i), g, to + f);
    }
  });
  tape.on_backward({z}, [=](auto) {
    for (int i = 0; i < n; ++i) {
      const T* dz = row(z.grad().data(), i);
      if (x_NF.requires_grad()) {
        T* dx = x_NF.grad().template view<2>().row(i);
        for (int k = 0; k < f; ++k) dx[k] += dz[k];
      }
      if (y_NG.requires_grad()) {
        T* dy = y_NG.grad().template view<2>().row(i);
        for (int k = 0; k < g; ++k) dy[k] += dz[f + k];
      }
    }
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
  template Var<T> add<T>(Tape<T>&, Var<T>, Var<T>);                                     \
  template Var<T> scale<T>(Tape<T>&, T, Var<T>);                                        \
  template Var<T> weighted_sum<T>(Tape<T>&, std::initializer_list<Weighted<T>>);        \
  template Var<T> join_columns<T>(Tape<T>&, Var<T>, Var<T>);                            \
  template Var<T> dot_constant<T>(Tape<T>&, Var<T>, ArrayRef<const T>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain
