#include "kernels/activation.hpp"

#include <array>
#include <cmath>
#include <utility>

#include "engine/errors.hpp"
#include "kernels/exponential.hpp"
#include "kernels/parallel.hpp"

namespace regrain::kernels {

namespace {

constexpr std::array<std::pair<Activation, const char*>, 7> kNames{{{Activation::swish, "swish"},
                                                                    {Activation::relu, "relu"},
                                                                    {Activation::tanh, "tanh"},
                                                                    {Activation::sigmoid, "sigmoid"},
                                                                    {Activation::shifted_softplus, "shifted_softplus"},
                                                                    {Activation::leaky_relu, "leaky_relu"},
                                                                    {Activation::elu, "elu"}}};

template <class T>
T sigmoid(T x) {
  return T(1) / (T(1) + exponential(-x));
}

// Calls f with the pair (value, slope) of one nonlinearity, so that the switch stands outside the loop.
template <class T, class F>
void with_function(Activation kind, F f) {
  switch (kind) {
    case Activation::swish:
      return f([](T x) { return x * sigmoid(x); },
               [](T x) {
                 const T s = sigmoid(x);
                 return s * (T(1) + x * (T(1) - s));
               });
    case Activation::relu:
      return f([](T x) { return x > T(0) ? x : T(0); }, [](T x) { return x > T(0) ? T(1) : T(0); });
    case Activation::tanh:
      return f([](T x) { return std::tanh(x); },
               [](T x) {
                 const T t = std::tanh(x);
                 return T(1) - t * t;
               });
    case Activation::sigmoid:
      return f([](T x) { return sigmoid(x); },
               [](T x) {
                 const T s = sigmoid(x);
                 return s * (T(1) - s);
               });
    case Activation::shifted_softplus:
      return f([](T x) { return std::max(x, T(0)) + std::log1p(exponential(-std::abs(x))) - T(0.6931471805599453); },
               [](T x) { return sigmoid(x); });
    case Activation::leaky_relu:
      return f([](T x) { return x > T(0) ? x : T(0.01) * x; }, [](T x) { return x > T(0) ? T(1) : T(0.01); });
    case Activation::elu:
      return f([](T x) { return x > T(0) ? x : std::expm1(x); }, [](T x) { return x > T(0) ? T(1) : exponential(x); });
  }
}

constexpr double kWorkPerElement = 20;

}  // namespace

Activation activation_from_name(const std::string& name) {
  std::string known;
  for (const auto& [kind, text] : kNames) {
    if (name == text) return kind;
    known += known.empty() ? text : std::string(", ") + text;
  }
  fail(ErrorKind::input, "activation \"", name, "\" is unknown; one of: ", known);
}

const char* activation_name(Activation kind) {
  for (const auto& [k, text] : kNames)
    if (k == kind) return text;
  return "?";
}

template <class T>
void activation(Cpu be, Activation kind, View<const T, 1> x, View<T, 1> y) {
  with_function<T>(kind, [&](auto value, auto) {
    parallel_for_stretches(be, x.size(), kWorkPerElement * x.dim(0), [&](std::size_t begin, std::size_t end) {
      const T* __restrict from = x.data();
      T* __restrict to = y.data();
#pragma omp simd
      for (std::size_t i = begin; i < end; ++i) to[i] = value(from[i]);
    });
  });
}

template <class T>
void activation_backward(Cpu be, Activation kind, View<const T, 1> x, View<const T, 1> dy, View<T, 1> dx) {
  with_function<T>(kind, [&](auto, auto slope) {
    parallel_for_stretches(be, x.size(), kWorkPerElement * x.dim(0), [&](std::size_t begin, std::size_t end) {
      const T *__restrict at = x.data(), *__restrict from = dy.data();
      T* __restrict to = dx.data();
#pragma omp simd
      for (std::size_t i = begin; i < end; ++i) to[i] += slope(at[i]) * from[i];
    });
  });
}

template void activation<float>(Cpu, Activation, View<const float, 1>, View<float, 1>);
template void activation<double>(Cpu, Activation, View<const double, 1>, View<double, 1>);
template void activation_backward<float>(Cpu, Activation, View<const float, 1>, View<const float, 1>, View<float, 1>);
template void activation_backward<double>(Cpu, Activation, View<const double, 1>, View<const double, 1>,
                                          View<double, 1>);

}  // namespace regrain::kernels
