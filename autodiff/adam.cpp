#include "autodiff/adam.hpp"

#include <algorithm>

namespace regrain {

template <class T>
Adam<T>::Adam(const ParameterSet<T>& parameters, AdamSettings settings)
    : settings_(settings), first_(parameters.values().shape()), second_(parameters.values().shape()) {}

template <class T>
double Adam<T>::step(Context& context, ParameterSet<T>& parameters, double learning_rate) {
  REGRAIN_CHECK(parameters.values().size() == first_.size(), "adam: made for ", first_.size(), " elements, got ",
                parameters.values().size());
  double norm = 0;
  ++steps_;
  context.visit([&](auto be) {
    norm = kernels::global_norm<T>(be, parameters.grads());
    kernels::AdamStep s;
    s.learning_rate = learning_rate;
    s.beta1 = settings_.beta1;
    s.beta2 = settings_.beta2;
    s.epsilon = settings_.epsilon;
    s.step = steps_;
    if (settings_.clip_norm > 0) s.gradient_scale = std::min(1.0, settings_.clip_norm / (norm + 1e-6));
    kernels::adam_step<T>(be, s, parameters.grads(), parameters.values(), first_.ref(), second_.ref());
  });
  return norm;
}

template <class T>
void Adam<T>::move_to(Context& context) {
  first_ = to_backend(context, first_);
  second_ = to_backend(context, second_);
}

template class Adam<float>;
template class Adam<double>;

}  // namespace regrain
