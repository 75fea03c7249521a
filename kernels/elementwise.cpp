#include "kernels/elementwise.hpp"

#include "engine/errors.hpp"
#include "kernels/parallel.hpp"

namespace regrain::kernels {

namespace {

// f(i) for all elements, in vectors
template <class F>
void for_elements(Cpu be, std::size_t n, F f) {
  parallel_for_stretches(be, n, static_cast<double>(n), [&](std::size_t begin, std::size_t end) {
#pragma omp simd
    for (std::size_t i = begin; i < end; ++i) f(i);
  });
}

}  // namespace

template <class T>
void fill(Cpu be, T value, View<T, 1> y) {
  T* to = y.data();
  for_elements(be, y.size(), [=](std::size_t i) { to[i] = value; });
}

template <class T>
void scale(Cpu be, T factor, View<const T, 1> x, View<T, 1> y) {
  REGRAIN_CHECK(x.dim(0) == y.dim(0), "scale: ", x.dim(0), " elements to ", y.dim(0));
  const T* from = x.data();
  T* to = y.data();
  for_elements(be, y.size(), [=](std::size_t i) { to[i] = factor * from[i]; });
}

template <class T>
void add(Cpu be, View<const T, 1> x, View<const T, 1> y, View<T, 1> z) {
  REGRAIN_CHECK(x.dim(0) == z.dim(0) && y.dim(0) == z.dim(0), "add: ", x.dim(0), " and ", y.dim(0),
                " elements to ", z.dim(0));
  const T *a = x.data(), *b = y.data();
  T* to = z.data();
  for_elements(be, z.size(), [=](std::size_t i) { to[i] = a[i] + b[i]; });
}

namespace {

template <class T>
void check_product(View<const T, 1> x, View<const T, 1> y, View<T, 1> z) {
  REGRAIN_CHECK(x.dim(0) == z.dim(0) && y.dim(0) == z.dim(0), "multiply: ", x.dim(0), " and ", y.dim(0), " elements to ", z.dim(0));
}

}  // namespace

template <class T>
void multiply(Cpu be, View<const T, 1> x, View<const T, 1> y, View<T, 1> z) {
  check_product(x, y, z);
  const T *a = x.data(), *b = y.data();
  T* to = z.data();
  for_elements(be, z.size(), [=](std::size_t i) { to[i] = a[i] * b[i]; });
}

template <class T>
void add_product(Cpu be, View<const T, 1> x, View<const T, 1> y, View<T, 1> z) {
  check_product(x, y, z);
  const T *a = x.data(), *b = y.data();
  T* to = z.data();
  for_elements(be, z.size(), [=](std::size_t i) { to[i] += a[i] * b[i]; });
}

template <class T>
void excess(Cpu be, T threshold, View<const T, 1> x, View<T, 1> y) {
  const T* from = x.data();
  T* to = y.data();
  for_elements(be, y.size(), [=](std::size_t i) { to[i] = std::max(from[i] - threshold, T(0)); });
}

template <class T>
void excess_backward(Cpu be, T threshold, View<const T, 1> x, View<const T, 1> dy, View<T, 1> dx) {
  const T *at = x.data(), *from = dy.data();
  T* to = dx.data();
  for_elements(be, dx.size(), [=](std::size_t i) { to[i] = at[i] > threshold ? to[i] + from[i] : to[i]; });
}

#define REGRAIN_INSTANTIATE(T)                                               \
  template void fill<T>(Cpu, T, View<T, 1>);                                 \
  template void scale<T>(Cpu, T, View<const T, 1>, View<T, 1>);              \
  template void add<T>(Cpu, View<const T, 1>, View<const T, 1>, View<T, 1>); \
  template void multiply<T>(Cpu, View<const T, 1>, View<const T, 1>, View<T, 1>); \
  template void add_product<T>(Cpu, View<const T, 1>, View<const T, 1>, View<T, 1>); \
  template void excess<T>(Cpu, T, View<const T, 1>, View<T, 1>);             \
  template void excess_backward<T>(Cpu, T, View<const T, 1>, View<const T, 1>, View<T, 1>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
