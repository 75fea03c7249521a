// Matrix products of a few dozen rows on tiles that already sit in cache: no packing, no threads, for
// use inside a kernel's loop over nodes. Every element is one chain over k in increasing order.
#pragma once

#include <cassert>
#include <cstddef>

#include "kernels/simd.hpp"

namespace regrain::kernels {

namespace small_gemm_detail {

// 4 rows by three vectors: 12 accumulators, 3 loads and a broadcast in the 16 registers of AVX2
constexpr int kRows = 4;

// acc += product, kept in registers. The loops over accumulators are unrolled on demand: left alone, the compiler keeps
// them in memory around the loop.
template <class T, int R, int V>
[[gnu::always_inline]] inline void multiply_tile(int depth, const T* a, std::ptrdiff_t a_row, std::ptrdiff_t a_col,
                                                 const T* b, std::ptrdiff_t ldb, Vec<T> (&acc)[R][V]) {
  for (int k = 0; k < depth; ++k) {
    Vec<T> row[V];
#pragma GCC unroll 3
    for (int v = 0; v < V; ++v) row[v] = load_vec(b + v * kLanes<T>);
#pragma GCC unroll 4
    for (int r = 0; r < R; ++r) {
      const T factor = a[r * a_row];
#pragma GCC unroll 3
      for (int v = 0; v < V; ++v) acc[r][v] += factor * row[v];
    }
    a += a_col;
    b += ldb;
  }
}

template <class T, int R, int V>
inline void block(int depth, const T* a, std::ptrdiff_t a_row, std::ptrdiff_t a_col, const T* b,
                  std::ptrdiff_t ldb, T* c, std::ptrdiff_t ldc, bool accumulate) {
  Vec<T> acc[R][V];
#pragma GCC unroll 4
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 3
    for (int v = 0; v < V; ++v) acc[r][v] = accumulate ? load_vec(c + r * ldc + v * kLanes<T>) : Vec<T>{};
  multiply_tile<T, R, V>(depth, a, a_row, a_col, b, ldb, acc);
#pragma GCC unroll 4
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 3
    for (int v = 0; v < V; ++v) store_vec(c + r * ldc + v * kLanes<T>, acc[r][v]);
}

// all columns of R rows: vectors in threes, the last few in twos, one alone only if there is no other
template <class T, int R>
inline void rows(int n, int depth, const T* a, std::ptrdiff_t a_row, std::ptrdiff_t a_col, const T* b,
                 std::ptrdiff_t ldb, T* c, std::ptrdiff_t ldc, bool accumulate) {
  int left = n / kLanes<T>;
  while (left > 0) {
    const int width = left == 1 ? 1 : left == 2 || left == 4 ? 2 : 3;
    if (width == 3)
      block<T, R, 3>(depth, a, a_row, a_col, b, ldb, c, ldc, accumulate);
    else if (width == 2)
      block<T, R, 2>(depth, a, a_row, a_col, b, ldb, c, ldc, accumulate);
    else
      block<T, R, 1>(depth, a, a_row, a_col, b, ldb, c, ldc, accumulate);
    b += width * kLanes<T>;
    c += width * kLanes<T>;
    left -= width;
  }
}

}  // namespace small_gemm_detail

// c(m, n) (+)= sum over k of a(m, k) b(k, n), where a(m, k) stands at a[m a_row + k a_col]: a transposed
// a costs nothing. n is a multiple of 8.
template <class T>
inline void small_gemm(int m, int n, int depth, const T* a, std::ptrdiff_t a_row, std::ptrdiff_t a_col,
                       const T* b, std::ptrdiff_t ldb, T* c, std::ptrdiff_t ldc, bool accumulate) {
  namespace d = small_gemm_detail;
  assert(n % 8 == 0);
  int i = 0;
  for (; i + d::kRows <= m; i += d::kRows)
    d::rows<T, d::kRows>(n, depth, a + i * a_row, a_row, a_col, b, ldb, c + i * ldc, ldc, accumulate);
  a += i * a_row;
  c += i * ldc;
  switch (m - i) {
    case 3:
      return d::rows<T, 3>(n, depth, a, a_row, a_col, b, ldb, c, ldc, accumulate);
    case 2:
      return d::rows<T, 2>(n, depth, a, a_row, a_col, b, ldb, c, ldc, accumulate);
    case 1:
      return d::rows<T, 1>(n, depth, a, a_row, a_col, b, ldb, c, ldc, accumulate);
    default:
      return;
  }
}

}  // namespace regrain::kernels
