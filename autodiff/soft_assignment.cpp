#include "autodiff/soft_assignment.hpp"

namespace regrain {

using kernels::Write;

template <class T>
Var<T> gumbel_softmax(Tape<T>& tape, Var<T> logit_AB, ArrayRef<const T> noise_AB, T temperature) {
  Var<T> m_AB = tape.result(logit_AB.shape(), {logit_AB});
  tape.forward([&](auto be) {
    kernels::gumbel_softmax<T>(be, logit_AB.value(), noise_AB, temperature, m_AB.mutable_value());
  });
  // dlogit = m (dm - sum over beads of m dm) / temperature
  tape.on_backward({m_AB}, [=](auto be) {
    kernels::gumbel_softmax_backward<T>(be, m_AB.value(), temperature, m_AB.grad(), logit_AB.grad());
  });
  return m_AB;
}

template <class T>
Var<T> normalize_columns(Tape<T>& tape, Var<T> m_AB) {
  Var<T> y_AB = tape.result(m_AB.shape(), {m_AB}), sum_B = tape.result({m_AB.dim(1)}, {});
  tape.forward([&](auto be) {
    kernels::normalize_columns<T>(be, m_AB.value(), y_AB.mutable_value(), sum_B.mutable_value());
  });
  // dm = (dy - sum over atoms of y dy) / column sum
  tape.on_backward({y_AB}, [=](auto be) {
    kernels::normalize_columns_backward<T>(be, y_AB.value(), sum_B.value(), y_AB.grad(), m_AB.grad());
  });
  return y_AB;
}

template <class T>
Var<T> matrix_product(Tape<T>& tape, Trans trans_a, Var<T> a, Var<T> b) {
  const bool flip = trans_a == Trans::yes;
  REGRAIN_CHECK(a.dim(flip ? 0 : 1) == b.dim(0), "matrix_product: a is ", a.shape().text(),
                flip ? " transposed" : "", ", b ", b.shape().text());
  Var<T> c = tape.result({a.dim(flip ? 1 : 0), b.dim(1)}, {a, b});
  tape.forward([&](auto be) {
    kernels::gemm<T>(be, trans_a, Trans::no, a.value().template view<2>(), b.value().template view<2>(),
                     c.mutable_value().template view<2>(), Write::overwrite);
  });
  // db = op(a)^T dc; da = dc b^T, or b dc^T where a is transposed
  tape.on_backward({c}, [=](auto be) {
    const auto dc = ArrayRef<const T>(c.grad()).template view<2>(), bv = b.value().template view<2>();
    if (b.requires_grad())
      kernels::gemm<T>(be, flip ? Trans::no : Trans::yes, Trans::no, a.value().template view<2>(), dc,
                       b.grad().template view<2>(), Write::accumulate);
    if (a.requires_grad())
      kernels::gemm<T>(be, Trans::no, Trans::yes, flip ? bv : dc, flip ? dc : bv, a.grad().template view<2>(),
                       Write::accumulate);
  });
  return c;
}

#define REGRAIN_INSTANTIATE(T)                                               \
  template Var<T> gumbel_softmax<T>(Tape<T>&, Var<T>, ArrayRef<const T>, T); \
  template Var<T> normalize_columns<T>(Tape<T>&, Var<T>);                    \
  template Var<T> matrix_product<T>(Tape<T>&, Trans, Var<T>, Var<T>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain
