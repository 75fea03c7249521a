#include "kernels/scalar_terms.hpp"

namespace regrain::kernels {

template <class T>
void sum_terms(Cpu, const ScalarTerms<T>& terms, T* total) {
  T sum = T(0);
  for (int i = 0; i < terms.n; ++i) sum += terms.weight[i] * *terms.term[i];
  *total = sum;
}

template <class T>
void sum_terms_backward(Cpu, const ScalarGradients<T>& gradients, const T* dtotal) {
  for (int i = 0; i < gradients.n; ++i)
    if (gradients.gradient[i]) *gradients.gradient[i] += gradients.weight[i] * *dtotal;
}

#define REGRAIN_INSTANTIATE(T)                                     \
  template void sum_terms<T>(Cpu, const ScalarTerms<T>&, T*);      \
  template void sum_terms_backward<T>(Cpu, const ScalarGradients<T>&, const T*);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
