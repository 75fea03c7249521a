// The inner loops of a matrix product: tiles of c in registers, against slivers of b that gemm_pack.hpp, or a
// kernel that makes b as it goes, has laid out as [k][vectors]. Every element of c is one chain over k.
#pragma once

#include <algorithm>
#include <cstddef>
#include <type_traits>

#include "kernels/gemm_pack.hpp"
#include "kernels/simd.hpp"
#include "kernels/small_gemm.hpp"

namespace regrain::kernels::gemm_detail {

// Rows of a tile of c, see small_gemm.hpp.
constexpr int kMr = small_gemm_detail::kRows;

// Depth of a block: a sliver of b, (kKc, kNr), stays in L1 while rows of a pass by.
constexpr int kKc = 192;
// A packed block of b up to this many elements stays where it is while all of it meets four rows of a.
constexpr std::ptrdiff_t kSmallBlock = 12288;

template <class T>
struct Rows {
  const T* data;
  std::ptrdiff_t row, col;  // a(m, k) at data[m row + k col]
};

// c (R, V vectors) where the last vector reaches beyond c: through a copy
template <class T, int R, int V>
void edge_tile(int depth, Rows<T> a, const T* b, bool load, T* c, std::ptrdiff_t stride, int width) {
  constexpr int ld = V * kLanes<T>;
  alignas(64) T tile[R * ld] = {};
  if (load)
    for (int r = 0; r < R; ++r) std::copy_n(c + r * stride, width, tile + r * ld);
  small_gemm_detail::block<T, R, V>(depth, a.data, a.row, a.col, b, ld, tile, ld, load);
  for (int r = 0; r < R; ++r) std::copy_n(tile + r * ld, width, c + r * stride);
}

template <class T, int R>
inline void tile_of_rows(int depth, Rows<T> a, const T* b, bool load, T* c, std::ptrdiff_t stride, int width) {
  constexpr int lanes = kLanes<T>;
  const int vectors = (width + lanes - 1) / lanes;
  const auto run = [&](auto v) {
    if (width == v * lanes) small_gemm_detail::block<T, R, v>(depth, a.data, a.row, a.col, b, v * lanes, c, stride, load);
    else edge_tile<T, R, v>(depth, a, b, load, c, stride, width);
  };
  if (vectors == 3) run(std::integral_constant<int, 3>{});
  else if (vectors == 2) run(std::integral_constant<int, 2>{});
  else run(std::integral_constant<int, 1>{});
}

template <class T>
inline void tile(int height, int depth, Rows<T> a, const T* b, bool load, T* c, std::ptrdiff_t stride, int width) {
  switch (height) {
    case 4: return tile_of_rows<T, 4>(depth, a, b, load, c, stride, width);
    case 3: return tile_of_rows<T, 3>(depth, a, b, load, c, stride, width);
    case 2: return tile_of_rows<T, 2>(depth, a, b, load, c, stride, width);
    default: return tile_of_rows<T, 1>(depth, a, b, load, c, stride, width);
  }
}

// `rows` rows of c, from zero or, if `load`, from what they hold, against one packed block of b, (depth, cols)
template <class T>
void multiply_block(int rows, int cols, int depth, Rows<T> a, const T* packed_b, bool load, T* c, std::ptrdiff_t stride) {
  const auto at = [&](int i, int j) {
    const int width = sliver_width<T>(cols - j);
    tile<T>(std::min(kMr, rows - i), depth, {a.data + i * a.row, a.row, a.col},
            packed_b + static_cast<std::ptrdiff_t>(j) * depth, load, c + i * stride + j, stride, width);
  };
  // which loop is the outer one changes what is read twice, not the sums
  if (static_cast<std::ptrdiff_t>(depth) * cols <= kSmallBlock) {
    for (int i = 0; i < rows; i += kMr)
      for (int j = 0; j < cols; j += sliver_width<T>(cols - j)) at(i, j);
  } else {
    for (int j = 0; j < cols; j += sliver_width<T>(cols - j))
      for (int i = 0; i < rows; i += kMr) at(i, j);
  }
}

}  // namespace regrain::kernels::gemm_detail
