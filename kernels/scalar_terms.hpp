// Scalars added up with weights, as a loss is made of its terms: all in one call, since on a device each costs a launch.
#pragma once

#include "engine/backend.hpp"

namespace regrain::kernels {

constexpr int kMostTerms = 8;

template <class T>
struct ScalarTerms {
  int n = 0;
  T weight[kMostTerms] = {};
  const T* term[kMostTerms] = {};
};
// Where their gradients are added up; null where none is wanted. Several may be the same.
template <class T>
struct ScalarGradients {
  int n = 0;
  T weight[kMostTerms] = {};
  T* gradient[kMostTerms] = {};
};

// *total = sum of weight * term, in order
template <class T>
void sum_terms(Cpu, const ScalarTerms<T>& terms, T* total);
template <class T>
void sum_terms(Cuda, const ScalarTerms<T>& terms, T* total);

// every gradient += weight * *dtotal
template <class T>
void sum_terms_backward(Cpu, const ScalarGradients<T>& gradients, const T* dtotal);
template <class T>
void sum_terms_backward(Cuda, const ScalarGradients<T>& gradients, const T* dtotal);

}  // namespace regrain::kernels
