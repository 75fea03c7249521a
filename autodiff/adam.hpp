// The optimiser: Adam over a parameter set, with clipping to a global gradient norm.
#pragma once

#include "autodiff/parameters.hpp"
#include "kernels/optimizer.hpp"

namespace regrain {

using kernels::AdamSettings;

template <class T>
class Adam {
 public:
  Adam(const ParameterSet<T>& parameters, AdamSettings settings);

  // Updates the parameters from their gradients and returns the gradient norm before clipping; waits for the device.
  // Clipping scales by clip_norm / (norm + 1e-6), at most 1.
  double step(Context& context, ParameterSet<T>& parameters, double learning_rate);

  // The same in three parts, for a step that is recorded once and replayed: `prepare` goes in front of every step and
  // stays outside the record, `update` starts kernels and nothing else, `norm` waits for the last step's.
  void prepare(Context& context, double learning_rate);
  void update(Context& context, ArrayRef<const T> grads, ArrayRef<T> values);
  double norm(Context& context) const;

  // Takes moments and state to where the context's kernels work; once, before the first step there.
  void move_to(Context& context);

  // what a checkpoint keeps; the moments lie where the optimiser was moved to
  long long steps() const { return steps_; }
  void set_steps(long long steps);
  Tensor<T>& first_moment() { return first_; }
  Tensor<T>& second_moment() { return second_; }

 private:
  AdamSettings settings_;
  Tensor<T> first_, second_;
  Tensor<kernels::AdamState> state_;  // one, not initialised before the first step
  // what the host knows of it
  long long steps_ = 0;
  double learning_rate_ = 0;
  bool state_is_written_ = false;
};

extern template class Adam<float>;
extern template class Adam<double>;

}  // namespace regrain
