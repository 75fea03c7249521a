// Where a program works: --device cpu, cuda, cuda:N or auto.
#pragma once

#include <string>

#include "engine/context.hpp"

namespace regrain {

struct DeviceChoice {
  Device device = Device::cpu;
  int index = 0;  // of a CUDA device
  bool tensor_cores = false;  // Context::use_tensor_cores

  // "cpu", "cuda:0 (NVIDIA H100, 80 GiB)"
  std::string text() const;
};

// What --device takes, for its help.
inline constexpr const char* kDeviceHelp =
    "cpu, cuda, cuda:N, or auto: a GPU if there is one. GPU and CPU give results that differ by rounding";

inline constexpr const char* kTensorCoresHelp =
    "on a GPU: multiply by tensor cores where multiply-adds take the time, three TF32 products for one of float; the last bits of "
    "results are others. Nothing is known of how fast it is";

// "auto" takes the first CUDA device if there is one; without one it leaves tensor cores out. Throws Error(usage) on another
// word and on tensor cores for "cpu", Error(device) where the device is none of this build or machine.
DeviceChoice choose_device(const std::string& word, bool tensor_cores = false);

}  // namespace regrain
