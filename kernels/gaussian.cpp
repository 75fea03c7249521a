#include "kernels/gaussian.hpp"

#include "kernels/gaussian_terms.hpp"
#include "kernels/parallel.hpp"

namespace regrain::kernels {

namespace {

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
void gaussian_kl(Cpu be, KlForm form, GaussianView<const T> posterior, GaussianView<const T> prior, T* kl) {
  const std::size_t n = posterior.mu.size();
  const double sum = parallel_sum(be, n, [&](std::size_t i) {
    return kl_term(form, posterior.mu.data()[i], posterior.logvar.data()[i], prior.mu.data()[i], prior.logvar.data()[i]);
  });
  *kl = n == 0 ? T(0) : static_cast<T>(sum / 2 / posterior.mu.dim(0));
}

template <class T>
void gaussian_kl_backward(Cpu be, KlForm form, const T* dkl, GaussianView<const T> posterior,
                          GaussianView<const T> prior, GaussianView<T> dposterior, GaussianView<T> dprior) {
  const int n = posterior.mu.dim(0), width = posterior.mu.dim(1);
  const T factor = static_cast<T>(static_cast<double>(*dkl) / 2 / std::max(n, 1));
  parallel_for(be, n, kWork * n * width, [&](int row) {
    for (int c = 0; c < width; ++c)
      add_kl_slopes(form, factor, posterior, prior, dposterior, dprior, static_cast<std::size_t>(row) * width + c);
  });
}

#define REGRAIN_INSTANTIATE(T)                                                                                       \
  template void fill_normal<T>(Cpu, Rng, std::uint32_t, View<T, 1>);                                                 \
  template void gaussian_draw<T>(Cpu, View<const T, 1>, View<const T, 1>, double, View<const T, 1>, View<T, 1>);     \
  template void gaussian_draw_backward<T>(Cpu, View<const T, 1>, View<const T, 1>, View<const T, 1>, View<T, 1>,     \
                                          View<T, 1>);                                                               \
  template void gaussian_kl<T>(Cpu, KlForm, GaussianView<const T>, GaussianView<const T>, T*);                       \
  template void gaussian_kl_backward<T>(Cpu, KlForm, const T*, GaussianView<const T>, GaussianView<const T>,         \
                                        GaussianView<T>, GaussianView<T>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
