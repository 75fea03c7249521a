// Rows of mean 0 and variance 1.
#pragma once

#include "autodiff/tape.hpp"
#include "kernels/layer_norm.hpp"

namespace regrain {

// y (N,F) = scale_F (x - mean) / sqrt(variance + epsilon) + shift_F, row by row
template <class T>
Var<T> layer_norm(Tape<T>& tape, Var<T> x_NF, Var<T> scale_F, Var<T> shift_F);

}  // namespace regrain
