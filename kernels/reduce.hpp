// Sums with a fixed order of additions: columns of a matrix, dot products.
#pragma once

#include "engine/backend.hpp"
#include "engine/view.hpp"

namespace regrain::kernels {

// y_F += sum over rows of as many columns of x, from column `first` on
template <class T>
void add_column_sums(Cpu, View<const T, 2> x, int first, View<T, 1> y_F);
template <class T>
void add_column_sums(Cuda, View<const T, 2> x, int first, View<T, 1> y_F);

// *sum = sum of x(i) y(i), accumulated in double
template <class T>
void dot(Cpu, View<const T, 1> x, View<const T, 1> y, T* sum);
template <class T>
void dot(Cuda, View<const T, 1> x, View<const T, 1> y, T* sum);

// y += scale x
template <class T>
void axpy(Cpu, T scale, View<const T, 1> x, View<T, 1> y);
template <class T>
void axpy(Cuda, T scale, View<const T, 1> x, View<T, 1> y);
// the same by a number in the backend's memory
template <class T>
void axpy(Cpu, const T* scale, View<const T, 1> x, View<T, 1> y);
template <class T>
void axpy(Cuda, const T* scale, View<const T, 1> x, View<T, 1> y);

}  // namespace regrain::kernels
