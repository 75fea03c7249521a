// Rows put side by side, widened, cut out and left out on the device. Grid of every kernel: a thread an
// element of what is written, so that a warp writes one stretch. One or two values read an element: limited
// by memory.
#include "kernels/columns.hpp"

#include "engine/errors.hpp"
#include "kernels/cuda/launch.hpp"

namespace regrain::kernels {

namespace {

// Row and column of a thread in an array, and whether there are such.
struct Element {
  bool exists;
  int i, k;

  template <class T>
  __device__ explicit Element(const View<T, 2>& of) {
    const std::size_t at = thread_of_grid(), width = static_cast<std::size_t>(of.dim(1));
    exists = at < of.size();
    i = exists ? static_cast<int>(at / width) : 0;
    k = exists ? static_cast<int>(at % width) : 0;
  }
};

// z = [x | y]
template <class T>
__global__ void __launch_bounds__(kBlock)
    join_columns_kernel(View<const T, 2> x_NF, View<const T, 2> y_NG, View<T, 2> z_NH) {
  const Element at(z_NH);
  if (!at.exists) return;
  const int f = x_NF.dim(1);
  z_NH(at.i, at.k) = at.k < f ? x_NF(at.i, at.k) : y_NG(at.i, at.k - f);
}

// z = y + [x | 0]
template <class T>
__global__ void __launch_bounds__(kBlock)
    add_widened_kernel(View<const T, 2> x_NF, View<const T, 2> y_NG, View<T, 2> z_NG) {
  const Element at(z_NG);
  if (!at.exists) return;
  const T y = y_NG(at.i, at.k);
  z_NG(at.i, at.k) = at.k < x_NF.dim(1) ? y + x_NF(at.i, at.k) : y;
}

// y(i, k) += x(i, first + k)
template <class T>
__global__ void __launch_bounds__(kBlock)
    add_columns_kernel(View<const T, 2> x_NH, int first, View<T, 2> y_NF) {
  const Element at(y_NF);
  if (at.exists) y_NF(at.i, at.k) += x_NH(at.i, first + at.k);
}

// y(i) = keep(i) ? x(i) : 0
template <class T>
__global__ void __launch_bounds__(kBlock)
    keep_rows_kernel(View<const int, 1> keep_N, View<const T, 2> x_NF, View<T, 2> y_NF) {
  const Element at(y_NF);
  if (at.exists) y_NF(at.i, at.k) = keep_N(at.i) ? x_NF(at.i, at.k) : T(0);
}

// dx(i) += dy(i) where keep(i)
template <class T>
__global__ void __launch_bounds__(kBlock)
    keep_rows_backward_kernel(View<const int, 1> keep_N, View<const T, 2> dy_NF, View<T, 2> dx_NF) {
  const Element at(dx_NF);
  if (at.exists && keep_N(at.i)) dx_NF(at.i, at.k) += dy_NF(at.i, at.k);
}

}  // namespace

template <class T>
void join_columns(Cuda be, View<const T, 2> x_NF, View<const T, 2> y_NG, View<T, 2> z_NH) {
  REGRAIN_CHECK(z_NH.dim(1) == x_NF.dim(1) + y_NG.dim(1), "join_columns: ", x_NF.dim(1), " and ", y_NG.dim(1),
                " columns to ", z_NH.dim(1));
  launch<join_columns_kernel<T>>(be, blocks_for(z_NH.size()), kBlock, 0, x_NF, y_NG, z_NH);
}

template <class T>
void add_widened(Cuda be, View<const T, 2> x_NF, View<const T, 2> y_NG, View<T, 2> z_NG) {
  REGRAIN_CHECK(x_NF.dim(1) <= y_NG.dim(1) && z_NG.dim(1) == y_NG.dim(1), "add_widened: ", x_NF.dim(1),
                " and ", y_NG.dim(1), " columns to ", z_NG.dim(1));
  launch<add_widened_kernel<T>>(be, blocks_for(z_NG.size()), kBlock, 0, x_NF, y_NG, z_NG);
}

template <class T>
void add_columns(Cuda be, View<const T, 2> x_NH, int first, View<T, 2> y_NF) {
  REGRAIN_CHECK(first >= 0 && first + y_NF.dim(1) <= x_NH.dim(1), "add_columns: ", y_NF.dim(1),
                " columns from column ", first, " of ", x_NH.dim(1));
  launch<add_columns_kernel<T>>(be, blocks_for(y_NF.size()), kBlock, 0, x_NH, first, y_NF);
}

template <class T>
void keep_rows(Cuda be, View<const int, 1> keep_N, View<const T, 2> x_NF, View<T, 2> y_NF) {
  launch<keep_rows_kernel<T>>(be, blocks_for(y_NF.size()), kBlock, 0, keep_N, x_NF, y_NF);
}

template <class T>
void keep_rows_backward(Cuda be, View<const int, 1> keep_N, View<const T, 2> dy_NF, View<T, 2> dx_NF) {
  launch<keep_rows_backward_kernel<T>>(be, blocks_for(dx_NF.size()), kBlock, 0, keep_N, dy_NF, dx_NF);
}

#define REGRAIN_INSTANTIATE(T)                                                         \
  template void join_columns<T>(Cuda, View<const T, 2>, View<const T, 2>, View<T, 2>); \
  template void add_widened<T>(Cuda, View<const T, 2>, View<const T, 2>, View<T, 2>);  \
  template void add_columns<T>(Cuda, View<const T, 2>, int, View<T, 2>);               \
  template void keep_rows<T>(Cuda, View<const int, 1>, View<const T, 2>, View<T, 2>);  \
  template void keep_rows_backward<T>(Cuda, View<const int, 1>, View<const T, 2>, View<T, 2>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
