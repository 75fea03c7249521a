// What one core of this machine can do, measured once when a benchmark program starts.
#pragma once

namespace regrain::bench {

// single-precision multiply-adds from registers, flop/s of one thread
double fma_peak();
// reading two arrays and writing a third that no cache holds, byte/s of one thread
double stream_bandwidth();

}  // namespace regrain::bench
