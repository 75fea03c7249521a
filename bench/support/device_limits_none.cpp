// A build for the CPU alone has no device to measure.
#include "bench/support/device_limits.hpp"

namespace regrain::bench {

const DeviceLimits& device_limits() {
  static const DeviceLimits none{};
  return none;
}

}  // namespace regrain::bench
