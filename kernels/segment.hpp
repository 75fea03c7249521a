// Move rows along edges: gather them from nodes, sum them into nodes.
//
// Edges are sorted by dst, so receiver n owns a range of rows and every output row has one writer.
#pragma once

#include "engine/backend.hpp"
#include "engine/view.hpp"
#include "kernels/graph.hpp"

namespace regrain::kernels {

// y_NF(i) = sum, or mean, of x_MF(src) over the edges into i; the mean of no edges is 0
enum class Reduce { sum, mean };

template <class T>
void neighbor_reduce(Cpu, Reduce reduce, GraphView g, View<const T, 2> x_MF, View<T, 2> y_NF);
template <class T>
void neighbor_reduce(Cuda, Reduce reduce, GraphView g, View<const T, 2> x_MF, View<T, 2> y_NF);
// dx_MF(src) += dy_NF(dst), divided by the receiver's number of edges for the mean
template <class T>
void neighbor_reduce_backward(Cpu, Reduce reduce, GraphView g, View<const T, 2> dy_NF, View<T, 2> dx_MF);
template <class T>
void neighbor_reduce_backward(Cuda, Reduce reduce, GraphView g, View<const T, 2> dy_NF, View<T, 2> dx_MF);

// y_NF(i) = table_VF(index(i)); a row number out of range throws Error(internal) on the CPU;
// for the device it is checked when the batch is made
template <class T>
void gather_rows(Cpu, View<const T, 2> table_VF, View<const int, 1> index_N, View<T, 2> y_NF);
template <class T>
void gather_rows(Cuda, View<const T, 2> table_VF, View<const int, 1> index_N, View<T, 2> y_NF);
// dtable_VF(index(i)) += dy_NF(i); row `frozen` (-1: none) stays as it is
template <class T>
void gather_rows_backward(Cpu, View<const T, 2> dy_NF, View<const int, 1> index_N, int frozen, View<T, 2> dtable_VF);
template <class T>
void gather_rows_backward(Cuda, View<const T, 2> dy_NF, View<const int, 1> index_N, int frozen, View<T, 2> dtable_VF);

}  // namespace regrain::kernels
