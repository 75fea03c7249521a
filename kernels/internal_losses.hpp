// How far internal coordinates are from their targets: squared distances, chord lengths of angles.
//
// An angle off by delta costs sqrt(2 (1 - cos delta) + 1e-7). Written as sqrt(4 sin^2(delta / 2) + 1e-7)
// the same number keeps its digits for small delta, where 1 - cos loses them all in float.
#pragma once

#include "engine/backend.hpp"
#include "engine/view.hpp"

namespace regrain::kernels {

struct InternalLosses {
  double length = 0, angle = 0, torsion = 0;
};

// Sums over the rows with mask 1, divided by their number; 0 if there is none.
template <class T>
InternalLosses internal_losses(Cpu, View<const T, 3> ic_RT3, View<const T, 3> target_RT3,
                               View<const int, 2> mask_RT);

// dic += weighted derivative; `weight` holds the gradients of the three losses
template <class T>
void internal_losses_backward(Cpu, View<const T, 3> ic_RT3, View<const T, 3> target_RT3,
                              View<const int, 2> mask_RT, InternalLosses weight, View<T, 3> dic_RT3);

}  // namespace regrain::kernels
