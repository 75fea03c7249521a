#include "autodiff/arithmetic.hpp"

#include "kernels/columns.hpp"
#include "kernels/elementwise.hpp"
#include "kernels/reduce.hpp"
#include "kernels/scalar_terms.hpp"

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
Var<T> multiply_constant(Tape<T>& tape, Var<T> x, ArrayRef<const T> factor) {
  REGRAIN_CHECK(x.size() == factor.size(), "multiply_constant: ", x.shape().text(), " and ", factor.shape().text());
  Var<T> y = tape.result(x.shape(), {x});
  tape.forward([&](auto be) { kernels::multiply<T>(be, x.value().flat(), factor.flat(), y.mutable_value().flat()); });
  tape.on_backward({y}, [=](auto be) { kernels::add_product<T>(be, y.grad().flat(), factor.flat(), x.grad().flat()); });
  return y;
}

template <class T>
Var<T> weighted_sum(Tape<T>& tape, std::initializer_list<Weighted<T>> terms) {
  REGRAIN_CHECK(terms.size() <= kernels::kMostTerms, "weighted_sum: ", terms.size(), " terms; at most ", kernels::kMostTerms);
  struct Terms {
    int n = 0;
    Weighted<T> term[kernels::kMostTerms];
  } all;
  kernels::ScalarTerms<T> values;
  bool wanted = false;
  for (const Weighted<T>& w : terms) {
    REGRAIN_CHECK(w.term.size() == 1, "weighted_sum: a term of shape ", w.term.shape().text());
    wanted = wanted || w.term.requires_grad();
    values.weight[values.n] = w.weight;
    values.term[values.n++] = w.term.value().data();
    all.term[all.n++] = w;
  }
  const Var<T> total = tape.result_of_some({}, wanted);
  tape.forward([&](auto be) { kernels::sum_terms<T>(be, values, total.mutable_value().data()); });
  tape.on_backward({total}, [=](auto be) {
    kernels::ScalarGradients<T> gradients;
    for (; gradients.n < all.n; ++gradients.n) {
      const Weighted<T>& w = all.term[gradients.n];
      gradients.weight[gradients.n] = w.weight;
      gradients.gradient[gradients.n] = w.term.requires_grad() ? w.term.grad().data() : nullptr;
    }
    kernels::sum_terms_backward<T>(be, gradients, total.grad().data());
  });
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
  template Var<T> multiply_constant<T>(Tape<T>&, Var<T>, ArrayRef<const T>);            \
  template Var<T> weighted_sum<T>(Tape<T>&, std::initializer_list<Weighted<T>>);        \
  template Var<T> join_columns<T>(Tape<T>&, Var<T>, Var<T>);                            \
  template Var<T> dot_constant<T>(Tape<T>&, Var<T>, ArrayRef<const T>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain
