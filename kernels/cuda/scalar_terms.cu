// Weighted scalars on the device. Grid of both kernels: one warp, whose first thread takes the few terms in order. The
// time of a launch, which is why they are taken together.
#include "kernels/scalar_terms.hpp"

#include "kernels/cuda/launch.hpp"

namespace regrain::kernels {

namespace {

constexpr unsigned kWarp = 32;

// *total = sum of weight * term
template <class T>
__global__ void __launch_bounds__(kWarp) sum_terms_kernel(ScalarTerms<T> terms, T* total) {
  if (threadIdx.x != 0) return;
  T sum = T(0);
  for (int i = 0; i < kMostTerms; ++i)
    if (i < terms.n) sum += terms.weight[i] * *terms.term[i];
  *total = sum;
}

// gradients += weight * *dtotal
template <class T>
__global__ void __launch_bounds__(kWarp) sum_terms_backward_kernel(ScalarGradients<T> gradients, const T* dtotal) {
  if (threadIdx.x != 0) return;
  for (int i = 0; i < kMostTerms; ++i)
    if (i < gradients.n && gradients.gradient[i]) *gradients.gradient[i] += gradients.weight[i] * *dtotal;
}

}  // namespace

template <class T>
void sum_terms(Cuda be, const ScalarTerms<T>& terms, T* total) {
  launch<sum_terms_kernel<T>>(be, 1, kWarp, 0, terms, total);
}

template <class T>
void sum_terms_backward(Cuda be, const ScalarGradients<T>& gradients, const T* dtotal) {
  launch<sum_terms_backward_kernel<T>>(be, 1, kWarp, 0, gradients, dtotal);
}

#define REGRAIN_INSTANTIATE(T)                                      \
  template void sum_terms<T>(Cuda, const ScalarTerms<T>&, T*);      \
  template void sum_terms_backward<T>(Cuda, const ScalarGradients<T>&, const T*);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
