// Pointwise nonlinearities on the device: the functions of activation_functions.hpp, an element a thread.
#include "kernels/activation.hpp"
#include "kernels/activation_functions.hpp"
#include "kernels/cuda/launch.hpp"

namespace regrain::kernels {

namespace {

// y(i) = Function(x(i)). Grid: thread i writes element i. One read and one write an element: memory limits
// it, in float by a wide margin (some 20 operations for 8 bytes).
template <class T, class Function>
__global__ void __launch_bounds__(kBlock)
    activation_kernel(const T* __restrict__ x, T* __restrict__ y, std::size_t n) {
  const std::size_t i = thread_of_grid();
  if (i < n) y[i] = Function::value(x[i]);
}

// dx(i) += Function'(x(i)) dy(i). Grid as above; three reads and one write an element.
template <class T, class Function>
__global__ void __launch_bounds__(kBlock)
    activation_backward_kernel(const T* __restrict__ x, const T* __restrict__ dy, T* __restrict__ dx,
                               std::size_t n) {
  const std::size_t i = thread_of_grid();
  if (i < n) dx[i] += Function::slope(x[i]) * dy[i];
}

}  // namespace

template <class T>
void activation(Cuda be, Activation kind, View<const T, 1> x, View<T, 1> y) {
  const std::size_t n = x.size();
  with_function<T>(kind, [&](auto function) {
    launch<activation_kernel<T, decltype(function)>>(be, blocks_for(n), kBlock, 0, x.data(), y.data(), n);
  });
}

template <class T>
void activation_backward(Cuda be, Activation kind, View<const T, 1> x, View<const T, 1> dy, View<T, 1> dx) {
  const std::size_t n = x.size();
  with_function<T>(kind, [&](auto function) {
    launch<activation_backward_kernel<T, decltype(function)>>(be, blocks_for(n), kBlock, 0, x.data(),
                                                              dy.data(), dx.data(), n);
  });
}

#define REGRAIN_INSTANTIATE(T)                                                 \
  template void activation<T>(Cuda, Activation, View<const T, 1>, View<T, 1>); \
  template void activation_backward<T>(Cuda, Activation, View<const T, 1>, View<const T, 1>, View<T, 1>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
