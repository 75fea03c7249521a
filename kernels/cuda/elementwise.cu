// Arithmetic an element at a time on the device. Grid of every kernel: thread i writes element i. An
// operation for 4 to 16 bytes: limited by memory, or by the launch where there is one element.
#include "kernels/elementwise.hpp"

#include "engine/errors.hpp"
#include "kernels/cuda/launch.hpp"

namespace regrain::kernels {

namespace {

// y = value
template <class T>
__global__ void __launch_bounds__(kBlock) fill_kernel(T value, T* __restrict__ y, std::size_t n) {
  const std::size_t i = thread_of_grid();
  if (i < n) y[i] = value;
}

// y = factor x
template <class T>
__global__ void __launch_bounds__(kBlock)
    scale_kernel(T factor, const T* __restrict__ x, T* __restrict__ y, std::size_t n) {
  const std::size_t i = thread_of_grid();
  if (i < n) y[i] = factor * x[i];
}

// z = x + y
template <class T>
__global__ void __launch_bounds__(kBlock)
    add_kernel(const T* __restrict__ x, const T* __restrict__ y, T* __restrict__ z, std::size_t n) {
  const std::size_t i = thread_of_grid();
  if (i < n) z[i] = x[i] + y[i];
}

// z = x y, or z += x y
template <class T, bool more>
__global__ void __launch_bounds__(kBlock)
    multiply_kernel(const T* __restrict__ x, const T* __restrict__ y, T* __restrict__ z, std::size_t n) {
  const std::size_t i = thread_of_grid();
  if (i < n) z[i] = (more ? z[i] : T(0)) + x[i] * y[i];
}

// y = max(x - threshold, 0)
template <class T>
__global__ void __launch_bounds__(kBlock)
    excess_kernel(T threshold, const T* __restrict__ x, T* __restrict__ y, std::size_t n) {
  const std::size_t i = thread_of_grid();
  // written so that NaN stays NaN, as on the Cpu
  if (i < n) y[i] = x[i] - threshold < T(0) ? T(0) : x[i] - threshold;
}

// dx += dy where x > threshold
template <class T>
__global__ void __launch_bounds__(kBlock)
    excess_backward_kernel(T threshold, const T* __restrict__ x, const T* __restrict__ dy, T* __restrict__ dx,
                           std::size_t n) {
  const std::size_t i = thread_of_grid();
  if (i < n && x[i] > threshold) dx[i] += dy[i];
}

}  // namespace

template <class T>
void fill(Cuda be, T value, View<T, 1> y) {
  launch<fill_kernel<T>>(be, blocks_for(y.size()), kBlock, 0, value, y.data(), y.size());
}

template <class T>
void scale(Cuda be, T factor, View<const T, 1> x, View<T, 1> y) {
  REGRAIN_CHECK(x.dim(0) == y.dim(0), "scale: ", x.dim(0), " elements to ", y.dim(0));
  launch<scale_kernel<T>>(be, blocks_for(y.size()), kBlock, 0, factor, x.data(), y.data(), y.size());
}

template <class T>
void add(Cuda be, View<const T, 1> x, View<const T, 1> y, View<T, 1> z) {
  REGRAIN_CHECK(x.dim(0) == z.dim(0) && y.dim(0) == z.dim(0), "add: ", x.dim(0), " and ", y.dim(0),
                " elements to ", z.dim(0));
  launch<add_kernel<T>>(be, blocks_for(z.size()), kBlock, 0, x.data(), y.data(), z.data(), z.size());
}

template <class T>
void multiply(Cuda be, View<const T, 1> x, View<const T, 1> y, View<T, 1> z) {
  REGRAIN_CHECK(x.dim(0) == z.dim(0) && y.dim(0) == z.dim(0), "multiply: ", x.dim(0), " and ", y.dim(0), " elements to ", z.dim(0));
  launch<multiply_kernel<T, false>>(be, blocks_for(z.size()), kBlock, 0, x.data(), y.data(), z.data(), z.size());
}

template <class T>
void add_product(Cuda be, View<const T, 1> x, View<const T, 1> y, View<T, 1> z) {
  REGRAIN_CHECK(x.dim(0) == z.dim(0) && y.dim(0) == z.dim(0), "multiply: ", x.dim(0), " and ", y.dim(0), " elements to ", z.dim(0));
  launch<multiply_kernel<T, true>>(be, blocks_for(z.size()), kBlock, 0, x.data(), y.data(), z.data(), z.size());
}

template <class T>
void excess(Cuda be, T threshold, View<const T, 1> x, View<T, 1> y) {
  launch<excess_kernel<T>>(be, blocks_for(y.size()), kBlock, 0, threshold, x.data(), y.data(), y.size());
}

template <class T>
void excess_backward(Cuda be, T threshold, View<const T, 1> x, View<const T, 1> dy, View<T, 1> dx) {
  launch<excess_backward_kernel<T>>(be, blocks_for(dx.size()), kBlock, 0, threshold, x.data(), dy.data(),
                                    dx.data(), dx.size());
}

#define REGRAIN_INSTANTIATE(T)                                                \
  template void fill<T>(Cuda, T, View<T, 1>);                                 \
  template void scale<T>(Cuda, T, View<const T, 1>, View<T, 1>);              \
  template void add<T>(Cuda, View<const T, 1>, View<const T, 1>, View<T, 1>); \
  template void multiply<T>(Cuda, View<const T, 1>, View<const T, 1>, View<T, 1>); \
  template void add_product<T>(Cuda, View<const T, 1>, View<const T, 1>, View<T, 1>); \
  template void excess<T>(Cuda, T, View<const T, 1>, View<T, 1>);             \
  template void excess_backward<T>(Cuda, T, View<const T, 1>, View<const T, 1>, View<T, 1>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
