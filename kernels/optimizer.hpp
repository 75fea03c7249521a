// Adam (Kingma & Ba 2015) and the global gradient norm over one flat buffer of parameters.
#pragma once

#include "engine/backend.hpp"
#include "engine/view.hpp"

namespace regrain::kernels {

struct AdamStep {
  double learning_rate = 1e-3;
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
  double gradient_scale = 1;  // from clipping
  long long step = 1;         // counts from 1, for the bias correction
};

// sqrt of the sum of squares, accumulated in double; the order of additions is fixed
template <class T>
double global_norm(Cpu, View<const T, 1> grads);

// One pass over value, grad and the two moments.
template <class T>
void adam_step(Cpu, const AdamStep& settings, View<const T, 1> grad, View<T, 1> value, View<T, 1> first_moment,
               View<T, 1> second_moment);

}  // namespace regrain::kernels
