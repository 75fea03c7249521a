// For tests of functions on the device that DeviceCase doesn't fit: their results live in memory they allocate.
#pragma once

#include <gtest/gtest.h>

#include <vector>

#include "engine/arena.hpp"
#include "engine/backend.hpp"
#include "engine/device.hpp"
#include "engine/tensor.hpp"
#include "tests/simt/needs_device.hpp"
#ifdef REGRAIN_SIMT
#include "tests/simt/emulator.hpp"
#endif

namespace regrain::test {

// Calls f with the tag: in the emulation in both orders of threads, on a device twice.
template <class F>
void run_twice(F f) {
  REGRAIN_NEEDS_DEVICE();
  for (const bool forward : {true, false}) {
    SCOPED_TRACE(forward ? "threads in order" : "threads in the opposite order");
#ifdef REGRAIN_SIMT
    simt::set_order(forward ? simt::Order::forward : simt::Order::reverse);
#endif
    Arena scratch(device::memory());
    f(Cuda{&scratch, nullptr});
    device::synchronise(nullptr);
  }
#ifdef REGRAIN_SIMT
  simt::set_order(simt::Order::forward);
#endif
}

template <class T>
Tensor<T> to_device(const Tensor<T>& x) {
  Tensor<T> copy(x.shape(), device::memory());
  device::copy_to_device(copy.data(), x.data(), x.size() * sizeof(T), nullptr);
  return copy;
}

// the first n elements, all by default
template <class T>
std::vector<T> from_device(const Tensor<T>& x, std::size_t n) {
  std::vector<T> copy(n);
  device::copy_to_host(copy.data(), x.data(), n * sizeof(T), nullptr);
  device::synchronise(nullptr);
  return copy;
}
template <class T>
std::vector<T> from_device(const Tensor<T>& x) {
  return from_device(x, x.size());
}

}  // namespace regrain::test
