// What stands before and after the filtered sum in an equivariant message block: gates times
// features on the sender's side, products with the receiver's features on the other.
//
// Equivariant block, 3 gates (Schuett et al. 2021, eq. 7-8), sums over j -> i:
//   ds_i = S m1,   dv_i = S ( m2 unit_ij + m0 v_j )
// Pseudo-vector block, 9 gates (Wang et al. 2022), S is the same sum and m^k = phi^k(s_j) w^k(d_ij):
//   ds_i     = S m0 s_i                 (the receiver's scalar)
//   ds_bar_i = S v_i . v_bar_j          (no filter)
//   dv_i     = S ( m1 unit_ij + m2 v_j + m3 v_i x v_bar_j + m4 s_bar_i v_bar_j )
//   dv_bar_i = S ( m5 v_bar_j + m6 s_bar_i v_j + m7 v_i x v_j + m8 v_bar_i x v_bar_j )
// What belongs to the receiver is taken out of the sum, so that the sum is kernels/edge_filter.hpp.
#pragma once

#include "kernels/edge_filter.hpp"

namespace regrain::kernels {

// Features of the nodes of a pseudo-vector block: (N,F), (N,F), (N,3,F), (N,3,F).
template <class T>
struct PseudoFeatures {
  View<T, 2> s, s_bar;
  View<T, 3> v, v_bar;
};

inline constexpr GateLayout kScalarGate{1, {Gate::scalar}};
inline constexpr GateLayout kEquivariantGates{3, {Gate::vector, Gate::scalar, Gate::direction}};
inline constexpr GateLayout kPseudoGates{9,
                                         {Gate::scalar, Gate::direction, Gate::vector, Gate::vector, Gate::vector,
                                          Gate::vector, Gate::vector, Gate::vector, Gate::vector}};

// x (N,5,F) from phi (N,3F) and v (N,3,F)
template <class T>
void equivariant_gates(Cpu, View<const T, 2> phi, View<const T, 3> v, View<T, 3> x);
template <class T>
void equivariant_gates_backward(Cpu, View<const T, 2> phi, View<const T, 3> v, View<const T, 3> dx, View<T, 2> dphi,
                                View<T, 3> dv);

// ds (N,F), dv (N,3,F) from the filtered sums y (N,7,F)
template <class T>
void equivariant_combine(Cpu, View<const T, 3> y, View<T, 2> ds, View<T, 3> dv);
template <class T>
void equivariant_combine_backward(Cpu, View<const T, 2> grad_ds, View<const T, 3> grad_dv, View<T, 3> grad_y);

// x (N,23,F) from phi (N,9F), v and v_bar (N,3,F)
template <class T>
void pseudo_gates(Cpu, View<const T, 2> phi, View<const T, 3> v, View<const T, 3> v_bar, View<T, 3> x);
template <class T>
void pseudo_gates_backward(Cpu, View<const T, 2> phi, View<const T, 3> v, View<const T, 3> v_bar, View<const T, 3> dx,
                           View<T, 2> dphi, View<T, 3> dv, View<T, 3> dv_bar);

// The four updates from the filtered sums y (N,25,F), the plain neighbour sum of v_bar q (N,3,F) and
// the receiver's features.
template <class T>
void pseudo_combine(Cpu, View<const T, 3> y, View<const T, 3> q, PseudoFeatures<const T> node, PseudoFeatures<T> update);
// grad_y, grad_q, grad_node += derivative
template <class T>
void pseudo_combine_backward(Cpu, View<const T, 3> y, View<const T, 3> q, PseudoFeatures<const T> node,
                             PseudoFeatures<const T> grad_update, View<T, 3> grad_y, View<T, 3> grad_q,
                             PseudoFeatures<T> grad_node);

}  // namespace regrain::kernels
