// Radial basis and envelope of continuous-filter message passing.
//
//   e_k(d) = sin(k pi d / c) / d,  k = 1..K      (Gasteiger et al. 2020, without the sqrt(2/c) factor)
//   f(d)   = (cos(pi d / c) + 1) / 2             both 0 for d >= c
//
// One sincos per distance; the multiples come from the Chebyshev recurrence
// sin((k+1)x) = 2 cos(x) sin(kx) - sin((k-1)x).
#pragma once

#include <cmath>
#include <numbers>

#include "engine/host_device.hpp"

namespace regrain::kernels {

// Radial functions and the envelope a kernel has room for.
constexpr int kMaxRadialTerms = 65;

// sin and cos of pi d / c, all that the functions below need besides d.
template <class T>
struct RadialAngle {
  T sin, cos;
};
template <class T>
REGRAIN_HD RadialAngle<T> radial_angle(T d, T cutoff) {
  const T x = std::numbers::pi_v<T> * d / cutoff;
  return {std::sin(x), std::cos(x)};
}

// The filter is linear in these: w(d) = W [e_1 .. e_K, 1] f(d). out_K1[0] = f, out_K1[k] = f e_k,
// so that index 0 goes with the bias. Out is T* or whatever has an operator[] like it.
template <class T, class Out>
REGRAIN_HD void radial_basis(T d, RadialAngle<T> angle, int n_rbf, Out out_K1) {
  const T envelope = (angle.cos + T(1)) / T(2), scale = envelope / d;
  out_K1[0] = envelope;
  T before = T(0), now = angle.sin;
  for (int k = 1; k <= n_rbf; ++k) {
    out_K1[k] = now * scale;
    const T next = T(2) * angle.cos * now - before;
    before = now;
    now = next;
  }
}
// zero at the cutoff and beyond
template <class T>
REGRAIN_HD void radial_basis(T d, T cutoff, int n_rbf, T* out_K1) {
  if (d < cutoff) return radial_basis(d, radial_angle(d, cutoff), n_rbf, out_K1);
  for (int k = 0; k <= n_rbf; ++k) out_K1[k] = T(0);
}

}  // namespace regrain::kernels
