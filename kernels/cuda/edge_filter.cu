// The continuous-filter sum on the device: weight and bias as one table, which both forms read and whose
// gradient both add to.
#include "kernels/edge_filter.hpp"

#include "engine/device.hpp"
#include "kernels/cuda/gate_rows.cuh"
#include "kernels/edge_filter_forms.hpp"

namespace regrain::kernels {

namespace {

// table(0, gate, c) = bias, table(k, gate, c) = weight(k-th radial function), zero beyond the channels.
// Grid: thread k n_columns + column writes one element. The weight is read across its rows, from L2: a few
// microseconds at the sizes of a network.
template <class T>
__global__ void __launch_bounds__(kBlock)
    make_filter_table_kernel(GateRows gates, int f, View<const T, 2> weight, View<const T, 1> bias,
                             FilterTable<T> table, T* __restrict__ data) {
  const std::size_t at = thread_of_grid();
  if (at >= table.offset(table.n_rows, 0, 0)) return;
  const int k = static_cast<int>(at / static_cast<std::size_t>(table.n_columns));
  const int column = static_cast<int>(at % static_cast<std::size_t>(table.n_columns));
  const int gate = column / table.gate_pitch, c = column % table.gate_pitch;
  const int row = gates.block[gate] * f + c;
  if (c >= f)
    data[at] = T(0);
  else
    data[at] = k == 0 ? bias(row) : weight(row, k - 1);
}

// dbias += row 0 of dtable, dweight += the others. Grid: thread (gate f + c) n_rows + k adds one element.
template <class T>
__global__ void __launch_bounds__(kBlock)
    add_filter_gradient_kernel(GateRows gates, int f, FilterTable<T> table, const T* __restrict__ dtable,
                               View<T, 2> dweight, View<T, 1> dbias) {
  const std::size_t at = thread_of_grid(), n_rows = static_cast<std::size_t>(table.n_rows);
  if (at >= static_cast<std::size_t>(gates.n_gates) * static_cast<std::size_t>(f) * n_rows) return;
  const int k = static_cast<int>(at % n_rows), gate = static_cast<int>(at / n_rows) / f,
            c = static_cast<int>(at / n_rows) % f;
  const int row = gates.block[gate] * f + c;
  const T grad = dtable[table.offset(k, gate, c)];
  if (k == 0)
    dbias(row) += grad;
  else
    dweight(row, k - 1) += grad;
}

template <class T>
FilterTable<T> make_table(Cuda be, const GateLayout& layout, int f, View<const T, 2> weight,
                          View<const T, 1> bias) {
  const int pitch = (f + 7) / 8 * 8;
  FilterTable<T> table{nullptr, weight.dim(1) + 1, pitch, layout.n_gates * pitch};
  const std::size_t size = table.offset(table.n_rows, 0, 0);
  T* data = be.scratch->allocate_array<T>(size);
  launch<make_filter_table_kernel<T>>(be, blocks_for(size), kBlock, 0, GateRows(layout), f, weight, bias,
                                      table, data);
  table.data = data;
  return table;
}

}  // namespace

template <class T>
void edge_filter(Cuda be, const FilterGraph<T>& g, const GateLayout& layout, View<const T, 2> weight,
                 View<const T, 1> bias, View<const T, 3> x, View<T, 3> y) {
  check_filter_shapes<T>(g, layout, weight, x, y);
  const Arena::Scope scope(*be.scratch);
  const FilterTable<T> table = make_table(be, layout, x.dim(2), weight, bias);
  if (g.form != FilterForm::sparse) edge_filter_dense(be, g, layout, table, x, y);
  if (g.form != FilterForm::dense) edge_filter_sparse(be, g, layout, table, x, y);
}

template <class T>
void edge_filter_backward(Cuda be, const FilterGraph<T>& g, const GateLayout& layout, View<const T, 2> weight,
                          View<const T, 1> bias, View<const T, 3> x, View<const T, 3> dy, View<T, 3> dx,
                          View<T, 2> dweight, View<T, 1> dbias) {
  check_filter_shapes<T>(g, layout, weight, x, dy);
  REGRAIN_CHECK(!dweight.data() == !dbias.data(), "edge_filter: gradient of one of weight and bias alone");
  const Arena::Scope scope(*be.scratch);
  const FilterTable<T> table = make_table(be, layout, x.dim(2), weight, bias);
  const std::size_t size = table.offset(table.n_rows, 0, 0);
  T* dtable = dweight.data() ? be.scratch->allocate_array<T>(size) : nullptr;
  if (dtable) device::zero(dtable, size * sizeof(T), be.stream);
  if (g.form != FilterForm::sparse) edge_filter_dense_backward(be, g, layout, table, x, dy, dx, dtable);
  if (g.form != FilterForm::dense) edge_filter_sparse_backward(be, g, layout, table, x, dy, dx, dtable);
  if (dtable)
    launch<add_filter_gradient_kernel<T>>(be, blocks_for(size), kBlock, 0, GateRows(layout), x.dim(2), table,
                                          static_cast<const T*>(dtable), dweight, dbias);
}

#define REGRAIN_INSTANTIATE(T)                                                                            \
  template void edge_filter<T>(Cuda, const FilterGraph<T>&, const GateLayout&, View<const T, 2>,          \
                               View<const T, 1>, View<const T, 3>, View<T, 3>);                           \
  template void edge_filter_backward<T>(Cuda, const FilterGraph<T>&, const GateLayout&, View<const T, 2>, \
                                        View<const T, 1>, View<const T, 3>, View<const T, 3>, View<T, 3>, \
                                        View<T, 2>, View<T, 1>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
