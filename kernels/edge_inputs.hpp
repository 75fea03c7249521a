// What an edge network sees of an edge itself: the labels of its ends and its length in Gaussians.
#pragma once

#include "engine/backend.hpp"
#include "engine/view.hpp"
#include "kernels/graph.hpp"

namespace regrain::kernels {

constexpr int kDistanceGaussians = 8;
constexpr int kLabelledInputs = 6 + kDistanceGaussians;  // two labels, four columns that are always 0

// r_E3 = x_src - x_dst of every edge
template <class T>
void edge_vectors(Cpu, GraphView g, View<const T, 2> x_dst, View<const T, 2> x_src, View<T, 2> r_E3);

// Gaussians exp(-(d - c)^2 / (2 w^2)), 8 centres c from 0 to `reach`, w their spacing: (E, 8)
template <class T>
void distance_inputs(Cpu, View<const T, 2> r_E3, T reach, View<T, 2> out_E8);
// the same behind [label of receiver, label of sender, 0, 0, 0, 0] times label_scale: (E, 14)
template <class T>
void labelled_inputs(Cpu, GraphView g, View<const T, 2> r_E3, T reach, View<const int, 1> label_dst,
                     View<const int, 1> label_src, T label_scale, View<T, 2> out_E14);

}  // namespace regrain::kernels
