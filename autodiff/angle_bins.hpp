// The likelihood of angles under a softmax over bins.
#pragma once

#include "autodiff/tape.hpp"
#include "kernels/angle_bins.hpp"

namespace regrain {

// Scalar: minus the mean over N rows of the log-likelihood of angle_N (radians) under softmax(logits_NB), the truth
// smoothed; see kernels/angle_bins.hpp. Both must outlive the tape.
template <class T>
Var<T> angle_bins_loss(Tape<T>& tape, Var<T> logits_NB, View<const T, 1> angle_N, View<const int, 1> symmetry_N);

}  // namespace regrain
