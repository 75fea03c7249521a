#include "kernels/gaussian.hpp"

#include <cmath>

#include "kernels/parallel.hpp"

namespace regrain::kernels {

namespace {

// sigma and d sigma / d logvar
template <class T>
struct Sigma {
  T value, slope;
  Sigma(T logvar, double floor) {
    const T e = std::exp(logvar / T(2));
    value = static_cast<T>(floor) + e;
    slope = e / T(2);
  }
};

constexpr double kWork = 60;

}  // namespace

template <class T>
void fill_normal(Cpu be, Rng rng, std::uint32_t first, View<T, 1> eps) {
  parallel_for(be, eps.dim(0), kWork * eps.dim(0),
               [&](int i) { eps(i) = static_cast<T>(rng.normal(first + static_cast<std::uint32_t>(i))); });
}

template <class T>
void gaussian_draw(Cpu be, View<const T, 1> mu, View<const T, 1> logvar, double floor, View<const T, 1> eps,
                   View<T, 1> z) {
  parallel_for(be, z.dim(0), kWork * z.dim(0), [&](int i) { z(i) = mu(i) + Sigma<T>(logvar(i), floor).value * eps(i); });
}

template <class T>
void gaussian_draw_backward(Cpu be, View<const T, 1> logvar, View<const T, 1> eps, View<const T, 1> dz, View<T, 1> dmu,
                            View<T, 1> dlogvar) {
  parallel_for(be, dz.dim(0), kWork * dz.dim(0), [&](int i) {
    if (dmu.data()) dmu(i) += dz(i);
    if (dlogvar.data()) dlogvar(i) += dz(i) * eps(i) * Sigma<T>(logvar(i), 0).slope;
  });
}

template <class T>
double gaussian_kl(Cpu be, KlForm form, GaussianView<const T> posterior, GaussianView<const T> prior) {
  const std::size_t n = posterior.mu.size();
  if (n == 0) return 0;
  const double sum = parallel_sum(be, n, [&](std::size_t i) {
    const T sigma = Sigma<T>(posterior.logvar.data()[i], kPosteriorFloor).value;
    const T sigma_p = Sigma<T>(prior.logvar.data()[i], kPriorFloor).value;
    const T delta = posterior.mu.data()[i] - prior.mu.data()[i], ratio = sigma / sigma_p;
    const T mean_term = delta * delta / (form == KlForm::exact ? sigma_p * sigma_p : sigma_p);
    return ratio * ratio + mean_term - T(2) * std::log(ratio) - T(1);
  });
  return sum / 2 / posterior.mu.dim(0);
}

template <class T>
void gaussian_kl_backward(Cpu be, KlForm form, double scale, GaussianView<const T> posterior,
                          GaussianView<const T> prior, GaussianView<T> dposterior, GaussianView<T> dprior) {
  const int n = posterior.mu.dim(0), width = posterior.mu.dim(1);
  const T factor = static_cast<T>(scale / 2 / std::max(n, 1));
  parallel_for(be, n, kWork * n * width, [&](int row) {
    for (int c = 0; c < width; ++c) {
      const std::size_t i = static_cast<std::size_t>(row) * width + c;
      const Sigma<T> q(posterior.logvar.data()[i], kPosteriorFloor), p(prior.logvar.data()[i], kPriorFloor);
      const T delta = posterior.mu.data()[i] - prior.mu.data()[i];
      const T p2 = p.value * p.value;
      const T spread = form == KlForm::exact ? p2 : p.value;
      const T dmu = T(2) * delta / spread;
      if (dposterior.mu.data()) dposterior.mu.data()[i] += factor * dmu;
      if (dprior.mu.data()) dprior.mu.data()[i] -= factor * dmu;
      if (dposterior.logvar.data())
        dposterior.logvar.data()[i] += factor * T(2) * (q.value / p2 - T(1) / q.value) * q.slope;
      if (dprior.logvar.data()) {
        const T mean_slope = form == KlForm::exact ? T(-2) * delta * delta / (p2 * p.value) : -delta * delta / p2;
        dprior.logvar.data()[i] +=
            factor * (T(-2) * q.value * q.value / (p2 * p.value) + mean_slope + T(2) / p.value) * p.slope;
      }
    }
  });
}

#define REGRAIN_INSTANTIATE(T)                                                                                       \
  template void fill_normal<T>(Cpu, Rng, std::uint32_t, View<T, 1>);                                                 \
  template void gaussian_draw<T>(Cpu, View<const T, 1>, View<const T, 1>, double, View<const T, 1>, View<T, 1>);     \
  template void gaussian_draw_backward<T>(Cpu, View<const T, 1>, View<const T, 1>, View<const T, 1>, View<T, 1>,     \
                                          View<T, 1>);                                                               \
  template double gaussian_kl<T>(Cpu, KlForm, GaussianView<const T>, GaussianView<const T>);                         \
  template void gaussian_kl_backward<T>(Cpu, KlForm, double, GaussianView<const T>, GaussianView<const T>,           \
                                        GaussianView<T>, GaussianView<T>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
