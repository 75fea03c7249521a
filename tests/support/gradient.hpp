// expect_gradient: an op's derivative against central differences in double, on every input.
//
// The outputs are contracted with a random cotangent. The error is relative to the largest entry of
// the gradient, so keep inputs away from kinks and poles.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <vector>

#include "autodiff/arithmetic.hpp"
#include "tests/support/random.hpp"

namespace regrain::test {

using Op = std::function<std::vector<Var<double>>(Tape<double>&, const std::vector<Var<double>>&)>;

struct GradientOptions {
  double tolerance = 1e-6;
  double step = 1e-5;
  // inputs with more elements are probed along this many random directions instead of every axis
  std::size_t max_axes = 200;
  int n_directions = 8;
};

inline double contracted(const Op& op, const std::vector<Tensor<double>>& inputs, Context& context,
                         std::vector<Tensor<double>>* grads) {
  Tape<double> tape(context);
  std::vector<Var<double>> vars;
  for (const auto& x : inputs) vars.push_back(tape.leaf(x.ref()));
  const auto outputs = op(tape, vars);
  double sum = 0;
  for (std::size_t o = 0; o < outputs.size(); ++o) {
    const Tensor<double> cotangent = random(outputs[o].shape(), 77 + o);
    for (std::size_t i = 0; i < cotangent.size(); ++i) sum += cotangent[i] * outputs[o].value().data()[i];
    if (grads && outputs[o].requires_grad()) {
      auto g = outputs[o].grad();
      for (std::size_t i = 0; i < cotangent.size(); ++i) g.data()[i] += cotangent[i];
    }
  }
  if (grads) {
    tape.play_back();
    for (std::size_t v = 0; v < vars.size(); ++v) {
      Tensor<double> g(inputs[v].shape());
      if (vars[v].has_grad()) std::copy_n(vars[v].grad().data(), g.size(), g.data());
      grads->push_back(std::move(g));
    }
  }
  return sum;
}

inline void expect_gradient(const Op& op, std::vector<Tensor<double>> inputs, GradientOptions options = {}) {
  Context context(1);
  std::vector<Tensor<double>> grads;
  contracted(op, inputs, context, &grads);
  for (std::size_t v = 0; v < inputs.size(); ++v) {
    Tensor<double>& x = inputs[v];
    const std::size_t n = x.size();
    double largest = 1e-3;
    for (double g : grads[v]) largest = std::max(largest, std::abs(g));

    const bool every_axis = n <= options.max_axes;
    const std::size_t n_probes = every_axis ? n : static_cast<std::size_t>(options.n_directions);
    for (std::size_t p = 0; p < n_probes; ++p) {
      Tensor<double> direction(x.shape());
      if (every_axis) direction[p] = 1;
      else direction = random(x.shape(), 1000 + p);
      double norm = 0, analytic = 0;
      for (std::size_t i = 0; i < n; ++i) norm += direction[i] * direction[i];
      norm = std::sqrt(norm);
      for (std::size_t i = 0; i < n; ++i) analytic += grads[v][i] * direction[i] / norm;
      const Tensor<double> at = x;
      const auto moved = [&](double h) {
        for (std::size_t i = 0; i < n; ++i) x[i] = at[i] + h * direction[i] / norm;
        return contracted(op, inputs, context, nullptr);
      };
      // fourth-order central difference
      const double h = options.step * 100;
      const double numeric = (8 * (moved(h) - moved(-h)) - (moved(2 * h) - moved(-2 * h))) / (12 * h);
      x = at;
      EXPECT_NEAR(analytic, numeric, options.tolerance * largest)
          << "input " << v << " of shape " << x.shape().text() << ", "
          << (every_axis ? "element " : "random direction ") << p;
    }
  }
}

}  // namespace regrain::test
