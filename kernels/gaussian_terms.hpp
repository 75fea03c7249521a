// One element of the Gaussian latent, as the host and a CUDA kernel compute it.
#pragma once

#include <cmath>

#include "engine/host_device.hpp"
#include "kernels/gaussian.hpp"

namespace regrain::kernels {

// sigma and d sigma / d logvar
template <class T>
struct Sigma {
  T value, slope;
  REGRAIN_HD Sigma(T logvar, double floor) {
    const T e = std::exp(logvar / T(2));
    value = static_cast<T>(floor) + e;
    slope = e / T(2);
  }
};

// What one element adds to twice the KL divergence.
template <class T>
REGRAIN_HD inline T kl_term(KlForm form, T mu, T logvar, T prior_mu, T prior_logvar) {
  const T sigma = Sigma<T>(logvar, kPosteriorFloor).value, sigma_p = Sigma<T>(prior_logvar, kPriorFloor).value;
  const T delta = mu - prior_mu, ratio = sigma / sigma_p;
  const T mean_term = delta * delta / (form == KlForm::exact ? sigma_p * sigma_p : sigma_p);
  return ratio * ratio + mean_term - T(2) * std::log(ratio) - T(1);
}

// Element i of the gradients that are wanted += factor * derivative of kl_term.
template <class T>
REGRAIN_HD inline void add_kl_slopes(KlForm form, T factor, GaussianView<const T> posterior, GaussianView<const T> prior,
                                     GaussianView<T> dposterior, GaussianView<T> dprior, std::size_t i) {
  const Sigma<T> q(posterior.logvar.data()[i], kPosteriorFloor), p(prior.logvar.data()[i], kPriorFloor);
  const T delta = posterior.mu.data()[i] - prior.mu.data()[i];
  const T p2 = p.value * p.value;
  const T spread = form == KlForm::exact ? p2 : p.value;
  const T dmu = T(2) * delta / spread;
  if (dposterior.mu.data()) dposterior.mu.data()[i] += factor * dmu;
  if (dprior.mu.data()) dprior.mu.data()[i] -= factor * dmu;
  if (dposterior.logvar.data()) dposterior.logvar.data()[i] += factor * T(2) * (q.value / p2 - T(1) / q.value) * q.slope;
  if (dprior.logvar.data()) {
    const T mean_slope = form == KlForm::exact ? T(-2) * delta * delta / (p2 * p.value) : -delta * delta / p2;
    dprior.logvar.data()[i] +=
        factor * (T(-2) * q.value * q.value / (p2 * p.value) + mean_slope + T(2) / p.value) * p.slope;
  }
}

}  // namespace regrain::kernels
