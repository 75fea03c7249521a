// The pointwise part of the update block (Schuett et al. 2021, eq. 9-10): with a = U v, b = W v and
// gates q from the scalars,   dv = q0 a,   ds = q1 (a . b) + q2.
#pragma once

#include "engine/backend.hpp"
#include "engine/view.hpp"

namespace regrain::kernels {

// norm_NF = sqrt(sum over xyz of (v^2 + 1e-10)), v (N,3,F)
template <class T>
void vector_norm(Cpu, View<const T, 3> v, View<T, 2> norm_NF);
template <class T>
void vector_norm(Cuda, View<const T, 3> v, View<T, 2> norm_NF);
template <class T>
void vector_norm_backward(Cpu, View<const T, 3> v, View<const T, 2> norm_NF, View<const T, 2> dnorm_NF, View<T, 3> dv);
template <class T>
void vector_norm_backward(Cuda, View<const T, 3> v, View<const T, 2> norm_NF, View<const T, 2> dnorm_NF, View<T, 3> dv);

// q (N,3F), a and b (N,3,F) -> ds (N,F), dv (N,3,F)
template <class T>
void gated_update(Cpu, View<const T, 2> q, View<const T, 3> a, View<const T, 3> b, View<T, 2> ds, View<T, 3> dv);
template <class T>
void gated_update(Cuda, View<const T, 2> q, View<const T, 3> a, View<const T, 3> b, View<T, 2> ds, View<T, 3> dv);
template <class T>
void gated_update_backward(Cpu, View<const T, 2> q, View<const T, 3> a, View<const T, 3> b, View<const T, 2> grad_ds,
                           View<const T, 3> grad_dv, View<T, 2> dq, View<T, 3> da, View<T, 3> db);
template <class T>
void gated_update_backward(Cuda, View<const T, 2> q, View<const T, 3> a, View<const T, 3> b, View<const T, 2> grad_ds,
                           View<const T, 3> grad_dv, View<T, 2> dq, View<T, 3> da, View<T, 3> db);

// The vectors of the block alone, for a layer whose scalars nobody reads: dv = q a, q (N,F), a (N,3,F).
template <class T>
void gate_vectors(Cpu, View<const T, 2> q, View<const T, 3> a, View<T, 3> v);
template <class T>
void gate_vectors(Cuda, View<const T, 2> q, View<const T, 3> a, View<T, 3> v);
// dq, da += derivative
template <class T>
void gate_vectors_backward(Cpu, View<const T, 2> q, View<const T, 3> a, View<const T, 3> dv, View<T, 2> dq,
                           View<T, 3> da);
template <class T>
void gate_vectors_backward(Cuda, View<const T, 2> q, View<const T, 3> a, View<const T, 3> dv, View<T, 2> dq,
                           View<T, 3> da);

}  // namespace regrain::kernels
