#include "autodiff/gaussian.hpp"

namespace regrain {

template <class T>
Var<T> draw(Tape<T>& tape, Gaussian<T> p, ArrayRef<const T> eps) {
  REGRAIN_CHECK(eps.size() == p.mu.size() && p.mu.shape() == p.logvar.shape(), "draw: mu ", p.mu.shape().text(),
                ", logvar ", p.logvar.shape().text(), ", noise ", eps.shape().text());
  Var<T> z = tape.result(p.mu.shape(), {p.mu, p.logvar});
  tape.forward([&](auto be) {
    kernels::gaussian_draw<T>(be, p.mu.value().flat(), p.logvar.value().flat(), p.floor, eps.flat(),
                              z.mutable_value().flat());
  });
  // dmu = dz, dlogvar = dz eps exp(logvar / 2) / 2
  tape.on_backward({z}, [=](auto be) {
    kernels::gaussian_draw_backward<T>(be, p.logvar.value().flat(), eps.flat(), z.grad().flat(),
                                       p.mu.requires_grad() ? p.mu.grad().flat() : View<T, 1>(),
                                       p.logvar.requires_grad() ? p.logvar.grad().flat() : View<T, 1>());
  });
  return z;
}

namespace {

template <class T>
kernels::GaussianView<const T> values(Gaussian<T> p) {
  return {p.mu.value(), p.logvar.value()};
}

template <class T>
kernels::GaussianView<T> grads(Gaussian<T> p) {
  return {p.mu.requires_grad() ? View<T, 2>(p.mu.grad()) : View<T, 2>(),
          p.logvar.requires_grad() ? View<T, 2>(p.logvar.grad()) : View<T, 2>()};
}

}  // namespace

template <class T>
Var<T> gaussian_kl(Tape<T>& tape, KlForm form, Gaussian<T> posterior, Gaussian<T> prior) {
  REGRAIN_CHECK(posterior.mu.shape() == prior.mu.shape(), "gaussian_kl: posterior ", posterior.mu.shape().text(),
                ", prior ", prior.mu.shape().text());
  Var<T> kl = tape.result({}, {posterior.mu, posterior.logvar, prior.mu, prior.logvar});
  tape.forward([&](auto be) {
    kernels::gaussian_kl<T>(be, form, values(posterior), values(prior), kl.mutable_value().data());
  });
  tape.on_backward({kl}, [=](auto be) {
    kernels::gaussian_kl_backward<T>(be, form, kl.grad().data(), values(posterior), values(prior),
                                     grads(posterior), grads(prior));
  });
  return kl;
}

#define REGRAIN_INSTANTIATE(T)                                             \
  template Var<T> draw<T>(Tape<T>&, Gaussian<T>, ArrayRef<const T>);       \
  template Var<T> gaussian_kl<T>(Tape<T>&, KlForm, Gaussian<T>, Gaussian<T>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain
