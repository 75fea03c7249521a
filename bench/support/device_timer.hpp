// Time on a device by its own clock: events around each call, and the L2 cache flushed in front of it, since
// the arrays of a step have long left it when the same kernel comes again.
//
// While the cache is flushed the host puts the call on the stream, so that launches are part of the time only
// where they take longer than the kernels do.
#pragma once

#include <cstddef>

#include "bench/support/target.hpp"

namespace regrain::bench {

// The context of the device that all benchmarks share: cuBLAS keeps 32 MiB for every stream it has seen.
// Throws Error(device) where there is none.
Context& device_context();

class DeviceTimer {
 public:
  DeviceTimer(const Target& target, Context& context);
  ~DeviceTimer();
  DeviceTimer(const DeviceTimer&) = delete;
  DeviceTimer& operator=(const DeviceTimer&) = delete;

  // between the device reaching what f put on the stream and it being done
  template <class F>
  double seconds_of(F f) {
    begin();
    f();
    return end();
  }

 private:
  void begin();
  double end();

  void *stream_ = nullptr, *begin_ = nullptr, *end_ = nullptr, *flush_ = nullptr;
  std::size_t flush_bytes_ = 0;
};

}  // namespace regrain::bench
