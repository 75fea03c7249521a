#include "kernels/gemm.hpp"

#include <omp.h>

#include <algorithm>

#include "engine/arena.hpp"
#include "kernels/gemm_few_rows.hpp"
#include "kernels/gemm_micro.hpp"
#include "kernels/gemm_pack.hpp"

namespace regrain::kernels {

using gemm_detail::kKc, gemm_detail::kMr, gemm_detail::kNr;

namespace {

// Rows of a tile of c, and slivers in a block of b: together they stay in L2.
constexpr int kMc = 192;
constexpr int kSlivers = 20 * 32 / kVectorBytes;

// c (+)= bias, in every row
template <class T>
void start_with_bias(int rows, int cols, const T* bias, Write write, T* c, std::ptrdiff_t stride) {
  for (int i = 0; i < rows; ++i, c += stride)
    for (int j = 0; j < cols; ++j) c[j] = write == Write::accumulate ? c[j] + bias[j] : bias[j];
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
  if (trans_a == Trans::no && trans_b == Trans::yes && m <= gemm_detail::kFewRows)
    return gemm_detail::multiply_few_rows<T>(be, a, b, c, write, bias_N);

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
          T* c_block = c.data + row0 * c.stride + col0;
          if (k0 == 0 && bias_N) start_with_bias<T>(rows, cols, bias_N + col0, write, c_block, c.stride);
          gemm_detail::multiply_block<T>(rows, cols, block, {a.data + row0 * a_row + k0 * a_col, a_row, a_col}, packed_b,
                                         k0 > 0 || write == Write::accumulate || bias_N, c_block, c.stride);
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
