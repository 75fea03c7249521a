// Small ops on rows: leave some out, widen them, turn them into invariants.
#pragma once

#include "autodiff/tape.hpp"
#include "kernels/invariants.hpp"

namespace regrain {

using kernels::Handedness;

// y_NG + [x_NF | 0], G >= F
template <class T>
Var<T> add_widened(Tape<T>& tape, Var<T> x_NF, Var<T> y_NG);

// rows with keep 1; the others become 0. `keep` must outlive the tape.
template <class T>
Var<T> keep_rows(Tape<T>& tape, Var<T> x_NF, View<const int, 1> keep_N);

// max(x - threshold, 0) of a scalar: a loss that is free up to a threshold
template <class T>
Var<T> excess(Tape<T>& tape, Var<T> x, T threshold);

// (N, feature_width(level)) -> (N, invariant_width(level)); see kernels/invariants.hpp
template <class T>
Var<T> invariant_features(Tape<T>& tape, int level, Handedness hand, Var<T> x_NF);

}  // namespace regrain
