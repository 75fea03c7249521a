// Real spherical harmonics up to l = 2 of edge directions, "component" normalisation: the squares of
// the 2l + 1 values of one l add up to 2l + 1. Order and axes are those of e3nn (y is the polar axis).
#pragma once

#include <algorithm>
#include <cmath>

#include "engine/backend.hpp"
#include "engine/host_device.hpp"
#include "engine/view.hpp"

namespace regrain::kernels {

constexpr int kHarmonics = 9;

// y_9 = [1 | 3 of l = 1 | 5 of l = 2] of r / max(|r|, 1e-12); for r = 0 all but the first are 0
template <class T>
REGRAIN_HD inline void harmonics_of(const T* r_3, T* y_9) {
  const T sqrt3 = T(1.7320508075688772), sqrt5 = T(2.23606797749979), sqrt15 = T(3.872983346207417);
  const T d = std::max(std::sqrt(r_3[0] * r_3[0] + r_3[1] * r_3[1] + r_3[2] * r_3[2]), T(1e-12));
  const T x = r_3[0] / d, y = r_3[1] / d, z = r_3[2] / d;
  y_9[0] = T(1);
  y_9[1] = sqrt3 * x;
  y_9[2] = sqrt3 * y;
  y_9[3] = sqrt3 * z;
  y_9[4] = sqrt15 * x * z;
  y_9[5] = sqrt15 * x * y;
  y_9[6] = sqrt5 * (y * y - T(0.5) * (x * x + z * z));
  y_9[7] = sqrt15 * y * z;
  y_9[8] = T(0.5) * sqrt15 * (z * z - x * x);
}

// the same for every row
template <class T>
void spherical_harmonics(Cpu, View<const T, 2> r_E3, View<T, 2> y_E9);
template <class T>
void spherical_harmonics(Cuda, View<const T, 2> r_E3, View<T, 2> y_E9);

}  // namespace regrain::kernels
