// Matrix products of a few dozen rows on tiles that already sit in cache: no packing, no threads, for
// use inside a kernel's loop over nodes. Every element is one chain over k in increasing order.
#pragma once

#include <cassert>
#include <cstddef>

namespace regrain::kernels {

namespace small_gemm_detail {

constexpr int kVectorBytes = 32;
// 5 rows by two vectors: 10 accumulators, 2 loads and a broadcast in the 16 registers of AVX2
constexpr int kRows = 5;

template <class T>
using Vec __attribute__((vector_size(kVectorBytes), aligned(alignof(T)), may_alias)) = T;

template <class T, int R, int V>
inline void block(int depth, const T* a, std::ptrdiff_t a_row, std::ptrdiff_t a_col, const T* b,
                  std::ptrdiff_t ldb, T* c, std::ptrdiff_t ldc, bool accumulate) {
  constexpr int lanes = kVectorBytes / static_cast<int>(sizeof(T));
  Vec<T> acc[R][V] = {};
  if (accumulate)
    for (int r = 0; r < R; ++r)
      for (int v = 0; v < V; ++v) acc[r][v] = *reinterpret_cast<const Vec<T>*>(c + r * ldc + v * lanes);
  for (int k = 0; k < depth; ++k) {
    Vec<T> row[V];
    for (int v = 0; v < V; ++v) row[v] = *reinterpret_cast<const Vec<T>*>(b + k * ldb + v * lanes);
    for (int r = 0; r < R; ++r) {
      const T factor = a[r * a_row + k * a_col];
      for (int v = 0; v < V; ++v) acc[r][v] += factor * row[v];
    }
  }
  for (int r = 0; r < R; ++r)
    for (int v = 0; v < V; ++v) *reinterpret_cast<Vec<T>*>(c + r * ldc + v * lanes) = acc[r][v];
}

template <class T, int R>
inline void rows(int n, int depth, const T* a, std::ptrdiff_t a_row, std::ptrdiff_t a_col, const T* b,
                 std::ptrdiff_t ldb, T* c, std::ptrdiff_t ldc, bool accumulate) {
  constexpr int lanes = kVectorBytes / static_cast<int>(sizeof(T));
  int j = 0;
  for (; j + 2 * lanes <= n; j += 2 * lanes)
    block<T, R, 2>(depth, a, a_row, a_col, b + j, ldb, c + j, ldc, accumulate);
  if (j < n) block<T, R, 1>(depth, a, a_row, a_col, b + j, ldb, c + j, ldc, accumulate);
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
    case 4:
      return d::rows<T, 4>(n, depth, a, a_row, a_col, b, ldb, c, ldc, accumulate);
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
