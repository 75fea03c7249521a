// How far internal coordinates are from their targets: squared distances, chord lengths of angles.
//
// An angle off by delta costs sqrt(2 (1 - cos delta) + 1e-7). Written as sqrt(4 sin^2(delta / 2) + 1e-7)
// the same number keeps its digits for small delta, where 1 - cos loses them all in float.
#pragma once

#include <cmath>

#include "engine/backend.hpp"
#include "engine/host_device.hpp"
#include "engine/view.hpp"

namespace regrain::kernels {

// Where the three losses, or their gradients, lie in the backend's memory.
template <class T>
struct InternalTerms {
  T *length, *angle, *torsion;
};

// Sums over the rows with mask 1, divided by their number, which *n_rows becomes; 0 if there is none.
template <class T>
void internal_losses(Cpu, View<const T, 3> ic_RT3, View<const T, 3> target_RT3, View<const int, 2> mask_RT,
                     InternalTerms<T> loss, int* n_rows);
template <class T>
void internal_losses(Cuda, View<const T, 3> ic_RT3, View<const T, 3> target_RT3, View<const int, 2> mask_RT,
                     InternalTerms<T> loss, int* n_rows);

// dic += weighted derivative, n_rows as above; a gradient that is null counts as 0.
template <class T>
void internal_losses_backward(Cpu, View<const T, 3> ic_RT3, View<const T, 3> target_RT3, View<const int, 2> mask_RT,
                              const int* n_rows, InternalTerms<const T> dloss, View<T, 3> dic_RT3);
template <class T>
void internal_losses_backward(Cuda, View<const T, 3> ic_RT3, View<const T, 3> target_RT3, View<const int, 2> mask_RT,
                              const int* n_rows, InternalTerms<const T> dloss, View<T, 3> dic_RT3);

REGRAIN_HD inline double chord(double delta) {
  const double s = std::sin(delta / 2);
  return std::sqrt(4 * s * s + 1e-7);
}
REGRAIN_HD inline double chord_slope(double delta) { return std::sin(delta) / chord(delta); }

// The gradients of the three losses over the number of rows.
template <class T>
struct InternalWeights {
  double length, angle, torsion;

  REGRAIN_HD InternalWeights(InternalTerms<const T> dloss, int n_rows) {
    const double n = n_rows > 1 ? n_rows : 1;
    length = dloss.length ? static_cast<double>(*dloss.length) / n : 0;
    angle = dloss.angle ? static_cast<double>(*dloss.angle) / n : 0;
    torsion = dloss.torsion ? static_cast<double>(*dloss.torsion) / n : 0;
  }
  // of one row: length, angle, torsion
  REGRAIN_HD void add_slopes(const T* ic, const T* target, T* dic) const {
    dic[0] += static_cast<T>(length * 2 * (double(ic[0]) - double(target[0])));
    dic[1] += static_cast<T>(angle * chord_slope(double(ic[1]) - double(target[1])));
    dic[2] += static_cast<T>(torsion * chord_slope(double(ic[2]) - double(target[2])));
  }
};

}  // namespace regrain::kernels
