// The two forms behind edge_filter, each doing the frames that have it; see edge_filter.hpp.
#pragma once

#include "kernels/edge_filter.hpp"

namespace regrain::kernels {

// weight and bias as one table: row 0 the bias, row k the k-th radial function, (n_rbf + 1, n_gates F)
template <class T>
struct FilterTable {
  const T* data;
  int n_rows, n_columns;
  const T* row(int k, int gate_column) const {
    return data + static_cast<std::size_t>(k) * static_cast<std::size_t>(n_columns) + gate_column;
  }
};

template <class T>
void edge_filter_sparse(Cpu, const FilterGraph<T>& g, const GateLayout& layout, FilterTable<T> table,
                        View<const T, 3> x, View<T, 3> y);
// dtable and dx +=, each unless null
template <class T>
void edge_filter_sparse_backward(Cpu, const FilterGraph<T>& g, const GateLayout& layout, FilterTable<T> table,
                                 View<const T, 3> x, View<const T, 3> dy, View<T, 3> dx, T* dtable);

template <class T>
void edge_filter_dense(Cpu, const FilterGraph<T>& g, const GateLayout& layout, FilterTable<T> table,
                       View<const T, 3> x, View<T, 3> y);
template <class T>
void edge_filter_dense_backward(Cpu, const FilterGraph<T>& g, const GateLayout& layout, FilterTable<T> table,
                                View<const T, 3> x, View<const T, 3> dy, View<T, 3> dx, T* dtable);

}  // namespace regrain::kernels
