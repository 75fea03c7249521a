#include "autodiff/adam.hpp"

#include "engine/transfer.hpp"

namespace regrain {

template <class T>
Adam<T>::Adam(const ParameterSet<T>& parameters, AdamSettings settings)
    : settings_(settings),
      first_(parameters.values().shape()),
      second_(parameters.values().shape()),
      state_({1}, host_memory()) {}

template <class T>
double Adam<T>::step(Context& context, ParameterSet<T>& parameters, double learning_rate) {
  prepare(context, learning_rate);
  update(context, parameters.grads(), parameters.values());
  return norm(context);
}

template <class T>
void Adam<T>::prepare(Context& context, double learning_rate) {
  if (!state_is_written_ || learning_rate != learning_rate_) {
    const kernels::AdamState state{.learning_rate = learning_rate, .step = steps_};
    context.write(state_.data(), &state, sizeof(state));
    learning_rate_ = learning_rate;
    state_is_written_ = true;
  }
  ++steps_;
}

template <class T>
void Adam<T>::update(Context& context, ArrayRef<const T> grads, ArrayRef<T> values) {
  REGRAIN_CHECK(values.size() == first_.size() && grads.size() == first_.size(), "adam: made for ", first_.size(),
                " elements, got ", values.size(), " and ", grads.size(), " gradients");
  context.visit([&](auto be) {
    kernels::begin_adam_step<T>(be, settings_, grads, state_.data());
    kernels::adam_step<T>(be, settings_, state_.data(), grads, values, first_, second_);
  });
}

template <class T>
double Adam<T>::norm(Context& context) const {
  double norm = 0;
  context.read(&norm, &state_.data()->norm, sizeof(norm));
  return norm;
}

template <class T>
void Adam<T>::move_to(Context& context) {
  first_ = to_backend(context, first_);
  second_ = to_backend(context, second_);
  state_ = Tensor<kernels::AdamState>({1}, context.memory());
  state_is_written_ = false;
}

template <class T>
void Adam<T>::set_steps(long long steps) {
  steps_ = steps;
  state_is_written_ = false;
}

template class Adam<float>;
template class Adam<double>;

}  // namespace regrain
