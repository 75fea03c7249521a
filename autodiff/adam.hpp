// The optimiser: Adam over a parameter set, with clipping to a global gradient norm.
#pragma once

#include "autodiff/parameters.hpp"
#include "kernels/optimizer.hpp"

namespace regrain {

struct AdamSettings {
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
  double clip_norm = 0;  // 0: no clipping
};

template <class T>
class Adam {
 public:
  Adam(const ParameterSet<T>& parameters, AdamSettings settings);

  // Updates the parameters from their gradients and returns the gradient norm before clipping.
  // Clipping scales by clip_norm / (norm + 1e-6), at most 1.
  double step(Context& context, ParameterSet<T>& parameters, double learning_rate);

  // Takes the moments to where ParameterSet::move_to took the parameters.
  void move_to(Context& context);

  // what a checkpoint keeps
  long long steps() const { return steps_; }
  void set_steps(long long steps) { steps_ = steps; }
  Tensor<T>& first_moment() { return first_; }
  Tensor<T>& second_moment() { return second_; }

 private:
  AdamSettings settings_;
  Tensor<T> first_, second_;
  long long steps_ = 0;
};

extern template class Adam<float>;
extern template class Adam<double>;

}  // namespace regrain
