// Tensors between the host and the memory of a context's backend.
#pragma once

#include "engine/context.hpp"
#include "engine/tensor.hpp"

namespace regrain {

// A copy of a tensor of the host where the context's kernels can read it; on the CPU that is the host again.
template <class T>
Tensor<T> to_backend(Context& context, const Tensor<T>& x) {
  Tensor<T> copy(x.shape(), context.memory());
  context.write(copy.data(), x.data(), x.size() * sizeof(T));
  return copy;
}

// The way back; waits for the device.
template <class T>
Tensor<T> to_host(Context& context, const Tensor<T>& x) {
  Tensor<T> copy(x.shape());
  context.read(copy.data(), x.data(), x.size() * sizeof(T));
  return copy;
}

}  // namespace regrain
