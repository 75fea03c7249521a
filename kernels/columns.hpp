// Rows put side by side, widened, cut out and left out.
#pragma once

#include "engine/backend.hpp"
#include "engine/view.hpp"

namespace regrain::kernels {

// z = [x_NF | y_NG], G = columns of z - F
template <class T>
void join_columns(Cpu, View<const T, 2> x_NF, View<const T, 2> y_NG, View<T, 2> z_NH);
template <class T>
void join_columns(Cuda, View<const T, 2> x_NF, View<const T, 2> y_NG, View<T, 2> z_NH);

// z = y_NG + [x_NF | 0], F <= G
template <class T>
void add_widened(Cpu, View<const T, 2> x_NF, View<const T, 2> y_NG, View<T, 2> z_NG);
template <class T>
void add_widened(Cuda, View<const T, 2> x_NF, View<const T, 2> y_NG, View<T, 2> z_NG);

// y_NF += as many columns of x, from column `first` on: what both go back by
template <class T>
void add_columns(Cpu, View<const T, 2> x_NH, int first, View<T, 2> y_NF);
template <class T>
void add_columns(Cuda, View<const T, 2> x_NH, int first, View<T, 2> y_NF);

// y = rows of x with keep 1; the others become 0
template <class T>
void keep_rows(Cpu, View<const int, 1> keep_N, View<const T, 2> x_NF, View<T, 2> y_NF);
template <class T>
void keep_rows(Cuda, View<const int, 1> keep_N, View<const T, 2> x_NF, View<T, 2> y_NF);
// dx += rows of dy with keep 1
template <class T>
void keep_rows_backward(Cpu, View<const int, 1> keep_N, View<const T, 2> dy_NF, View<T, 2> dx_NF);
template <class T>
void keep_rows_backward(Cuda, View<const int, 1> keep_N, View<const T, 2> dy_NF, View<T, 2> dx_NF);

}  // namespace regrain::kernels
