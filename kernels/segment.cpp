#include "kernels/segment.hpp"

#include "engine/errors.hpp"
#include "kernels/parallel.hpp"

namespace regrain::kernels {

template <class T>
void neighbor_reduce(Cpu be, Reduce reduce, GraphView g, View<const T, 2> x_MF, View<T, 2> y_NF) {
  const int f = x_MF.dim(1);
  REGRAIN_CHECK(x_MF.dim(0) == g.n_src && y_NF.dim(0) == g.n_dst && y_NF.dim(1) == f, "neighbor_reduce: x is ",
                x_MF.dim(0), "x", f, ", y is ", y_NF.dim(0), "x", y_NF.dim(1), ", the graph ", g.n_src, " -> ", g.n_dst);
  parallel_for_ragged(be, g.n_dst, double(g.n_edges) * f, [&](int i) {
    T* y = y_NF.row(i);
    std::fill_n(y, f, T(0));
    for (int e = g.offset[i]; e < g.offset[i + 1]; ++e) {
      const T* x = x_MF.row(g.src[e]);
      for (int k = 0; k < f; ++k) y[k] += x[k];
    }
    const int degree = g.offset[i + 1] - g.offset[i];
    if (reduce == Reduce::mean && degree > 1)
      for (int k = 0; k < f; ++k) y[k] /= static_cast<T>(degree);
  });
}

template <class T>
void neighbor_reduce_backward(Cpu be, Reduce reduce, GraphView g, View<const T, 2> dy_NF, View<T, 2> dx_MF) {
  const int f = dx_MF.dim(1);
  parallel_for_ragged(be, g.n_src, double(g.n_edges) * f, [&](int j) {
    T* dx = dx_MF.row(j);
    for (int s = g.src_offset[j]; s < g.src_offset[j + 1]; ++s) {
      const int i = g.dst[g.by_src[s]];
      const T* dy = dy_NF.row(i);
      const T scale = reduce == Reduce::mean ? T(1) / static_cast<T>(g.offset[i + 1] - g.offset[i]) : T(1);
      for (int k = 0; k < f; ++k) dx[k] += scale * dy[k];
    }
  });
}

template <class T>
void gather_rows(Cpu be, View<const T, 2> table_VF, View<const int, 1> index_N, View<T, 2> y_NF) {
  const int n = index_N.dim(0), f = table_VF.dim(1);
  for (int i : index_N)
    REGRAIN_CHECK(i >= 0 && i < table_VF.dim(0), "gather_rows: row ", i, " of a table of ", table_VF.dim(0));
  parallel_for(be, n, double(n) * f, [&](int i) { std::copy_n(table_VF.row(index_N(i)), f, y_NF.row(i)); });
}

template <class T>
void gather_rows_backward(Cpu, View<const T, 2> dy_NF, View<const int, 1> index_N, int frozen, View<T, 2> dtable_VF) {
  const int f = dtable_VF.dim(1);
  // many rows may go to one: serial, in row order
  for (int i = 0; i < index_N.dim(0); ++i) {
    if (index_N(i) == frozen) continue;
    const T* dy = dy_NF.row(i);
    T* dt = dtable_VF.row(index_N(i));
    for (int k = 0; k < f; ++k) dt[k] += dy[k];
  }
}

#define REGRAIN_INSTANTIATE(T)                                                                                  \
  template void neighbor_reduce<T>(Cpu, Reduce, GraphView, View<const T, 2>, View<T, 2>);                      \
  template void neighbor_reduce_backward<T>(Cpu, Reduce, GraphView, View<const T, 2>, View<T, 2>);             \
  template void gather_rows<T>(Cpu, View<const T, 2>, View<const int, 1>, View<T, 2>);                         \
  template void gather_rows_backward<T>(Cpu, View<const T, 2>, View<const int, 1>, int, View<T, 2>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
