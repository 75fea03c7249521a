// Copies of blocks of a matrix in the order the micro-kernel of gemm_micro.hpp reads them.
#pragma once

#include <algorithm>
#include <cstddef>

#include "kernels/simd.hpp"

namespace regrain::kernels::gemm_detail {

// columns of a sliver of b: three vectors, see gemm_micro.hpp
template <class T>
constexpr int kNr = 3 * kLanes<T>;

// columns of the next sliver where `left` remain: a lone vector at the end would wait for its own additions, so the
// last four are shared out in twos
template <class T>
constexpr int sliver_width(int left) {
  const int width = left > 3 * kLanes<T> && left <= 4 * kLanes<T> ? 2 * kLanes<T> : kNr<T>;
  return left < width ? left : width;
}

// out[c][r] = rows[r][c] for a square of short vectors
inline void transpose_square(const float* const rows[8], std::ptrdiff_t at, float* out, std::ptrdiff_t ld) {
  using V = ShortVec<float>;
  V r[8], t[8];
  for (int i = 0; i < 8; ++i) r[i] = load_short_vec(rows[i] + at);
  for (int i = 0; i < 8; i += 2) {
    t[i] = __builtin_shufflevector(r[i], r[i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
    t[i + 1] = __builtin_shufflevector(r[i], r[i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
  }
  for (int i = 0; i < 8; i += 4)
    for (int j = 0; j < 2; ++j) {
      r[i + 2 * j] = __builtin_shufflevector(t[i + j], t[i + j + 2], 0, 1, 8, 9, 4, 5, 12, 13);
      r[i + 2 * j + 1] = __builtin_shufflevector(t[i + j], t[i + j + 2], 2, 3, 10, 11, 6, 7, 14, 15);
    }
  for (int j = 0; j < 4; ++j) {
    store_short_vec(out + j * ld, __builtin_shufflevector(r[j], r[j + 4], 0, 1, 2, 3, 8, 9, 10, 11));
    store_short_vec(out + (j + 4) * ld, __builtin_shufflevector(r[j], r[j + 4], 4, 5, 6, 7, 12, 13, 14, 15));
  }
}
inline void transpose_square(const double* const rows[4], std::ptrdiff_t at, double* out, std::ptrdiff_t ld) {
  using V = ShortVec<double>;
  V r[4], t[4];
  for (int i = 0; i < 4; ++i) r[i] = load_short_vec(rows[i] + at);
  for (int i = 0; i < 4; i += 2) {
    t[i] = __builtin_shufflevector(r[i], r[i + 1], 0, 4, 2, 6);
    t[i + 1] = __builtin_shufflevector(r[i], r[i + 1], 1, 5, 3, 7);
  }
  for (int j = 0; j < 2; ++j) {
    store_short_vec(out + j * ld, __builtin_shufflevector(t[j], t[j + 2], 0, 1, 4, 5));
    store_short_vec(out + (j + 2) * ld, __builtin_shufflevector(t[j], t[j + 2], 2, 3, 6, 7));
  }
}

// One vector of columns, out[k][lane] = b[lane][k] for `count` lanes, zeros in the others; `ld` between the k.
template <class T>
void pack_transposed(const T* b, std::ptrdiff_t stride, int count, int depth, T* out, std::ptrdiff_t ld) {
  constexpr int lanes = kLanes<T>, side = kShortLanes<T>;
  int k = 0;
  if (count == lanes) {
    const T* rows[lanes];
    for (int l = 0; l < lanes; ++l) rows[l] = b + l * stride;
    for (; k + side <= depth; k += side)
      for (int l = 0; l < lanes; l += side) transpose_square(rows + l, k, out + k * ld + l, ld);
  }
  for (; k < depth; ++k)
    for (int l = 0; l < lanes; ++l) out[k * ld + l] = l < count ? b[l * stride + k] : T(0);
}

// A (depth, cols) block of op(b) as slivers [k][sliver_width]; the last is as many whole vectors wide as it needs, what
// lies beyond `cols` is zero. `b` points at the block's first element; transposed, its rows are columns.
template <class T>
void pack_b(bool transposed, const T* b, std::ptrdiff_t stride, int depth, int cols, T* out) {
  constexpr int lanes = kLanes<T>;
  if (transposed) {
    for (int c0 = 0; c0 < cols; c0 += sliver_width<T>(cols - c0)) {
      const int vectors = (sliver_width<T>(cols - c0) + lanes - 1) / lanes, width = vectors * lanes;
      for (int v = 0; v < vectors; ++v) {
        const int c = c0 + v * lanes;
        pack_transposed(b + c * stride, stride, std::min(lanes, cols - c), depth, out + v * lanes, width);
      }
      out += static_cast<std::ptrdiff_t>(depth) * width;
    }
    return;
  }
  // row by row, so that b is read as it stands in memory
  for (int k = 0; k < depth; ++k, b += stride) {
    T* sliver = out;
    for (int c0 = 0; c0 < cols; c0 += sliver_width<T>(cols - c0)) {
      const int left = sliver_width<T>(cols - c0), vectors = (left + lanes - 1) / lanes, width = vectors * lanes;
      T* to = sliver + static_cast<std::ptrdiff_t>(k) * width;
      for (int v = 0; v < vectors; ++v) {
        const int c = v * lanes;
        if (left - c >= lanes) store_vec(to + c, load_vec(b + c0 + c));
        else
          for (int l = 0; l < lanes; ++l) to[c + l] = c + l < left ? b[c0 + c + l] : T(0);
      }
      sliver += static_cast<std::ptrdiff_t>(depth) * width;
    }
  }
}

}  // namespace regrain::kernels::gemm_detail
