#include "kernels/optimizer.hpp"

#include <cmath>

#include "kernels/parallel.hpp"

namespace regrain::kernels {

template <class T>
double global_norm(Cpu be, View<const T, 1> grads) {
  return std::sqrt(parallel_sum(be, grads.size(), [&](std::size_t i) {
    const double g = static_cast<double>(grads.data()[i]);
    return g * g;
  }));
}

template <class T>
void adam_step(Cpu be, const AdamStep& settings, View<const T, 1> grad, View<T, 1> value, View<T, 1> first_moment,
               View<T, 1> second_moment) {
  const double correction1 = 1 - std::pow(settings.beta1, static_cast<double>(settings.step));
  const double correction2 = 1 - std::pow(settings.beta2, static_cast<double>(settings.step));
  const T step_size = static_cast<T>(settings.learning_rate / correction1);
  const T root = static_cast<T>(1 / std::sqrt(correction2));
  const T beta1 = static_cast<T>(settings.beta1), beta2 = static_cast<T>(settings.beta2);
  const T rest1 = static_cast<T>(1 - settings.beta1), rest2 = static_cast<T>(1 - settings.beta2);
  const T epsilon = static_cast<T>(settings.epsilon), scale = static_cast<T>(settings.gradient_scale);
  // one pass: four arrays read, three written
  parallel_for_stretches(be, value.size(), 12.0 * value.dim(0), [&](std::size_t begin, std::size_t end) {
    const T* __restrict g = grad.data();
    T *__restrict x = value.data(), *__restrict m = first_moment.data(), *__restrict v = second_moment.data();
#pragma omp simd
    for (std::size_t i = begin; i < end; ++i) {
      const T gi = scale * g[i];
      m[i] = beta1 * m[i] + rest1 * gi;
      v[i] = beta2 * v[i] + rest2 * gi * gi;
      x[i] -= step_size * m[i] / (std::sqrt(v[i]) * root + epsilon);
    }
  });
}

#define REGRAIN_INSTANTIATE(T)                              \
  template double global_norm<T>(Cpu, View<const T, 1>);    \
  template void adam_step<T>(Cpu, const AdamStep&, View<const T, 1>, View<T, 1>, View<T, 1>, View<T, 1>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
