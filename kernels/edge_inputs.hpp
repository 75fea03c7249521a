// What an edge network sees of an edge itself: the labels of its ends and its length in Gaussians.
#pragma once

#include <cmath>

#include "engine/backend.hpp"
#include "engine/host_device.hpp"
#include "engine/view.hpp"
#include "kernels/exponential.hpp"
#include "kernels/graph.hpp"

namespace regrain::kernels {

constexpr int kDistanceGaussians = 8;
constexpr int kLabelledInputs = 6 + kDistanceGaussians;  // two labels, four columns that are always 0

// Gaussians exp(-(d - c)^2 / (2 w^2)) of d = |r|, 8 centres c from 0 to `reach`, w their spacing
template <class T>
REGRAIN_HD inline void distance_gaussians(const T* r_3, T reach, T* out_8) {
  const T d = std::sqrt(r_3[0] * r_3[0] + r_3[1] * r_3[1] + r_3[2] * r_3[2]), width = reach / (kDistanceGaussians - 1);
  for (int k = 0; k < kDistanceGaussians; ++k) {
    const T x = (d - static_cast<T>(k) * width) / width;
    out_8[k] = exponential(T(-0.5) * x * x);
  }
}

// r_E3 = x_src - x_dst of every edge
template <class T>
void edge_vectors(Cpu, GraphView g, View<const T, 2> x_dst, View<const T, 2> x_src, View<T, 2> r_E3);
template <class T>
void edge_vectors(Cuda, GraphView g, View<const T, 2> x_dst, View<const T, 2> x_src, View<T, 2> r_E3);

// distance_gaussians of every edge: (E, 8)
template <class T>
void distance_inputs(Cpu, View<const T, 2> r_E3, T reach, View<T, 2> out_E8);
template <class T>
void distance_inputs(Cuda, View<const T, 2> r_E3, T reach, View<T, 2> out_E8);
// the same behind [label of receiver, label of sender, 0, 0, 0, 0] times label_scale: (E, 14)
template <class T>
void labelled_inputs(Cpu, GraphView g, View<const T, 2> r_E3, T reach, View<const int, 1> label_dst,
                     View<const int, 1> label_src, T label_scale, View<T, 2> out_E14);
template <class T>
void labelled_inputs(Cuda, GraphView g, View<const T, 2> r_E3, T reach, View<const int, 1> label_dst,
                     View<const int, 1> label_src, T label_scale, View<T, 2> out_E14);

}  // namespace regrain::kernels
