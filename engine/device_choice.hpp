// Where a program works: --device cpu, cuda, cuda:N or auto.
#pragma once

#include <string>

#include "engine/context.hpp"

namespace regrain {

struct DeviceChoice {
  Device device = Device::cpu;
  int index = 0;  // of a CUDA device

  // "cpu", "cuda:0 (NVIDIA H100, 80 GiB)"
  std::string text() const;
};

// What --device takes, for its help.
inline constexpr const char* kDeviceHelp =
    "cpu, cuda, cuda:N, or auto: a GPU if there is one. GPU and CPU give results that differ by rounding";

// "auto" takes the first CUDA device if there is one. Throws Error(usage) on another word, Error(device) where the
// device is none of this build or machine.
DeviceChoice choose_device(const std::string& word);

}  // namespace regrain
