// An array in device memory, for tests of the emulation itself.
#pragma once

#include <vector>

#include "engine/device.hpp"

namespace regrain::test {

template <class T>
class DeviceArray {
 public:
  explicit DeviceArray(const std::vector<T>& values)
      : size_(values.size()), data_(static_cast<T*>(device::allocate(values.size() * sizeof(T)))) {
    device::copy_to_device(data_, values.data(), size_ * sizeof(T), nullptr);
  }
  ~DeviceArray() { device::free(data_); }
  DeviceArray(const DeviceArray&) = delete;
  DeviceArray& operator=(const DeviceArray&) = delete;

  T* data() const { return data_; }
  std::vector<T> values() const {
    std::vector<T> copy(size_);
    device::copy_to_host(copy.data(), data_, size_ * sizeof(T), nullptr);
    return copy;
  }

 private:
  std::size_t size_;
  T* data_;
};

}  // namespace regrain::test
