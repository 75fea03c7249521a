#include "kernels/gemm.hpp"

#include <omp.h>

#include <algorithm>

#include "engine/arena.hpp"
#include "kernels/gemm_pack.hpp"
#include "kernels/simd.hpp"

namespace regrain::kernels {

namespace {

using gemm_detail::kNr;

// Register tile: 4 rows by three vectors keeps 12 accumulators, 3 loads and a broadcast in the 16 registers
// of AVX2.
constexpr int kMr = 4;

// Cache tiles: a sliver of b, (kKc, kNr), stays in L1 while rows of a pass by; the packed block of b stays in
// L2. Blocks of fewer rows than kFewRows or of small depth take the widest block of b, since their time is
// that of reading b or writing c.
constexpr int kKc = 192;
constexpr int kMc = 192;
constexpr int kSlivers = 20;  // in a block of b
// a packed block of b up to this many elements stays where it is while all of it meets four rows of a
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

constexpr int round_up(int n, int to) { return (n + to - 1) / to * to; }

// rows [row0, row0 + rows) of c against one packed block of b, (depth, cols)
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

}  // namespace

template <class T>
void gemm(Cpu be, Trans trans_a, Trans trans_b, MatrixRef<const T> a, MatrixRef<const T> b, MatrixRef<T> c,
          Write write, const T* bias_N) {
  const int m = c.rows, n = c.cols;
  const int depth = trans_a == Trans::no ? a.cols : a.rows;
  REGRAIN_CHECK((trans_a == Trans::no ? a.rows : a.cols) == m && (trans_b == Trans::no ? b.cols : b.rows) == n &&
                    (trans_b == Trans::no ? b.rows : b.cols) == depth,
                "gemm: a is ", a.rows, "x", a.cols, ", b is ", b.rows, "x", b.cols, ", c is ", m, "x", n);
  if (m == 0 || n == 0) return;

  const bool parallel = double(m) * n * std::max(depth, 1) > 1e6 && be.n_threads > 1;
  const int tile_m = std::min(round_up(m, kMr), kMc), tiles_m = (m + tile_m - 1) / tile_m;
  // enough tiles for the threads, but no narrower than a sliver
  int slivers = std::min((n + kNr<T> - 1) / kNr<T>, kSlivers);
  while (parallel && slivers > 1 && tiles_m * ((n + slivers * kNr<T> - 1) / (slivers * kNr<T>)) < 2 * be.n_threads)
    slivers = (slivers + 1) / 2;
  const int tile_n = slivers * kNr<T>, tiles_n = (n + tile_n - 1) / tile_n;
  const int n_threads = parallel ? std::min(be.n_threads, tiles_m * tiles_n) : 1;

  const Arena::Scope scope(*be.scratch);
  const std::size_t pack_size = static_cast<std::size_t>(tile_n) * static_cast<std::size_t>(std::min(depth, kKc));
  T* packs = be.scratch->allocate_array<T>(pack_size * static_cast<std::size_t>(n_threads));
  const std::ptrdiff_t a_row = trans_a == Trans::no ? a.stride : 1, a_col = trans_a == Trans::no ? 1 : a.stride;
  const bool b_rows = trans_b == Trans::yes;

#pragma omp parallel num_threads(n_threads) if (n_threads > 1)
  {
    T* packed_b = packs + pack_size * static_cast<std::size_t>(omp_get_thread_num());
#pragma omp for collapse(2) schedule(static)
    for (int tj = 0; tj < tiles_n; ++tj) {
      for (int ti = 0; ti < tiles_m; ++ti) {
        const int row0 = ti * tile_m, rows = std::min(tile_m, m - row0);
        const int col0 = tj * tile_n, cols = std::min(tile_n, n - col0);
        // one pass even when depth is 0, to write the start values
        for (int k0 = 0; k0 == 0 || k0 < depth; k0 += kKc) {
          const int block = std::min(kKc, depth - k0);
          const T* b_block = b_rows ? b.data + col0 * b.stride + k0 : b.data + k0 * b.stride + col0;
          gemm_detail::pack_b<T>(b_rows, b_block, b.stride, block, cols, packed_b);
          multiply_block<T>(rows, cols, block, {a.data + row0 * a_row + k0 * a_col, a_row, a_col}, packed_b,
                            {k0 > 0 || write == Write::accumulate, k0 == 0 && bias_N ? bias_N + col0 : nullptr},
                            c.data + row0 * c.stride + col0, c.stride);
        }
      }
    }
  }
}

template void gemm<float>(Cpu, Trans, Trans, MatrixRef<const float>, MatrixRef<const float>, MatrixRef<float>, Write,
                          const float*);
template void gemm<double>(Cpu, Trans, Trans, MatrixRef<const double>, MatrixRef<const double>, MatrixRef<double>,
                           Write, const double*);

}  // namespace regrain::kernels
