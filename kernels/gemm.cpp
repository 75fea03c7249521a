#include "kernels/gemm.hpp"

#include <omp.h>

#include <algorithm>

#include "engine/arena.hpp"

namespace regrain::kernels {

namespace {

// Register tile: 6 rows by two 32-byte vectors keeps 12 accumulators, 2 loads and a broadcast in
// the 16 registers of AVX2.
constexpr int kVectorBytes = 32;
constexpr int kMr = 6;
template <class T>
constexpr int kLanes = kVectorBytes / static_cast<int>(sizeof(T));
template <class T>
constexpr int kNr = 2 * kLanes<T>;

// Cache tiles: a packed (kKc, kNr) sliver of b in L1, the packed block of a in L2.
constexpr int kKc = 256;
constexpr int kMc = 96;
template <class T>
constexpr int kNc = 16 * kNr<T>;

template <class T>
using Vec __attribute__((vector_size(kVectorBytes), aligned(alignof(T)), may_alias)) = T;

// a block of op(a): [row panel][k][kMr], short panels padded with zeros
template <class T>
void pack_a(Trans trans, MatrixRef<const T> a, int row0, int rows, int k0, int depth, T* out) {
  for (int p = 0; p < rows; p += kMr) {
    const int height = std::min(kMr, rows - p);
    for (int r = 0; r < kMr; ++r) {
      T* to = out + r;
      if (r >= height) {
        for (int k = 0; k < depth; ++k) to[k * kMr] = T(0);
      } else if (trans == Trans::no) {
        const T* from = a.data + (row0 + p + r) * a.stride + k0;
        for (int k = 0; k < depth; ++k) to[k * kMr] = from[k];
      } else {
        const T* from = a.data + k0 * a.stride + row0 + p + r;
        for (int k = 0; k < depth; ++k) to[k * kMr] = from[k * a.stride];
      }
    }
    out += kMr * depth;
  }
}

// a block of op(b): [column panel][k][kNr], short panels padded with zeros
template <class T>
void pack_b(Trans trans, MatrixRef<const T> b, int k0, int depth, int col0, int cols, T* out) {
  constexpr int nr = kNr<T>;
  for (int p = 0; p < cols; p += nr) {
    const int width = std::min(nr, cols - p);
    if (trans == Trans::no) {
      const T* from = b.data + k0 * b.stride + col0 + p;
      for (int k = 0; k < depth; ++k, from += b.stride) {
        std::copy_n(from, width, out + k * nr);
        std::fill_n(out + k * nr + width, nr - width, T(0));
      }
    } else {
      for (int c = 0; c < nr; ++c) {
        T* to = out + c;
        if (c >= width) {
          for (int k = 0; k < depth; ++k) to[k * nr] = T(0);
          continue;
        }
        const T* from = b.data + (col0 + p + c) * b.stride + k0;
        for (int k = 0; k < depth; ++k) to[k * nr] = from[k];
      }
    }
    out += nr * depth;
  }
}

// c tile (kMr, kNr) = start + sum over k; `tile` holds the start values and takes the result
template <class T>
inline void micro_kernel(int depth, const T* a, const T* b, T* tile) {
  constexpr int lanes = kLanes<T>;
  Vec<T> acc[kMr][2];
  for (int r = 0; r < kMr; ++r)
    for (int v = 0; v < 2; ++v) acc[r][v] = *reinterpret_cast<const Vec<T>*>(tile + r * kNr<T> + v * lanes);
  for (int k = 0; k < depth; ++k) {
    const Vec<T> b0 = *reinterpret_cast<const Vec<T>*>(b), b1 = *reinterpret_cast<const Vec<T>*>(b + lanes);
    for (int r = 0; r < kMr; ++r) {
      acc[r][0] += a[r] * b0;
      acc[r][1] += a[r] * b1;
    }
    a += kMr;
    b += kNr<T>;
  }
  for (int r = 0; r < kMr; ++r)
    for (int v = 0; v < 2; ++v) *reinterpret_cast<Vec<T>*>(tile + r * kNr<T> + v * lanes) = acc[r][v];
}

// one (kMr, kNr) tile of c: read the start, run the chain on, write back what is inside c
template <class T>
void update_tile(int depth, const T* a, const T* b, T* c, std::ptrdiff_t stride, int height, int width,
                 bool first, Write write, const T* bias) {
  alignas(64) T tile[kMr * kNr<T>] = {};
  if (!first || write == Write::accumulate) {
    for (int r = 0; r < height; ++r) std::copy_n(c + r * stride, width, tile + r * kNr<T>);
  }
  if (first && bias) {
    for (int r = 0; r < height; ++r)
      for (int j = 0; j < width; ++j) tile[r * kNr<T> + j] += bias[j];
  }
  micro_kernel<T>(depth, a, b, tile);
  for (int r = 0; r < height; ++r) std::copy_n(tile + r * kNr<T>, width, c + r * stride);
}

constexpr int round_up(int n, int to) { return (n + to - 1) / to * to; }

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

  constexpr int nr = kNr<T>;
  const int tile_m = std::min(round_up(m, kMr), kMc), tile_n = std::min(round_up(n, nr), kNc<T>);
  const int tiles_m = (m + tile_m - 1) / tile_m, tiles_n = (n + tile_n - 1) / tile_n;
  const int max_depth = std::min(depth, kKc);

  const bool parallel = double(m) * n * std::max(depth, 1) > 1e6 && tiles_m * tiles_n > 1;
  const int n_threads = parallel ? std::min(be.n_threads, tiles_m * tiles_n) : 1;
  const Arena::Scope scope(*be.scratch);
  const std::size_t pack_size = static_cast<std::size_t>(tile_m + tile_n) * static_cast<std::size_t>(max_depth);
  const std::size_t pack_stride = (pack_size + 63) / 64 * 64;
  T* packs = be.scratch->allocate_array<T>(pack_stride * static_cast<std::size_t>(n_threads));

#pragma omp parallel num_threads(n_threads) if (n_threads > 1)
  {
    T* packed_b = packs + pack_stride * static_cast<std::size_t>(omp_get_thread_num());
    T* packed_a = packed_b + static_cast<std::size_t>(tile_n) * static_cast<std::size_t>(max_depth);
#pragma omp for collapse(2) schedule(static)
    for (int tj = 0; tj < tiles_n; ++tj) {
      for (int ti = 0; ti < tiles_m; ++ti) {
        const int row0 = ti * tile_m, rows = std::min(tile_m, m - row0);
        const int col0 = tj * tile_n, cols = std::min(tile_n, n - col0);
        // one pass even when depth is 0, to write the start values
        for (int k0 = 0; k0 == 0 || k0 < depth; k0 += kKc) {
          const int block = std::min(kKc, depth - k0);
          pack_a<T>(trans_a, a, row0, rows, k0, block, packed_a);
          pack_b<T>(trans_b, b, k0, block, col0, cols, packed_b);
          for (int j = 0; j < cols; j += nr)
            for (int i = 0; i < rows; i += kMr)
              update_tile<T>(block, packed_a + i * block, packed_b + j * block,
                             c.data + (row0 + i) * c.stride + col0 + j, c.stride, std::min(kMr, rows - i),
                             std::min(nr, cols - j), k0 == 0, write, bias_N ? bias_N + col0 + j : nullptr);
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
