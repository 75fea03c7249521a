// How far internal coordinates are from their targets, on the tape.
#pragma once

#include "autodiff/tape.hpp"

namespace regrain {

template <class T>
struct InternalLosses {
  Var<T> length, angle, torsion;
};

// Means over the rows with mask 1; see kernels/internal_losses.hpp. Target and mask must outlive the tape.
template <class T>
InternalLosses<T> internal_losses(Tape<T>& tape, Var<T> ic_RT3, View<const T, 3> target_RT3,
                                  View<const int, 2> mask_RT);

}  // namespace regrain
