// y = x W^T for an x of few rows: y^T = W x^T, with W read as it stands in memory. The usual way round copies all of W
// into slivers for rows too few to pay for it. The chain of every element is the same, so are the bits.
#pragma once

#include <omp.h>

#include "engine/arena.hpp"
#include "kernels/gemm.hpp"
#include "kernels/gemm_micro.hpp"

namespace regrain::kernels::gemm_detail {

// Up to so many rows of x this way is the faster one, measured.
constexpr int kFewRows = 128;
// Rows of W whose products with all of x are kept in a tile until they are written out.
constexpr int kTileRows = 48;

// c(j, i) = tile(i, j) for a tile of (rows, cols) with `ld` between its rows
template <class T>
void write_transposed(int rows, int cols, const T* tile, std::ptrdiff_t ld, T* c, std::ptrdiff_t stride) {
  constexpr int side = kShortLanes<T>;
  int i = 0;
  for (; i + side <= rows; i += side) {
    const T* from[side];
    for (int l = 0; l < side; ++l) from[l] = tile + (i + l) * ld;
    int j = 0;
    for (; j + side <= cols; j += side) transpose_square(from, j, c + j * stride + i, stride);
    for (; j < cols; ++j)
      for (int l = 0; l < side; ++l) c[j * stride + i + l] = from[l][j];
  }
  for (; i < rows; ++i)
    for (int j = 0; j < cols; ++j) c[j * stride + i] = tile[i * ld + j];
}

// c_MN (+)= x_MK W_NK^T + bias_N, M <= kFewRows
template <class T>
void multiply_few_rows(Cpu be, MatrixRef<const T> x, MatrixRef<const T> w, MatrixRef<T> c, Write write, const T* bias_N) {
  const int m = c.rows, n = c.cols, depth = x.cols;
  const int ld = (m + kLanes<T> - 1) / kLanes<T> * kLanes<T>;
  const int tiles = (n + kTileRows - 1) / kTileRows;
  const int n_threads = double(m) * n * std::max(depth, 1) > 1e6 ? std::min(be.n_threads, tiles) : 1;

  const Arena::Scope scope(*be.scratch);
  T* packed_x = be.scratch->allocate_array<T>(static_cast<std::size_t>(ld) * static_cast<std::size_t>(depth));
  const std::size_t tile_size = static_cast<std::size_t>(kTileRows * ld);
  T* tile_memory = be.scratch->allocate_array<T>(tile_size * static_cast<std::size_t>(n_threads));
  for (int k0 = 0; k0 < depth; k0 += kKc)
    pack_b<T>(true, x.data + k0, x.stride, std::min(kKc, depth - k0), m, packed_x + std::ptrdiff_t{ld} * k0);

#pragma omp parallel for schedule(static) num_threads(n_threads) if (n_threads > 1)
  for (int t = 0; t < tiles; ++t) {
    const int first = t * kTileRows, rows = std::min(kTileRows, n - first);
    T* tile = tile_memory + tile_size * static_cast<std::size_t>(omp_get_thread_num());
    for (int i = 0; i < rows; ++i)
      for (int j = 0; j < m; ++j) {
        const T before = write == Write::accumulate ? c.data[j * c.stride + first + i] : T(0);
        tile[i * ld + j] = bias_N ? before + bias_N[first + i] : before;
      }
    for (int k0 = 0; k0 < depth; k0 += kKc)
      multiply_block<T>(rows, m, std::min(kKc, depth - k0), {w.data + first * w.stride + k0, w.stride, 1},
                        packed_x + std::ptrdiff_t{ld} * k0, true, tile, ld);
    write_transposed(rows, m, tile, ld, c.data + first, c.stride);
  }
}

}  // namespace regrain::kernels::gemm_detail
