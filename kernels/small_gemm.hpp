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

// First column of the v-th of V vectors; the last one lies over `Back` columns of the one before it.
template <class T, int V, int Back>
constexpr int column_of(int v) {
  return v * kLanes<T> - (v + 1 == V ? Back : 0);
}

// acc += product, kept in registers. The loops over accumulators are unrolled on demand: left alone, the compiler keeps
// them in memory around the loop.
template <class T, int R, int V, int Back = 0>
[[gnu::always_inline]] inline void multiply_tile(int depth, const T* a, std::ptrdiff_t a_row, std::ptrdiff_t a_col,
                                                 const T* b, std::ptrdiff_t ldb, Vec<T> (&acc)[R][V]) {
  for (int k = 0; k < depth; ++k) {
    Vec<T> row[V];
#pragma GCC unroll 3
    for (int v = 0; v < V; ++v) row[v] = load_vec(b + column_of<T, V, Back>(v));
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

// Columns under two vectors come out the same from both: all are loaded before any is stored.
template <class T, int R, int V, int Back = 0>
inline void block(int depth, const T* a, std::ptrdiff_t a_row, std::ptrdiff_t a_col, const T* b,
                  std::ptrdiff_t ldb, T* c, std::ptrdiff_t ldc, bool accumulate) {
  Vec<T> acc[R][V];
#pragma GCC unroll 4
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 3
    for (int v = 0; v < V; ++v) acc[r][v] = accumulate ? load_vec(c + r * ldc + column_of<T, V, Back>(v)) : Vec<T>{};
  multiply_tile<T, R, V, Back>(depth, a, a_row, a_col, b, ldb, acc);
#pragma GCC unroll 4
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 3
    for (int v = 0; v < V; ++v) store_vec(c + r * ldc + column_of<T, V, Back>(v), acc[r][v]);
}

// all columns of R rows: vectors in threes, the last few in twos, one alone only if there is no other. Half a vector at
// the end is the last of its group, drawn back to be a whole one.
template <class T, int R>
inline void rows(int n, int depth, const T* a, std::ptrdiff_t a_row, std::ptrdiff_t a_col, const T* b,
                 std::ptrdiff_t ldb, T* c, std::ptrdiff_t ldc, bool accumulate) {
  int left = n / kLanes<T>;
  if constexpr (kLanes<T> > 8) {
    constexpr int half = kLanes<T> / 2;
    if (n % kLanes<T>) {
      const int whole = left % 3 == 2 ? 2 : 1;  // in the last group
      left -= whole;
      b += left * kLanes<T>, c += left * kLanes<T>;
      if (whole == 2) block<T, R, 3, half>(depth, a, a_row, a_col, b, ldb, c, ldc, accumulate);
      else block<T, R, 2, half>(depth, a, a_row, a_col, b, ldb, c, ldc, accumulate);
      b -= left * kLanes<T>, c -= left * kLanes<T>;
    }
  }
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
// a costs nothing. n is a multiple of 8 and no less than one vector.
template <class T>
inline void small_gemm(int m, int n, int depth, const T* a, std::ptrdiff_t a_row, std::ptrdiff_t a_col,
                       const T* b, std::ptrdiff_t ldb, T* c, std::ptrdiff_t ldc, bool accumulate) {
  namespace d = small_gemm_detail;
  assert(n % 8 == 0 && n >= kLanes<T>);
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
