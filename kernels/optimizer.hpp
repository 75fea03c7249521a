// Adam (Kingma & Ba 2015) with clipping to a global gradient norm, over one flat buffer of parameters.
//
// Norm, count of steps and learning rate lie in the backend's memory and are read and written there: a step waits for
// nothing, and one that was recorded as a graph can be replayed.
#pragma once

#include <cmath>

#include "engine/backend.hpp"
#include "engine/host_device.hpp"
#include "engine/view.hpp"

namespace regrain::kernels {

// what stays the same over a run
struct AdamSettings {
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
  double clip_norm = 0;  // 0: no clipping
  // what a parameter loses of itself a step, times the learning rate (decoupled, Loshchilov & Hutter 2019)
  double weight_decay = 0;
};

// What goes on from step to step, in the backend's memory.
struct AdamState {
  // written by the host in front of a step, where they change
  double learning_rate = 1e-3;
  long long step = 0;  // begun so far, for the bias correction; counted up by begin_adam_step
  // written by begin_adam_step
  double norm = 0;            // of the gradients, before clipping
  double gradient_scale = 1;  // from clipping: clip_norm / (norm + 1e-6), at most 1
  double step_size = 0, root = 1;  // learning_rate / (1 - beta1^step), 1 / sqrt(1 - beta2^step)
};

// Begins a step: the norm of the gradients, accumulated in double in one order, and what follows from it and the count.
template <class T>
void begin_adam_step(Cpu, const AdamSettings& settings, View<const T, 1> grad, AdamState* state);
template <class T>
void begin_adam_step(Cuda, const AdamSettings& settings, View<const T, 1> grad, AdamState* state);

// One pass over value, grad and the two moments, by what begin_adam_step left in the state.
template <class T>
void adam_step(Cpu, const AdamSettings& settings, const AdamState* state, View<const T, 1> grad, View<T, 1> value,
               View<T, 1> first_moment, View<T, 1> second_moment);
template <class T>
void adam_step(Cuda, const AdamSettings& settings, const AdamState* state, View<const T, 1> grad, View<T, 1> value,
               View<T, 1> first_moment, View<T, 1> second_moment);

// The two steps' arithmetic, for both backends.

REGRAIN_HD inline void begin_adam_step(const AdamSettings& settings, double sum_of_squares, AdamState& state) {
  state.norm = std::sqrt(sum_of_squares);
  const double fit = settings.clip_norm / (state.norm + 1e-6);
  state.gradient_scale = settings.clip_norm > 0 && fit < 1 ? fit : 1;
  const auto step = static_cast<double>(++state.step);
  state.step_size = state.learning_rate / (1 - std::pow(settings.beta1, step));
  state.root = 1 / std::sqrt(1 - std::pow(settings.beta2, step));
}

// in the parameters' precision
template <class T>
struct AdamUpdate {
  T beta1, beta2, rest1, rest2, epsilon, scale, step_size, root, kept;

  REGRAIN_HD AdamUpdate(const AdamSettings& settings, const AdamState& state)
      : beta1(static_cast<T>(settings.beta1)),
        beta2(static_cast<T>(settings.beta2)),
        rest1(static_cast<T>(1 - settings.beta1)),
        rest2(static_cast<T>(1 - settings.beta2)),
        epsilon(static_cast<T>(settings.epsilon)),
        scale(static_cast<T>(state.gradient_scale)),
        step_size(static_cast<T>(state.step_size)),
        root(static_cast<T>(state.root)),
        kept(static_cast<T>(1 - state.learning_rate * settings.weight_decay)) {}

  // gradient, value and moments of one parameter
  REGRAIN_HD void operator()(T g, T& x, T& m, T& v) const {
    const T gi = scale * g;
    m = beta1 * m + rest1 * gi;
    v = beta2 * v + rest2 * gi * gi;
    x = kept * x - step_size * m / (std::sqrt(v) * root + epsilon);
  }
};

}  // namespace regrain::kernels
