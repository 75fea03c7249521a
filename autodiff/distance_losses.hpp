// Losses on Cartesian coordinates: one scalar each. Pairs are a symmetric graph, see
// kernels/distance_losses.hpp; graph and target must outlive the tape.
#pragma once

#include "autodiff/tape.hpp"
#include "kernels/distance_losses.hpp"

namespace regrain {

using kernels::Graph;

// mean over atoms of |x - t|^2
template <class T>
Var<T> mean_squared_displacement(Tape<T>& tape, Var<T> xyz_A3, ArrayRef<const T> target_A3);

// mean over pairs of (d - d_target)^2, d = sqrt(|x_i - x_j|^2 + eps)
template <class T>
Var<T> edge_length_loss(Tape<T>& tape, Var<T> xyz_A3, ArrayRef<const T> target_A3, const Graph& pairs, T eps);

// mean over pairs of max(nearest - d, 0)
template <class T>
Var<T> clash_loss(Tape<T>& tape, Var<T> xyz_A3, const Graph& pairs, T nearest, T eps);

}  // namespace regrain
