// The inner loops of a matrix product: tiles of c in registers, against slivers of b that gemm_pack.hpp, or a
// kernel that makes b as it goes, has laid out as [k][vectors]. Every element of c is one chain over k.
#pragma once

#include <algorithm>
#include <cstddef>
#include <type_traits>

#include "kernels/gemm_pack.hpp"
#include "kernels/simd.hpp"

namespace regrain::kernels::gemm_detail {

// Register tile: 4 rows by three vectors keeps 12 accumulators, 3 loads and a broadcast in the 16 registers
// of AVX2.
constexpr int kMr = 4;

// Depth of a block: a sliver of b, (kKc, kNr), stays in L1 while rows of a pass by.
constexpr int kKc = 192;
// A packed block of b up to this many elements stays where it is while all of it meets four rows of a.
constexpr std::ptrdiff_t kSmallBlock = 12288;

template <class T>
struct Rows {
  const T* data;
  std::ptrdiff_t row, col;  // a(m, k) at data[m row + k col]
};

// How a tile starts: at c if `load`, else at zero, plus the bias if there is one.
template <class T>
struct Start {
  bool load;
  const T* bias;
};

// c (R, V vectors) = start + sum over k of a(r, k) b(k, :)
template <class T, int R, int V>
inline void micro_kernel(int depth, Rows<T> a, const T* b, Start<T> start, T* c, std::ptrdiff_t stride) {
  constexpr int lanes = kLanes<T>;
  Vec<T> acc[R][V];
  // unrolled on demand: left alone, the compiler keeps the accumulators in memory around the loop
#pragma GCC unroll 4
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 3
    for (int v = 0; v < V; ++v) acc[r][v] = start.load ? load_vec(c + r * stride + v * lanes) : Vec<T>{};
  if (start.bias) {
#pragma GCC unroll 4
    for (int r = 0; r < R; ++r)
#pragma GCC unroll 3
      for (int v = 0; v < V; ++v) acc[r][v] += load_vec(start.bias + v * lanes);
  }
  const T* a_k = a.data;
  for (int k = 0; k < depth; ++k) {
    Vec<T> row[V];
#pragma GCC unroll 3
    for (int v = 0; v < V; ++v) row[v] = load_vec(b + v * lanes);
#pragma GCC unroll 4
    for (int r = 0; r < R; ++r) {
      const T factor = a_k[r * a.row];
#pragma GCC unroll 3
      for (int v = 0; v < V; ++v) acc[r][v] += factor * row[v];
    }
    a_k += a.col;
    b += V * lanes;
  }
#pragma GCC unroll 4
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 3
    for (int v = 0; v < V; ++v) store_vec(c + r * stride + v * lanes, acc[r][v]);
}

// the same where the last vector reaches beyond c: through a copy
template <class T, int R, int V>
void edge_tile(int depth, Rows<T> a, const T* b, Start<T> start, T* c, std::ptrdiff_t stride, int width) {
  constexpr int ld = V * kLanes<T>;
  alignas(64) T tile[R * ld] = {}, bias[ld] = {};
  if (start.load)
    for (int r = 0; r < R; ++r) std::copy_n(c + r * stride, width, tile + r * ld);
  if (start.bias) std::copy_n(start.bias, width, bias);
  micro_kernel<T, R, V>(depth, a, b, {start.load, start.bias ? bias : nullptr}, tile, ld);
  for (int r = 0; r < R; ++r) std::copy_n(tile + r * ld, width, c + r * stride);
}

template <class T, int R>
inline void tile_of_rows(int depth, Rows<T> a, const T* b, Start<T> start, T* c, std::ptrdiff_t stride, int width) {
  constexpr int lanes = kLanes<T>;
  const int vectors = (width + lanes - 1) / lanes;
  const auto run = [&](auto v) {
    if (width == v * lanes) micro_kernel<T, R, v>(depth, a, b, start, c, stride);
    else edge_tile<T, R, v>(depth, a, b, start, c, stride, width);
  };
  if (vectors == 3) run(std::integral_constant<int, 3>{});
  else if (vectors == 2) run(std::integral_constant<int, 2>{});
  else run(std::integral_constant<int, 1>{});
}

template <class T>
inline void tile(int height, int depth, Rows<T> a, const T* b, Start<T> start, T* c, std::ptrdiff_t stride, int width) {
  switch (height) {
    case 4: return tile_of_rows<T, 4>(depth, a, b, start, c, stride, width);
    case 3: return tile_of_rows<T, 3>(depth, a, b, start, c, stride, width);
    case 2: return tile_of_rows<T, 2>(depth, a, b, start, c, stride, width);
    default: return tile_of_rows<T, 1>(depth, a, b, start, c, stride, width);
  }
}

// `rows` rows of c against one packed block of b, (depth, cols)
template <class T>
void multiply_block(int rows, int cols, int depth, Rows<T> a, const T* packed_b, Start<T> start, T* c, std::ptrdiff_t stride) {
  constexpr int nr = kNr<T>;
  const auto at = [&](int i, int j) {
    const int width = std::min(nr, cols - j);
    tile<T>(std::min(kMr, rows - i), depth, {a.data + i * a.row, a.row, a.col},
            packed_b + static_cast<std::ptrdiff_t>(j) * depth, {start.load, start.bias ? start.bias + j : nullptr},
            c + i * stride + j, stride, width);
  };
  // which loop is the outer one changes what is read twice, not the sums
  if (static_cast<std::ptrdiff_t>(depth) * cols <= kSmallBlock) {
    for (int i = 0; i < rows; i += kMr)
      for (int j = 0; j < cols; j += nr) at(i, j);
  } else {
    for (int j = 0; j < cols; j += nr)
      for (int i = 0; i < rows; i += kMr) at(i, j);
  }
}

}  // namespace regrain::kernels::gemm_detail
