// The two limits a kernel on a device is held against, measured once by a copy and by a loop of
// multiply-adds.
#pragma once

namespace regrain::bench {

struct DeviceLimits {
  double copy_bandwidth;  // byte/s read and written, of arrays no cache holds
  double fma_rate;        // single-precision flop/s from registers
};

// of the device in use; 0 in a build for the CPU alone
const DeviceLimits& device_limits();

}  // namespace regrain::bench
