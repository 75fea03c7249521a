// Rows of mean 0 and variance 1 (Ba, Kiros & Hinton 2016):
//
//   y = scale (x - mean) / sqrt(variance + epsilon) + shift, mean and variance over the F elements of a row
#pragma once

#include "engine/backend.hpp"
#include "engine/view.hpp"

namespace regrain::kernels {

constexpr double kLayerNormEpsilon = 1e-5;

// x, y (N, F); scale, shift (F)
template <class T>
void layer_norm(Cpu, View<const T, 2> x_NF, View<const T, 1> scale_F, View<const T, 1> shift_F, View<T, 2> y_NF);
template <class T>
void layer_norm(Cuda, View<const T, 2> x_NF, View<const T, 1> scale_F, View<const T, 1> shift_F, View<T, 2> y_NF);

// dx, dscale, dshift += derivative; a null dx is not wanted
template <class T>
void layer_norm_backward(Cpu, View<const T, 2> x_NF, View<const T, 1> scale_F, View<const T, 2> dy_NF, View<T, 2> dx_NF,
                         View<T, 1> dscale_F, View<T, 1> dshift_F);
template <class T>
void layer_norm_backward(Cuda, View<const T, 2> x_NF, View<const T, 1> scale_F, View<const T, 2> dy_NF, View<T, 2> dx_NF,
                         View<T, 1> dscale_F, View<T, 1> dshift_F);

}  // namespace regrain::kernels
