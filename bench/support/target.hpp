// Where a benchmark program works, and how arrays get there.
#pragma once

#include <string>
#include <utility>

#include "engine/transfer.hpp"

namespace regrain::bench {

struct Target {
  Device device = Device::cpu;
  int number = 0;           // of the CUDA device
  bool tensor_cores = false;  // of a device: Context::use_tensor_cores
  bool warm_cache = false;  // on a device: leave the L2 cache as the last call left it

  bool on_device() const { return device == Device::cuda; }
  // "NVIDIA H100 80GB HBM3"; "cpu" on the CPU
  std::string name() const;
  // Makes the device the one the program works on; throws Error(device) where there is none.
  void use() const;
  // of the device, 0 on the CPU
  std::size_t free_memory() const;
};

// Arrays are made on the host; on(x) is x where the context's kernels can read and write it.
class Place {
 public:
  explicit Place(Context& context) : context_(&context) {}

  // for work on arrays of the host
  Cpu host() const { return context_->host(); }
  bool on_device() const { return context_->device() == Device::cuda; }
  const MemorySource& memory() const { return context_->memory(); }

  // a tensor, a graph or a batch
  template <class X>
  X operator()(X x) const {
    if (!on_device()) return x;
    return to_backend(*context_, x);
  }

 private:
  Context* context_;
};

}  // namespace regrain::bench
