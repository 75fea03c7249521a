// Features that don't turn with the molecule, made of those that do: what a network may read out.
//
// From a row of level l (tensor_product_paths.hpp): scalars as they are, the lengths of vectors and
// pseudovectors, pseudoscalars. Pseudoscalars keep still under rotations and change sign in a mirror:
// taken as they are the readout knows left-handed from right-handed, squared it doesn't.
#pragma once

#include <cmath>

#include "engine/backend.hpp"
#include "engine/host_device.hpp"
#include "engine/view.hpp"
#include "kernels/tensor_product_paths.hpp"

namespace regrain::kernels {

enum class Handedness { keep, drop };

// columns made of a row of a level: 12, 16, 20, 32
constexpr int invariant_width(int level) { return level == 0 ? 12 : level == 1 ? 16 : level == 2 ? 20 : 32; }

// blocks of vectors of a level
constexpr int n_vector_blocks(int level) { return level == 0 ? 0 : level == 1 ? 1 : 2; }

// sqrt(|v|^2 + 1e-8), so that a zero vector has a derivative; v points to a channel of a block [3][4]
template <class T>
REGRAIN_HD T soft_length(const T* v) {
  constexpr int kV = kVectorChannels;
  return std::sqrt(v[0] * v[0] + v[kV] * v[kV] + v[2 * kV] * v[2 * kV] + T(1e-8));
}

// y = [scalars, soft lengths of the blocks of vectors, pseudoscalars or their squares]
template <class T>
void invariant_features(Cpu, int level, Handedness hand, View<const T, 2> x_NF, View<T, 2> y_NF);
template <class T>
void invariant_features(Cuda, int level, Handedness hand, View<const T, 2> x_NF, View<T, 2> y_NF);
// dx += derivative
template <class T>
void invariant_features_backward(Cpu, int level, Handedness hand, View<const T, 2> x_NF,
                                 View<const T, 2> dy_NF, View<T, 2> dx_NF);
template <class T>
void invariant_features_backward(Cuda, int level, Handedness hand, View<const T, 2> x_NF,
                                 View<const T, 2> dy_NF, View<T, 2> dx_NF);

}  // namespace regrain::kernels
