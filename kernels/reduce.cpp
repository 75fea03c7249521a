#include "kernels/reduce.hpp"

#include "kernels/parallel.hpp"

namespace regrain::kernels {

template <class T>
void add_column_sums(Cpu be, View<const T, 2> x, int first, View<T, 1> y_F) {
  const int n = x.dim(0), f = y_F.dim(0);
  constexpr int kColumns = 64;  // a strip of columns is one thread's, top to bottom
  const int strips = (f + kColumns - 1) / kColumns;
  parallel_for(be, strips, double(n) * f, [&](int s) {
    const int begin = s * kColumns, end = std::min(f, begin + kColumns);
    T* __restrict y = y_F.data();
    for (int i = 0; i < n; ++i) {
      const T* row = x.row(i) + first;
      for (int k = begin; k < end; ++k) y[k] += row[k];
    }
  });
}

template <class T>
void dot(Cpu be, View<const T, 1> x, View<const T, 1> y, T* sum) {
  *sum = static_cast<T>(
      parallel_sum(be, x.size(), [&](std::size_t i) { return double(x.data()[i]) * double(y.data()[i]); }));
}

template <class T>
void axpy(Cpu be, T scale, View<const T, 1> x, View<T, 1> y) {
  parallel_for(be, x.dim(0), x.dim(0), [&](int i) { y(i) += scale * x(i); });
}

template <class T>
void axpy(Cpu be, const T* scale, View<const T, 1> x, View<T, 1> y) {
  axpy(be, *scale, x, y);
}

#define REGRAIN_INSTANTIATE(T)                                         \
  template void add_column_sums<T>(Cpu, View<const T, 2>, int, View<T, 1>); \
  template void dot<T>(Cpu, View<const T, 1>, View<const T, 1>, T*);   \
  template void axpy<T>(Cpu, T, View<const T, 1>, View<T, 1>);            \
  template void axpy<T>(Cpu, const T*, View<const T, 1>, View<T, 1>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
