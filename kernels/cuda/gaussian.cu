// The diagonal Gaussian latent on the device: an element a thread, the formulas of gaussian_terms.hpp.
//
// The normal draws are Philox's and made of operations that IEEE 754 rounds in one way: the bits of the CPU.
#include "kernels/gaussian.hpp"

#include "kernels/cuda/launch.hpp"
#include "kernels/cuda/sums.cuh"
#include "kernels/gaussian_terms.hpp"

namespace regrain::kernels {

namespace {

// eps(i) = standard normal draw of element first + i. Grid: thread i writes element i. Some 120 operations, most of
// them in double, for one write: limited by arithmetic in double.
template <class T>
__global__ void __launch_bounds__(kBlock) fill_normal_kernel(Rng rng, std::uint32_t first, View<T, 1> eps) {
  const std::size_t i = thread_of_grid();
  if (i < eps.size()) eps.data()[i] = static_cast<T>(rng.normal(first + static_cast<std::uint32_t>(i)));
}

// z(i) = mu(i) + sigma(i) eps(i). Grid: thread i writes element i; three reads, one write: limited by memory.
template <class T>
__global__ void __launch_bounds__(kBlock) gaussian_draw_kernel(const T* __restrict__ mu, const T* __restrict__ logvar,
                                                               double floor, const T* __restrict__ eps,
                                                               T* __restrict__ z, std::size_t n) {
  const std::size_t i = thread_of_grid();
  if (i < n) z[i] = mu[i] + Sigma<T>(logvar[i], floor).value * eps[i];
}

// dmu += dz, dlogvar += dz eps dsigma/dlogvar; either may be null. Grid as above; five reads, two writes at most.
template <class T>
__global__ void __launch_bounds__(kBlock) gaussian_draw_backward_kernel(const T* __restrict__ logvar,
                                                                        const T* __restrict__ eps,
                                                                        const T* __restrict__ dz, T* __restrict__ dmu,
                                                                        T* __restrict__ dlogvar, std::size_t n) {
  const std::size_t i = thread_of_grid();
  if (i >= n) return;
  if (dmu) dmu[i] += dz[i];
  if (dlogvar) dlogvar[i] += dz[i] * eps[i] * Sigma<T>(logvar[i], 0).slope;
}

// for partial_sums_kernel: 4 values read, some 60 operations
template <class T>
struct KlTerm {
  KlForm form;
  GaussianView<const T> posterior, prior;
  __device__ T operator()(std::size_t i) const {
    return kl_term(form, posterior.mu.data()[i], posterior.logvar.data()[i], prior.mu.data()[i], prior.logvar.data()[i]);
  }
};

// Gradients += *dkl times the derivative. Grid: thread i does element i of the four gradients; eight values read and
// four written at most: limited by memory, in double by its divisions.
template <class T>
__global__ void __launch_bounds__(kBlock) gaussian_kl_backward_kernel(KlForm form, const T* dkl,
                                                                      GaussianView<const T> posterior,
                                                                      GaussianView<const T> prior,
                                                                      GaussianView<T> dposterior, GaussianView<T> dprior) {
  const std::size_t i = thread_of_grid();
  if (i >= posterior.mu.size()) return;
  const T factor = static_cast<T>(static_cast<double>(*dkl) / 2 / posterior.mu.dim(0));
  add_kl_slopes(form, factor, posterior, prior, dposterior, dprior, i);
}

}  // namespace

template <class T>
void fill_normal(Cuda be, Rng rng, std::uint32_t first, View<T, 1> eps) {
  launch<fill_normal_kernel<T>>(be, blocks_for(eps.size()), kBlock, 0, rng, first, eps);
}

template <class T>
void gaussian_draw(Cuda be, View<const T, 1> mu, View<const T, 1> logvar, double floor, View<const T, 1> eps,
                   View<T, 1> z) {
  launch<gaussian_draw_kernel<T>>(be, blocks_for(z.size()), kBlock, 0, mu.data(), logvar.data(), floor, eps.data(),
                                  z.data(), z.size());
}

template <class T>
void gaussian_draw_backward(Cuda be, View<const T, 1> logvar, View<const T, 1> eps, View<const T, 1> dz, View<T, 1> dmu,
                            View<T, 1> dlogvar) {
  launch<gaussian_draw_backward_kernel<T>>(be, blocks_for(dz.size()), kBlock, 0, logvar.data(), eps.data(), dz.data(),
                                           dmu.data(), dlogvar.data(), dz.size());
}

template <class T>
void gaussian_kl(Cuda be, KlForm form, GaussianView<const T> posterior, GaussianView<const T> prior, T* kl) {
  sum_over(be, posterior.mu.size(), KlTerm<T>{form, posterior, prior}, 0.5 / std::max(posterior.mu.dim(0), 1), kl);
}

template <class T>
void gaussian_kl_backward(Cuda be, KlForm form, const T* dkl, GaussianView<const T> posterior,
                          GaussianView<const T> prior, GaussianView<T> dposterior, GaussianView<T> dprior) {
  launch<gaussian_kl_backward_kernel<T>>(be, blocks_for(posterior.mu.size()), kBlock, 0, form, dkl, posterior, prior,
                                         dposterior, dprior);
}

#define REGRAIN_INSTANTIATE(T)                                                                                     \
  template void fill_normal<T>(Cuda, Rng, std::uint32_t, View<T, 1>);                                              \
  template void gaussian_draw<T>(Cuda, View<const T, 1>, View<const T, 1>, double, View<const T, 1>, View<T, 1>);  \
  template void gaussian_draw_backward<T>(Cuda, View<const T, 1>, View<const T, 1>, View<const T, 1>, View<T, 1>,  \
                                          View<T, 1>);                                                             \
  template void gaussian_kl<T>(Cuda, KlForm, GaussianView<const T>, GaussianView<const T>, T*);                    \
  template void gaussian_kl_backward<T>(Cuda, KlForm, const T*, GaussianView<const T>, GaussianView<const T>,      \
                                        GaussianView<T>, GaussianView<T>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
