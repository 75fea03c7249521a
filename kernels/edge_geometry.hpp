// Distance of every edge, and its direction if it is wanted, once per graph.
#pragma once

#include "engine/backend.hpp"
#include "engine/tensor.hpp"
#include "kernels/graph.hpp"

namespace regrain::kernels {

// r_ij = x_src - x_dst; d = sqrt(sum over xyz of (r_c^2 + 1e-8)), never 0; unit = r / d.
template <class T>
struct EdgeGeometry {
  Tensor<T> d_E;
  Tensor<T> unit_E3;  // empty where nobody asked for directions

  static constexpr auto arrays() { return std::tuple<>(); }
  static constexpr auto edge_arrays() { return std::make_tuple(&EdgeGeometry::d_E, &EdgeGeometry::unit_E3); }
};

enum class Directions { keep, drop };

template <class T>
EdgeGeometry<T> edge_geometry(Cpu, GraphView g, View<const T, 2> x_dst, View<const T, 2> x_src, Directions directions);
// in device memory
template <class T>
EdgeGeometry<T> edge_geometry(Cuda, GraphView g, View<const T, 2> x_dst, View<const T, 2> x_src, Directions directions);

}  // namespace regrain::kernels
