// Four neighbouring values at once: one load or store of 16 bytes in float, two in double.
#pragma once

#include "kernels/cuda/launch.hpp"

namespace regrain::kernels {

template <class T>
struct alignas(16) Four {
  T v[4];
};

// p is 16-byte aligned
template <class T>
__device__ inline Four<T> load_four(const T* p) {
  return *reinterpret_cast<const Four<T>*>(p);
}
template <class T>
__device__ inline void store_four(T* p, const Four<T>& x) {
  *reinterpret_cast<Four<T>*>(p) = x;
}

}  // namespace regrain::kernels
