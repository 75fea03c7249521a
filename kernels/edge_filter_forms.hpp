// The two forms behind edge_filter, each doing the frames that have it; see edge_filter.hpp.
#pragma once

#include "kernels/edge_filter.hpp"

namespace regrain::kernels {

// weight and bias as one table: row 0 the bias, row k the k-th radial function. The F columns of a gate are padded
// with zeros to whole vectors of whoever made the table: (n_rbf + 1, n_gates gate_pitch).
template <class T>
struct FilterTable {
  const T* data;
  int n_rows, gate_pitch, n_columns;

  // also where an array of the same shape has an element
  REGRAIN_HD std::size_t offset(int k, int gate, int channel) const {
    return static_cast<std::size_t>(k) * static_cast<std::size_t>(n_columns) + static_cast<std::size_t>(gate * gate_pitch + channel);
  }
  REGRAIN_HD const T* row(int k, int gate, int channel) const { return data + offset(k, gate, channel); }
};

// The sizes of what a filter is given, weight to y, against each other; throws Error(internal).
template <class T>
void check_filter_shapes(const FilterGraph<T>& g, const GateLayout& layout, View<const T, 2> weight, View<const T, 3> x,
                         View<const T, 3> y);

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

template <class T>
void edge_filter_sparse(Cuda, const FilterGraph<T>& g, const GateLayout& layout, FilterTable<T> table,
                        View<const T, 3> x, View<T, 3> y);
template <class T>
void edge_filter_sparse_backward(Cuda, const FilterGraph<T>& g, const GateLayout& layout, FilterTable<T> table,
                                 View<const T, 3> x, View<const T, 3> dy, View<T, 3> dx, T* dtable);

template <class T>
void edge_filter_dense(Cuda, const FilterGraph<T>& g, const GateLayout& layout, FilterTable<T> table,
                       View<const T, 3> x, View<T, 3> y);
template <class T>
void edge_filter_dense_backward(Cuda, const FilterGraph<T>& g, const GateLayout& layout, FilterTable<T> table,
                                View<const T, 3> x, View<const T, 3> dy, View<T, 3> dx, T* dtable);

}  // namespace regrain::kernels
