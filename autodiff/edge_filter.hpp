// Continuous-filter sums and the message blocks made of them; the equations stand in
// kernels/message.hpp.
#pragma once

#include "autodiff/tape.hpp"
#include "kernels/message.hpp"

namespace regrain {

using kernels::FilterGraph;
using kernels::GateLayout;
using kernels::PseudoGates;

// The layer's filter w(d) = f(d) (W e(d) + b): weight (n_gates F, n_rbf), bias (n_gates F).
template <class T>
struct Filter {
  Var<T> weight, bias;
};

// y (n_dst, n_out, F) = filtered sum of x (n_src, n_in, F). The graph must outlive the tape.
template <class T>
Var<T> edge_filter(Tape<T>& tape, const FilterGraph<T>& graph, const GateLayout& layout, Filter<T> filter, Var<T> x);

// ds_i = sum of phi_j * w_ij, phi (N,F)
template <class T>
Var<T> scalar_message(Tape<T>& tape, const FilterGraph<T>& graph, Filter<T> filter, Var<T> phi);

template <class T>
struct ScalarVector {
  Var<T> s;  // (N,F)
  Var<T> v;  // (N,3,F)
};

// Equivariant message block; phi (N,3F), v (N,3,F) of the senders.
template <class T>
ScalarVector<T> equivariant_message(Tape<T>& tape, const FilterGraph<T>& graph, Filter<T> filter, Var<T> phi, Var<T> v);

// Update block; q (N,3F), a and b (N,3,F).
template <class T>
ScalarVector<T> gated_update(Tape<T>& tape, Var<T> q, Var<T> a, Var<T> b);

// The vectors of an update block alone: q a; q (N,F), a (N,3,F).
template <class T>
Var<T> gate_vectors(Tape<T>& tape, Var<T> q, Var<T> a);

// sqrt(sum over xyz of (v^2 + 1e-10)): (N,3,F) -> (N,F)
template <class T>
Var<T> vector_norm(Tape<T>& tape, Var<T> v);

template <class T>
struct PseudoState {
  Var<T> s, s_bar;  // (N,F): scalars, pseudoscalars
  Var<T> v, v_bar;  // (N,3,F): vectors, pseudovectors
};

// How neighbours are weighted in the pseudoscalar update S v_i . v_bar_j: not at all, as published,
// which jumps when a bead crosses the cutoff; or by the envelope f(d_ij).
enum class PseudoscalarSum { plain, envelope };

// Pseudo-vector message block of the gates given; phi (N, gates F), the filter that of all nine. What no gate
// makes is zero.
template <class T>
PseudoState<T> pseudo_message(Tape<T>& tape, const FilterGraph<T>& graph, Filter<T> filter, Var<T> phi,
                              PseudoState<T> node, PseudoscalarSum sum, const PseudoGates& gates = {});

}  // namespace regrain
