#include "kernels/arithmetic.hpp"

#include "engine/errors.hpp"
#include "kernels/parallel.hpp"

namespace regrain::kernels {

template <class T>
void add(Cpu be, View<const T, 1> x, View<const T, 1> y, View<T, 1> z) {
  parallel_for(be, z.dim(0), z.dim(0), [&](int i) { z(i) = x(i) + y(i); });
}

template <class T>
void scale(Cpu be, T factor, View<const T, 1> x, View<T, 1> y) {
  parallel_for(be, y.dim(0), y.dim(0), [&](int i) { y(i) = factor * x(i); });
}

template <class T>
void put_columns(Cpu be, View<const T, 2> x_NF, int first, View<T, 2> z_NG) {
  const int n = x_NF.dim(0), f = x_NF.dim(1);
  REGRAIN_CHECK(z_NG.dim(0) == n && first + f <= z_NG.dim(1), "put_columns: ", n, "x", f, " at ", first, " of ",
                z_NG.dim(0), "x", z_NG.dim(1));
  parallel_for(be, n, double(n) * f, [&](int i) { std::copy_n(x_NF.row(i), f, z_NG.row(i) + first); });
}

template <class T>
void add_columns(Cpu be, View<const T, 2> z_NG, int first, View<T, 2> x_NF) {
  const int n = x_NF.dim(0), f = x_NF.dim(1);
  REGRAIN_CHECK(z_NG.dim(0) == n && first + f <= z_NG.dim(1), "add_columns: ", n, "x", f, " from ", first, " of ",
                z_NG.dim(0), "x", z_NG.dim(1));
  parallel_for(be, n, double(n) * f, [&](int i) {
    const T* z = z_NG.row(i) + first;
    T* x = x_NF.row(i);
    for (int k = 0; k < f; ++k) x[k] += z[k];
  });
}

#define REGRAIN_INSTANTIATE(T)                                                   \
  template void add<T>(Cpu, View<const T, 1>, View<const T, 1>, View<T, 1>);     \
  template void scale<T>(Cpu, T, View<const T, 1>, View<T, 1>);                  \
  template void put_columns<T>(Cpu, View<const T, 2>, int, View<T, 2>);          \
  template void add_columns<T>(Cpu, View<const T, 2>, int, View<T, 2>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
