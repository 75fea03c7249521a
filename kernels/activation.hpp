// Pointwise nonlinearities and their derivatives.
#pragma once

#include <string>

#include "engine/backend.hpp"
#include "engine/view.hpp"

namespace regrain::kernels {

// swish(x) = x sigmoid(x); shifted_softplus(x) = ln(1 + e^x) - ln 2; leaky_relu has slope 0.01
enum class Activation { swish, relu, tanh, sigmoid, shifted_softplus, leaky_relu, elu };

// Throws Error(input) listing the names known.
Activation activation_from_name(const std::string& name);
const char* activation_name(Activation kind);

// y = act(x)
template <class T>
void activation(Cpu, Activation kind, View<const T, 1> x, View<T, 1> y);
template <class T>
void activation(Cuda, Activation kind, View<const T, 1> x, View<T, 1> y);

// dx += act'(x) dy
template <class T>
void activation_backward(Cpu, Activation kind, View<const T, 1> x, View<const T, 1> dy, View<T, 1> dx);
template <class T>
void activation_backward(Cuda, Activation kind, View<const T, 1> x, View<const T, 1> dy, View<T, 1> dx);

}  // namespace regrain::kernels
