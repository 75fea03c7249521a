// Sorting and running sums on the device: those of CUB, in the emulation those of the standard library.
//
// Integers alone, so both give the same. Temporary storage is the tag's scratch; nothing waits for the device.
#pragma once

#include "engine/backend.hpp"
#include "engine/view.hpp"

namespace regrain::kernels {

// Pairs in ascending order of the lowest `bits` (1 to 64) bits of their keys, equal ones in the order they had. Views
// are of one length and don't overlap.
void sort_pairs(Cuda be, int bits, View<const unsigned long long, 1> key_N, View<const int, 1> value_N,
                View<unsigned long long, 1> sorted_key_N, View<int, 1> sorted_value_N);

// x(i) becomes x(0) + ... + x(i - 1); what x held last goes into no sum.
void exclusive_sum(Cuda be, View<long long, 1> x_N);

}  // namespace regrain::kernels
