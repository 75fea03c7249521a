// Ops of a learned assignment: Gumbel softmax, column normalisation, and the product of two variables.
#pragma once

#include "autodiff/tape.hpp"
#include "kernels/gemm.hpp"
#include "kernels/soft_assignment.hpp"

namespace regrain {

using kernels::Trans;

// m_AB = softmax over beads of (logit + noise) / temperature. `noise` must outlive the tape.
template <class T>
Var<T> gumbel_softmax(Tape<T>& tape, Var<T> logit_AB, ArrayRef<const T> noise_AB, T temperature);

// m_AB with columns that sum to 1
template <class T>
Var<T> normalize_columns(Tape<T>& tape, Var<T> m_AB);

// op(a) b, op(a) is a or its transpose
template <class T>
Var<T> matrix_product(Tape<T>& tape, Trans trans_a, Var<T> a, Var<T> b);

}  // namespace regrain
