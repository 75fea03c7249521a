// The diagonal Gaussian latent: draw from it, and the KL divergence between two of them.
//
// Parameters are mu and logvar; sigma = floor + exp(logvar / 2), the floor being 1e-12 for a
// posterior and 1e-9 for a prior in the published codes. Results and loss gradients of one number are
// pointers into the backend's memory.
#pragma once

#include "engine/backend.hpp"
#include "engine/philox.hpp"
#include "engine/view.hpp"

namespace regrain::kernels {

constexpr double kPosteriorFloor = 1e-12;
constexpr double kPriorFloor = 1e-9;

// eps(i) = standard normal draw of element first + i
template <class T>
void fill_normal(Cpu, Rng rng, std::uint32_t first, View<T, 1> eps);
template <class T>
void fill_normal(Cuda, Rng rng, std::uint32_t first, View<T, 1> eps);

// z = mu + sigma eps
template <class T>
void gaussian_draw(Cpu, View<const T, 1> mu, View<const T, 1> logvar, double floor, View<const T, 1> eps, View<T, 1> z);
template <class T>
void gaussian_draw(Cuda, View<const T, 1> mu, View<const T, 1> logvar, double floor, View<const T, 1> eps, View<T, 1> z);
// dmu, dlogvar += ; either may be null
template <class T>
void gaussian_draw_backward(Cpu, View<const T, 1> logvar, View<const T, 1> eps, View<const T, 1> dz, View<T, 1> dmu,
                            View<T, 1> dlogvar);
template <class T>
void gaussian_draw_backward(Cuda, View<const T, 1> logvar, View<const T, 1> eps, View<const T, 1> dz, View<T, 1> dmu,
                            View<T, 1> dlogvar);

// How the published codes and how the textbook divide the squared distance of the means: by the
// prior's sigma, or by its square.
enum class KlForm { reference, exact };

template <class T>
struct GaussianView {
  View<T, 2> mu, logvar;  // (N, D)
};

// *kl = mean over the rows of sum_D [ (sigma^2 + (mu - mu_p)^2) / sigma_p^2 + ln sigma_p^2 - ln sigma^2 - 1 ] / 2
template <class T>
void gaussian_kl(Cpu, KlForm form, GaussianView<const T> posterior, GaussianView<const T> prior, T* kl);
template <class T>
void gaussian_kl(Cuda, KlForm form, GaussianView<const T> posterior, GaussianView<const T> prior, T* kl);
// gradients += *dkl * derivative; null views are left out
template <class T>
void gaussian_kl_backward(Cpu, KlForm form, const T* dkl, GaussianView<const T> posterior, GaussianView<const T> prior,
                          GaussianView<T> dposterior, GaussianView<T> dprior);
template <class T>
void gaussian_kl_backward(Cuda, KlForm form, const T* dkl, GaussianView<const T> posterior, GaussianView<const T> prior,
                          GaussianView<T> dposterior, GaussianView<T> dprior);

}  // namespace regrain::kernels
