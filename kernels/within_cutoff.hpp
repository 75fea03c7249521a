// Are two points neighbours? One expression for every search, so that lists of the host and of a device agree.
#pragma once

#include <cmath>

#include "engine/host_device.hpp"

namespace regrain::kernels {

// |a - b| <= cutoff for points of three coordinates; symmetric, and false where one is not a number. Which products are
// rounded is spelled out: compilers choose differently, and a pair at the cutoff would be one for some of them.
template <class T>
REGRAIN_HD inline T squared_length(T x, T y, T z) {
  return std::fma(z, z, std::fma(x, x, y * y));
}
template <class T>
REGRAIN_HD inline bool within_cutoff(const T* a, const T* b, T cutoff) {
  return std::sqrt(squared_length(a[0] - b[0], a[1] - b[1], a[2] - b[2])) <= cutoff;
}

}  // namespace regrain::kernels
