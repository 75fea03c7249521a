// Messages between residues that know each other's frames:
//
//   y_i = sum over j -> i of silu(a_i + b_j + W e_ij),   e_ij = edge_features (residue_edges.hpp)
//
// Nothing of size edges x features is kept: features are made where they are used, forward and backward. What the
// derivative needs of a receiver is one more sum, q_i = sum of silu'(a_i + b_j + W e_ij), since all of its edges get the
// same gradient: da_i = dy_i q_i.
#pragma once

#include "engine/backend.hpp"
#include "engine/view.hpp"
#include "kernels/graph.hpp"
#include "kernels/residue_edges.hpp"

namespace regrain::kernels {

// a, b and y are (N, H), H a multiple of 16; the weight is (H, kEdgeFeatures).
template <class T>
struct ResidueMessages {
  View<const T, 2> a_NH, b_NH, weight_HE;
};
template <class T>
struct ResidueMessagesGradient {
  View<T, 2> da_NH, db_NH, dweight_HE;
};

// `slope_NH` gets q and may be null where no derivative follows. Throws Error(internal) if shapes disagree.
template <class T>
void residue_messages(Cpu, GraphView g, const ResidueGeometry<T>& geometry, const ResidueMessages<T>& in, View<T, 2> y_NH,
                      View<T, 2> slope_NH);
// On a device a and b lie at multiples of 16 bytes, as all memory of an arena does.
template <class T>
void residue_messages(Cuda, GraphView g, const ResidueGeometry<T>& geometry, const ResidueMessages<T>& in, View<T, 2> y_NH,
                      View<T, 2> slope_NH);
// all += derivative; the geometry is data
template <class T>
void residue_messages_backward(Cpu, GraphView g, const ResidueGeometry<T>& geometry, const ResidueMessages<T>& in,
                               View<const T, 2> slope_NH, View<const T, 2> dy_NH, const ResidueMessagesGradient<T>& grad);
template <class T>
void residue_messages_backward(Cuda, GraphView g, const ResidueGeometry<T>& geometry, const ResidueMessages<T>& in,
                               View<const T, 2> slope_NH, View<const T, 2> dy_NH, const ResidueMessagesGradient<T>& grad);

// Throws Error(internal) if shapes disagree.
template <class T>
void check_residue_messages(GraphView g, const ResidueGeometry<T>& geometry, const ResidueMessages<T>& in);

}  // namespace regrain::kernels
