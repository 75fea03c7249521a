// Sums, multiples and joined columns on the device: an element a thread. Memory limits all of these kernels.
#include "kernels/arithmetic.hpp"

#include "kernels/cuda/launch.hpp"

namespace regrain::kernels {

namespace {

// z(i) = x(i) + y(i). Grid: thread i writes element i.
template <class T>
__global__ void __launch_bounds__(kBlock) add_kernel(const T* __restrict__ x, const T* __restrict__ y,
                                                     T* __restrict__ z, std::size_t n) {
  const std::size_t i = thread_of_grid();
  if (i < n) z[i] = x[i] + y[i];
}

// y(i) = factor x(i). Grid: thread i writes element i.
template <class T>
__global__ void __launch_bounds__(kBlock) scale_kernel(T factor, const T* __restrict__ x, T* __restrict__ y,
                                                       std::size_t n) {
  const std::size_t i = thread_of_grid();
  if (i < n) y[i] = factor * x[i];
}

// z(i, first + k) = x(i, k). Grid: thread i F + k writes that element.
template <class T>
__global__ void __launch_bounds__(kBlock) put_columns_kernel(View<const T, 2> x_NF, int first, View<T, 2> z_NG) {
  const std::size_t at = thread_of_grid(), f = static_cast<std::size_t>(x_NF.dim(1));
  if (at < x_NF.size()) z_NG(static_cast<int>(at / f), first + static_cast<int>(at % f)) = x_NF.data()[at];
}

// x(i, k) += z(i, first + k). Grid: thread i F + k writes that element.
template <class T>
__global__ void __launch_bounds__(kBlock) add_columns_kernel(View<const T, 2> z_NG, int first, View<T, 2> x_NF) {
  const std::size_t at = thread_of_grid(), f = static_cast<std::size_t>(x_NF.dim(1));
  if (at < x_NF.size()) x_NF.data()[at] += z_NG(static_cast<int>(at / f), first + static_cast<int>(at % f));
}

}  // namespace

template <class T>
void add(Cuda be, View<const T, 1> x, View<const T, 1> y, View<T, 1> z) {
  launch<add_kernel<T>>(be, blocks_for(z.size()), kBlock, 0, x.data(), y.data(), z.data(), z.size());
}

template <class T>
void scale(Cuda be, T factor, View<const T, 1> x, View<T, 1> y) {
  launch<scale_kernel<T>>(be, blocks_for(y.size()), kBlock, 0, factor, x.data(), y.data(), y.size());
}

template <class T>
void put_columns(Cuda be, View<const T, 2> x_NF, int first, View<T, 2> z_NG) {
  const int n = x_NF.dim(0), f = x_NF.dim(1);
  REGRAIN_CHECK(z_NG.dim(0) == n && first + f <= z_NG.dim(1), "put_columns: ", n, "x", f, " at ", first, " of ",
                z_NG.dim(0), "x", z_NG.dim(1));
  launch<put_columns_kernel<T>>(be, blocks_for(x_NF.size()), kBlock, 0, x_NF, first, z_NG);
}

template <class T>
void add_columns(Cuda be, View<const T, 2> z_NG, int first, View<T, 2> x_NF) {
  const int n = x_NF.dim(0), f = x_NF.dim(1);
  REGRAIN_CHECK(z_NG.dim(0) == n && first + f <= z_NG.dim(1), "add_columns: ", n, "x", f, " from ", first, " of ",
                z_NG.dim(0), "x", z_NG.dim(1));
  launch<add_columns_kernel<T>>(be, blocks_for(x_NF.size()), kBlock, 0, z_NG, first, x_NF);
}

#define REGRAIN_INSTANTIATE(T)                                                 \
  template void add<T>(Cuda, View<const T, 1>, View<const T, 1>, View<T, 1>);  \
  template void scale<T>(Cuda, T, View<const T, 1>, View<T, 1>);               \
  template void put_columns<T>(Cuda, View<const T, 2>, int, View<T, 2>);       \
  template void add_columns<T>(Cuda, View<const T, 2>, int, View<T, 2>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
