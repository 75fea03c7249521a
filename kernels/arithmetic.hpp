// Sums and multiples of arrays, and columns of matrices put side by side.
#pragma once

#include "engine/backend.hpp"
#include "engine/view.hpp"

namespace regrain::kernels {

// z = x + y
template <class T>
void add(Cpu, View<const T, 1> x, View<const T, 1> y, View<T, 1> z);
template <class T>
void add(Cuda, View<const T, 1> x, View<const T, 1> y, View<T, 1> z);

// y = factor x
template <class T>
void scale(Cpu, T factor, View<const T, 1> x, View<T, 1> y);
template <class T>
void scale(Cuda, T factor, View<const T, 1> x, View<T, 1> y);

// x becomes the columns of z from `first` on; the others are left alone
template <class T>
void put_columns(Cpu, View<const T, 2> x_NF, int first, View<T, 2> z_NG);
template <class T>
void put_columns(Cuda, View<const T, 2> x_NF, int first, View<T, 2> z_NG);
// x += the columns of z from `first` on
template <class T>
void add_columns(Cpu, View<const T, 2> z_NG, int first, View<T, 2> x_NF);
template <class T>
void add_columns(Cuda, View<const T, 2> z_NG, int first, View<T, 2> x_NF);

}  // namespace regrain::kernels
