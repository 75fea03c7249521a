// The nonlinearities of activation.hpp as functions with their slopes, for loops of the host and kernels of
// the device alike.
#pragma once

#include <algorithm>
#include <cmath>

#include "kernels/activation.hpp"
#include "kernels/exponential.hpp"

namespace regrain::kernels {

template <class T>
REGRAIN_HD inline T sigmoid(T x) {
  return T(1) / (T(1) + exponential(-x));
}

template <class T>
struct SwishFunction {
  REGRAIN_HD static T value(T x) { return x * sigmoid(x); }
  REGRAIN_HD static T slope(T x) {
    const T s = sigmoid(x);
    return s * (T(1) + x * (T(1) - s));
  }
};

template <class T>
struct ReluFunction {
  REGRAIN_HD static T value(T x) { return x > T(0) ? x : T(0); }
  REGRAIN_HD static T slope(T x) { return x > T(0) ? T(1) : T(0); }
};

template <class T>
struct TanhFunction {
  REGRAIN_HD static T value(T x) { return std::tanh(x); }
  REGRAIN_HD static T slope(T x) {
    const T t = std::tanh(x);
    return T(1) - t * t;
  }
};

template <class T>
struct SigmoidFunction {
  REGRAIN_HD static T value(T x) { return sigmoid(x); }
  REGRAIN_HD static T slope(T x) {
    const T s = sigmoid(x);
    return s * (T(1) - s);
  }
};

template <class T>
struct ShiftedSoftplusFunction {
  REGRAIN_HD static T value(T x) {
    return std::max(x, T(0)) + std::log1p(exponential(-std::abs(x))) - T(0.6931471805599453);
  }
  REGRAIN_HD static T slope(T x) { return sigmoid(x); }
};

template <class T>
struct LeakyReluFunction {
  REGRAIN_HD static T value(T x) { return x > T(0) ? x : T(0.01) * x; }
  REGRAIN_HD static T slope(T x) { return x > T(0) ? T(1) : T(0.01); }
};

template <class T>
struct EluFunction {
  REGRAIN_HD static T value(T x) { return x > T(0) ? x : std::expm1(x); }
  REGRAIN_HD static T slope(T x) { return x > T(0) ? T(1) : exponential(x); }
};

// Calls f with one of the structs above, so that the switch stands outside the loop.
template <class T, class F>
void with_function(Activation kind, F f) {
  switch (kind) {
    case Activation::swish:
      return f(SwishFunction<T>{});
    case Activation::relu:
      return f(ReluFunction<T>{});
    case Activation::tanh:
      return f(TanhFunction<T>{});
    case Activation::sigmoid:
      return f(SigmoidFunction<T>{});
    case Activation::shifted_softplus:
      return f(ShiftedSoftplusFunction<T>{});
    case Activation::leaky_relu:
      return f(LeakyReluFunction<T>{});
    case Activation::elu:
      return f(EluFunction<T>{});
  }
}

}  // namespace regrain::kernels
