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
// which vector gates of a pseudo-vector block multiply v_bar instead of v
inline constexpr bool kFromBar[9] = {false, false, false, true, true, true, false, false, true};

// x (N,5,F) from phi (N,3F) and v (N,3,F)
template <class T>
void equivariant_gates(Cpu, View<const T, 2> phi, View<const T, 3> v, View<T, 3> x);
template <class T>
void equivariant_gates(Cuda, View<const T, 2> phi, View<const T, 3> v, View<T, 3> x);
template <class T>
void equivariant_gates_backward(Cpu, View<const T, 2> phi, View<const T, 3> v, View<const T, 3> dx, View<T, 2> dphi,
                                View<T, 3> dv);
template <class T>
void equivariant_gates_backward(Cuda, View<const T, 2> phi, View<const T, 3> v, View<const T, 3> dx, View<T, 2> dphi,
                                View<T, 3> dv);

// ds (N,F), dv (N,3,F) from the filtered sums y (N,7,F)
template <class T>
void equivariant_combine(Cpu, View<const T, 3> y, View<T, 2> ds, View<T, 3> dv);
template <class T>
void equivariant_combine(Cuda, View<const T, 3> y, View<T, 2> ds, View<T, 3> dv);
template <class T>
void equivariant_combine_backward(Cpu, View<const T, 2> grad_ds, View<const T, 3> grad_dv, View<T, 3> grad_y);
template <class T>
void equivariant_combine_backward(Cuda, View<const T, 2> grad_ds, View<const T, 3> grad_dv, View<T, 3> grad_y);

// The gates of a pseudo-vector block that do something: a layer whose vectors are still zero, or whose
// pseudovectors nobody reads, leaves the others out.
struct PseudoGates {
  GateLayout layout = kPseudoGates;  // those in use, in their order; block[u] is the number of the u-th
  std::array<int, 9> place{0, 1, 2, 3, 4, 5, 6, 7, 8};  // of a gate in the layout, -1 if it is left out
  bool pseudoscalars = true;         // whether ds_bar is made

  // `gates` has bit k set for gate k
  static constexpr PseudoGates of(unsigned gates, bool pseudoscalars) {
    PseudoGates some;
    some.layout.n_gates = 0;
    some.pseudoscalars = pseudoscalars;
    for (int k = 0; k < 9; ++k) {
      some.place[static_cast<std::size_t>(k)] = gates >> k & 1 ? some.layout.n_gates : -1;
      if (!(gates >> k & 1)) continue;
      some.layout.kind[static_cast<std::size_t>(some.layout.n_gates)] = kPseudoGates.kind[static_cast<std::size_t>(k)];
      some.layout.block[static_cast<std::size_t>(some.layout.n_gates++)] = k;
    }
    return some;
  }
};

// x (N, n_in, F) from phi (N, gates F), v and v_bar (N,3,F)
template <class T>
void pseudo_gates(Cpu, const PseudoGates& gates, View<const T, 2> phi, View<const T, 3> v, View<const T, 3> v_bar,
                  View<T, 3> x);
template <class T>
void pseudo_gates(Cuda, const PseudoGates& gates, View<const T, 2> phi, View<const T, 3> v, View<const T, 3> v_bar,
                  View<T, 3> x);
// dphi, dv, dv_bar += ; the last two may be null
template <class T>
void pseudo_gates_backward(Cpu, const PseudoGates& gates, View<const T, 2> phi, View<const T, 3> v,
                           View<const T, 3> v_bar, View<const T, 3> dx, View<T, 2> dphi, View<T, 3> dv,
                           View<T, 3> dv_bar);
template <class T>
void pseudo_gates_backward(Cuda, const PseudoGates& gates, View<const T, 2> phi, View<const T, 3> v,
                           View<const T, 3> v_bar, View<const T, 3> dx, View<T, 2> dphi, View<T, 3> dv,
                           View<T, 3> dv_bar);

// The four updates from the filtered sums y (N, n_out, F), the neighbour sum of v_bar q (N,3,F), which is not read
// where no pseudoscalars are made, and the receiver's features.
template <class T>
void pseudo_combine(Cpu, const PseudoGates& gates, View<const T, 3> y, View<const T, 3> q, PseudoFeatures<const T> node,
                    PseudoFeatures<T> update);
template <class T>
void pseudo_combine(Cuda, const PseudoGates& gates, View<const T, 3> y, View<const T, 3> q, PseudoFeatures<const T> node,
                    PseudoFeatures<T> update);
// grad_y, grad_q, grad_node += derivative; a null grad_update is zero, other null gradients are not wanted
template <class T>
void pseudo_combine_backward(Cpu, const PseudoGates& gates, View<const T, 3> y, View<const T, 3> q,
                             PseudoFeatures<const T> node, PseudoFeatures<const T> grad_update, View<T, 3> grad_y,
                             View<T, 3> grad_q, PseudoFeatures<T> grad_node);
template <class T>
void pseudo_combine_backward(Cuda, const PseudoGates& gates, View<const T, 3> y, View<const T, 3> q,
                             PseudoFeatures<const T> node, PseudoFeatures<const T> grad_update, View<T, 3> grad_y,
                             View<T, 3> grad_q, PseudoFeatures<T> grad_node);

}  // namespace regrain::kernels
