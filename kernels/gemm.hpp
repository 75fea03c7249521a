// Matrix product whose every output element is one fixed chain of fused multiply-adds over k.
//
// The chain doesn't depend on the number of rows, on where a row stands or on the thread count, so a
// batch of two gives the bits of two single runs; general libraries choose other summation orders
// for remainder rows. Eigen stays the independent reference in the tests.
#pragma once

#include "engine/backend.hpp"
#include "engine/view.hpp"

namespace regrain::kernels {

enum class Trans { no, yes };
enum class Write { overwrite, accumulate };

// A matrix inside a larger one: row-major with a row stride in elements.
template <class T>
struct MatrixRef {
  T* data;
  int rows, cols;
  std::ptrdiff_t stride;

  MatrixRef(T* d, int r, int c, std::ptrdiff_t s) : data(d), rows(r), cols(c), stride(s) {}
  MatrixRef(View<T, 2> v) : data(v.data()), rows(v.dim(0)), cols(v.dim(1)), stride(v.dim(1)) {}
  template <class U>
    requires(std::is_same_v<const U, T>)
  MatrixRef(View<U, 2> v) : MatrixRef(View<T, 2>(v)) {}
};

// `count` columns, or rows, of x from `first` on
template <class T>
MatrixRef<T> columns_of(View<T, 2> x, int first, int count) {
  return {x.data() + first, x.dim(0), count, x.dim(1)};
}
template <class T>
MatrixRef<T> rows_of(View<T, 2> x, int first, int count) {
  return {x.row(first), count, x.dim(1), x.dim(1)};
}

// c_MN (+)= op(a) op(b), op(a) is (M,K), op(b) is (K,N). `bias_N`, if given, starts every row.
template <class T>
void gemm(Cpu, Trans trans_a, Trans trans_b, MatrixRef<const T> a, MatrixRef<const T> b, MatrixRef<T> c,
          Write write, const T* bias_N = nullptr);
// The order of additions is the library's: the same every run, but not for every number of rows.
template <class T>
void gemm(Cuda, Trans trans_a, Trans trans_b, MatrixRef<const T> a, MatrixRef<const T> b, MatrixRef<T> c,
          Write write, const T* bias_N = nullptr);

}  // namespace regrain::kernels
