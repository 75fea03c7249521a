#include "kernels/columns.hpp"

#include "engine/errors.hpp"
#include "kernels/parallel.hpp"

namespace regrain::kernels {

namespace {

template <class T, class F>
void for_rows(Cpu be, View<T, 2> of, F f) {
  parallel_for(be, of.dim(0), static_cast<double>(of.size()), f);
}

}  // namespace

template <class T>
void join_columns(Cpu be, View<const T, 2> x_NF, View<const T, 2> y_NG, View<T, 2> z_NH) {
  const int f = x_NF.dim(1), g = y_NG.dim(1);
  REGRAIN_CHECK(z_NH.dim(1) == f + g, "join_columns: ", f, " and ", g, " columns to ", z_NH.dim(1));
  for_rows(be, z_NH, [&](int i) { std::copy_n(y_NG.row(i), g, std::copy_n(x_NF.row(i), f, z_NH.row(i))); });
}

template <class T>
void add_widened(Cpu be, View<const T, 2> x_NF, View<const T, 2> y_NG, View<T, 2> z_NG) {
  const int f = x_NF.dim(1), g = y_NG.dim(1);
  REGRAIN_CHECK(f <= g && z_NG.dim(1) == g, "add_widened: ", f, " and ", g, " columns to ", z_NG.dim(1));
  for_rows(be, z_NG, [&](int i) {
    const T *x = x_NF.row(i), *y = y_NG.row(i);
    T* z = z_NG.row(i);
    for (int k = 0; k < f; ++k) z[k] = y[k] + x[k];
    std::copy(y + f, y + g, z + f);
  });
}

template <class T>
void add_columns(Cpu be, View<const T, 2> x_NH, int first, View<T, 2> y_NF) {
  const int f = y_NF.dim(1);
  REGRAIN_CHECK(first >= 0 && first + f <= x_NH.dim(1), "add_columns: ", f, " columns from column ", first,
                " of ", x_NH.dim(1));
  for_rows(be, y_NF, [&](int i) {
    const T* x = x_NH.row(i) + first;
    T* y = y_NF.row(i);
    for (int k = 0; k < f; ++k) y[k] += x[k];
  });
}

template <class T>
void keep_rows(Cpu be, View<const int, 1> keep_N, View<const T, 2> x_NF, View<T, 2> y_NF) {
  const int f = x_NF.dim(1);
  for_rows(be, y_NF, [&](int i) {
    if (keep_N(i))
      std::copy_n(x_NF.row(i), f, y_NF.row(i));
    else
      std::fill_n(y_NF.row(i), f, T(0));
  });
}

template <class T>
void keep_rows_backward(Cpu be, View<const int, 1> keep_N, View<const T, 2> dy_NF, View<T, 2> dx_NF) {
  const int f = dx_NF.dim(1);
  for_rows(be, dx_NF, [&](int i) {
    if (!keep_N(i)) return;
    const T* dy = dy_NF.row(i);
    T* dx = dx_NF.row(i);
    for (int k = 0; k < f; ++k) dx[k] += dy[k];
  });
}

#define REGRAIN_INSTANTIATE(T)                                                        \
  template void join_columns<T>(Cpu, View<const T, 2>, View<const T, 2>, View<T, 2>); \
  template void add_widened<T>(Cpu, View<const T, 2>, View<const T, 2>, View<T, 2>);  \
  template void add_columns<T>(Cpu, View<const T, 2>, int, View<T, 2>);               \
  template void keep_rows<T>(Cpu, View<const int, 1>, View<const T, 2>, View<T, 2>);  \
  template void keep_rows_backward<T>(Cpu, View<const int, 1>, View<const T, 2>, View<T, 2>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
