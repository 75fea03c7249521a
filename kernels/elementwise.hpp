// Arithmetic an element at a time: sums, multiples, constants.
#pragma once

#include "engine/backend.hpp"
#include "engine/view.hpp"

namespace regrain::kernels {

// y = value
template <class T>
void fill(Cpu, T value, View<T, 1> y);
template <class T>
void fill(Cuda, T value, View<T, 1> y);

// y = factor x
template <class T>
void scale(Cpu, T factor, View<const T, 1> x, View<T, 1> y);
template <class T>
void scale(Cuda, T factor, View<const T, 1> x, View<T, 1> y);

// z = x + y
template <class T>
void add(Cpu, View<const T, 1> x, View<const T, 1> y, View<T, 1> z);
template <class T>
void add(Cuda, View<const T, 1> x, View<const T, 1> y, View<T, 1> z);

// z = x y
template <class T>
void multiply(Cpu, View<const T, 1> x, View<const T, 1> y, View<T, 1> z);
template <class T>
void multiply(Cuda, View<const T, 1> x, View<const T, 1> y, View<T, 1> z);
// z += x y
template <class T>
void add_product(Cpu, View<const T, 1> x, View<const T, 1> y, View<T, 1> z);
template <class T>
void add_product(Cuda, View<const T, 1> x, View<const T, 1> y, View<T, 1> z);

// y = max(x - threshold, 0)
template <class T>
void excess(Cpu, T threshold, View<const T, 1> x, View<T, 1> y);
template <class T>
void excess(Cuda, T threshold, View<const T, 1> x, View<T, 1> y);
// dx += dy where x is above the threshold
template <class T>
void excess_backward(Cpu, T threshold, View<const T, 1> x, View<const T, 1> dy, View<T, 1> dx);
template <class T>
void excess_backward(Cuda, T threshold, View<const T, 1> x, View<const T, 1> dy, View<T, 1> dx);

}  // namespace regrain::kernels
