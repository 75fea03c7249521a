#include "kernels/optimizer.hpp"

#include "kernels/parallel.hpp"

namespace regrain::kernels {

template <class T>
void begin_adam_step(Cpu be, const AdamSettings& settings, View<const T, 1> grad, AdamState* state) {
  const double sum_of_squares = parallel_sum(be, grad.size(), [&](std::size_t i) {
    const double g = static_cast<double>(grad.data()[i]);
    return g * g;
  });
  begin_adam_step(settings, sum_of_squares, *state);
}

template <class T>
void adam_step(Cpu be, const AdamSettings& settings, const AdamState* state, View<const T, 1> grad, View<T, 1> value,
               View<T, 1> first_moment, View<T, 1> second_moment) {
  const AdamUpdate<T> update(settings, *state);
  // one pass: four arrays read, three written
  parallel_for_stretches(be, value.size(), 12.0 * value.dim(0), [&, update](std::size_t begin, std::size_t end) {
    const T* __restrict g = grad.data();
    T *__restrict x = value.data(), *__restrict m = first_moment.data(), *__restrict v = second_moment.data();
#pragma omp simd
    for (std::size_t i = begin; i < end; ++i) update(g[i], x[i], m[i], v[i]);
  });
}

#define REGRAIN_INSTANTIATE(T)                                                                              \
  template void begin_adam_step<T>(Cpu, const AdamSettings&, View<const T, 1>, AdamState*);                 \
  template void adam_step<T>(Cpu, const AdamSettings&, const AdamState*, View<const T, 1>, View<T, 1>,      \
                             View<T, 1>, View<T, 1>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
