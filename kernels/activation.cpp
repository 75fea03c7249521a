#include "kernels/activation.hpp"

#include <array>
#include <utility>

#include "engine/errors.hpp"
#include "kernels/activation_functions.hpp"
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
  with_function<T>(kind, [&](auto function) {
    parallel_for_stretches(be, x.size(), kWorkPerElement * x.dim(0), [&](std::size_t begin, std::size_t end) {
      const T* __restrict from = x.data();
      T* __restrict to = y.data();
#pragma omp simd
      for (std::size_t i = begin; i < end; ++i) to[i] = function.value(from[i]);
    });
  });
}

template <class T>
void activation_backward(Cpu be, Activation kind, View<const T, 1> x, View<const T, 1> dy, View<T, 1> dx) {
  with_function<T>(kind, [&](auto function) {
    parallel_for_stretches(be, x.size(), kWorkPerElement * x.dim(0), [&](std::size_t begin, std::size_t end) {
      const T *__restrict at = x.data(), *__restrict from = dy.data();
      T* __restrict to = dx.data();
#pragma omp simd
      for (std::size_t i = begin; i < end; ++i) to[i] += function.slope(at[i]) * from[i];
    });
  });
}

template void activation<float>(Cpu, Activation, View<const float, 1>, View<float, 1>);
template void activation<double>(Cpu, Activation, View<const double, 1>, View<double, 1>);
template void activation_backward<float>(Cpu, Activation, View<const float, 1>, View<const float, 1>, View<float, 1>);
template void activation_backward<double>(Cpu, Activation, View<const double, 1>, View<const double, 1>,
                                          View<double, 1>);

}  // namespace regrain::kernels
