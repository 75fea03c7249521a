// A soft assignment of atoms to beads on the device: a warp a row, a block a strip of columns.
//
// The Gumbel noise is Philox's and made of operations that IEEE 754 rounds in one way: the bits of the CPU.
#include "kernels/soft_assignment.hpp"

#include <cmath>

#include "kernels/cuda/launch.hpp"
#include "kernels/cuda/sums.cuh"

namespace regrain::kernels {

namespace {

// noise(i) of element i. Grid: thread i writes element i. Some 100 operations in double for one write: limited by
// arithmetic in double.
template <class T>
__global__ void __launch_bounds__(kBlock) fill_gumbel_kernel(Rng rng, View<T, 1> noise) {
  const std::size_t i = thread_of_grid();
  if (i < noise.size()) noise.data()[i] = static_cast<T>(rng.gumbel(static_cast<std::uint32_t>(i)));
}

// The row of a warp in a grid of one warp a row; the last block may have warps without one.
__device__ inline std::size_t row_of_warp() { return thread_of_grid() / 32; }

// m(i,:) = softmax((logit(i,:) + noise(i,:)) / temperature).
// Grid: warp i does row i, lane l every 32nd bead from l on. Three values of memory an element and an exponential;
// what is read again is the lane's own: limited by memory.
template <class T>
__global__ void __launch_bounds__(kBlock) gumbel_softmax_kernel(const T* __restrict__ logit_AB,
                                                                const T* __restrict__ noise_AB, T temperature,
                                                                View<T, 2> m_AB) {
  const std::size_t row = row_of_warp(), b = static_cast<std::size_t>(m_AB.dim(1));
  if (row >= static_cast<std::size_t>(m_AB.dim(0))) return;  // the whole warp
  const T *logit = logit_AB + row * b, *noise = noise_AB + row * b;
  T* m = m_AB.data() + row * b;
  const std::size_t lane = threadIdx.x % 32;
  T top = (logit[0] + noise[0]) / temperature;
  for (std::size_t k = lane; k < b; k += 32) {
    m[k] = (logit[k] + noise[k]) / temperature;
    top = std::max(top, m[k]);
  }
  for (int step = 16; step > 0; step /= 2) top = std::max(top, __shfl_xor_sync(kWholeWarp, top, step));
  T sum = T(0);
  for (std::size_t k = lane; k < b; k += 32) {
    m[k] = std::exp(m[k] - top);
    sum += m[k];
  }
  sum = warp_sum(sum);
  for (std::size_t k = lane; k < b; k += 32) m[k] /= sum;
}

// dlogit(i,:) += m (dm - sum of m dm) / temperature. Grid as above; five values of memory an element.
template <class T>
__global__ void __launch_bounds__(kBlock) gumbel_softmax_backward_kernel(View<const T, 2> m_AB, T temperature,
                                                                         const T* __restrict__ dm_AB,
                                                                         T* __restrict__ dlogit_AB) {
  const std::size_t row = row_of_warp(), b = static_cast<std::size_t>(m_AB.dim(1));
  if (row >= static_cast<std::size_t>(m_AB.dim(0))) return;  // the whole warp
  const T *m = m_AB.data() + row * b, *dm = dm_AB + row * b;
  T* dlogit = dlogit_AB + row * b;
  const std::size_t lane = threadIdx.x % 32;
  T mean = T(0);
  for (std::size_t k = lane; k < b; k += 32) mean += m[k] * dm[k];
  mean = warp_sum(mean);
  for (std::size_t k = lane; k < b; k += 32) dlogit[k] += m[k] * (dm[k] - mean) / temperature;
}

// Strips of 32 columns are few: a block is as large as blocks get.
constexpr unsigned kStripBlock = 1024;

// The sum over the rows of term(i, k) for the column k of this thread's lane, in all threads with that lane. All
// threads call it: warp w adds every 32nd row from w on, then everybody the warps' sums in their order.
template <class Term>
__device__ inline double column_sum(int n, bool exists, Term term) {
  REGRAIN_SHARED_ARRAY(double, of_warp, kStripBlock);
  const int warp = static_cast<int>(threadIdx.x / 32), lane = static_cast<int>(threadIdx.x % 32);
  double sum = 0;
  if (exists)
    for (int i = warp; i < n; i += 32) sum += static_cast<double>(term(i));
  of_warp[threadIdx.x] = sum;
  __syncthreads();
  sum = 0;
  for (int w = 0; w < 32; ++w) sum += of_warp[w * 32 + lane];
  return sum;
}

// sum(k) = sum over atoms of m(i, k) and the floor, y(i, k) = m(i, k) / sum(k).
// Grid: a block for 32 columns; warp w writes every 32nd row from w on, warp 0 the sums. m is read twice and y
// written: limited by the latency of a warp's walk, A / 32 rows one after another.
template <class T>
__global__ void __launch_bounds__(kStripBlock) normalize_columns_kernel(View<const T, 2> m_AB, View<T, 2> y_AB,
                                                                        View<T, 1> sum_B) {
  const int k = static_cast<int>(blockIdx.x * 32 + threadIdx.x % 32), warp = static_cast<int>(threadIdx.x / 32);
  const bool exists = k < m_AB.dim(1);
  const T sum = static_cast<T>(kColumnFloor + column_sum(m_AB.dim(0), exists, [&](int i) { return m_AB(i, k); }));
  if (!exists) return;
  if (warp == 0) sum_B(k) = sum;
  for (int i = warp; i < m_AB.dim(0); i += 32) y_AB(i, k) = m_AB(i, k) / sum;
}

// dm(i, k) += (dy(i, k) - sum over atoms of y dy) / sum(k). Grid as above; five values of memory an element.
template <class T>
__global__ void __launch_bounds__(kStripBlock) normalize_columns_backward_kernel(View<const T, 2> y_AB,
                                                                                 View<const T, 1> sum_B,
                                                                                 View<const T, 2> dy_AB,
                                                                                 View<T, 2> dm_AB) {
  const int k = static_cast<int>(blockIdx.x * 32 + threadIdx.x % 32), warp = static_cast<int>(threadIdx.x / 32);
  const bool exists = k < y_AB.dim(1);
  const T mean = static_cast<T>(column_sum(y_AB.dim(0), exists, [&](int i) { return y_AB(i, k) * dy_AB(i, k); }));
  if (!exists) return;
  const T sum = sum_B(k);
  for (int i = warp; i < y_AB.dim(0); i += 32) dm_AB(i, k) += (dy_AB(i, k) - mean) / sum;
}

dim3 blocks_of_rows(int rows) { return blocks_for(static_cast<std::size_t>(rows) * 32); }
dim3 blocks_of_strips(int columns) { return blocks_for(static_cast<std::size_t>(columns), 32); }

}  // namespace

template <class T>
void fill_gumbel(Cuda be, Rng rng, View<T, 1> noise) {
  launch<fill_gumbel_kernel<T>>(be, blocks_for(noise.size()), kBlock, 0, rng, noise);
}

template <class T>
void gumbel_softmax(Cuda be, View<const T, 2> logit_AB, View<const T, 2> noise_AB, T temperature, View<T, 2> m_AB) {
  check_gumbel_softmax(logit_AB, noise_AB, temperature, m_AB);
  launch<gumbel_softmax_kernel<T>>(be, blocks_of_rows(m_AB.dim(0)), kBlock, 0, logit_AB.data(), noise_AB.data(),
                                   temperature, m_AB);
}

template <class T>
void gumbel_softmax_backward(Cuda be, View<const T, 2> m_AB, T temperature, View<const T, 2> dm_AB,
                             View<T, 2> dlogit_AB) {
  launch<gumbel_softmax_backward_kernel<T>>(be, blocks_of_rows(m_AB.dim(0)), kBlock, 0, m_AB, temperature, dm_AB.data(),
                                            dlogit_AB.data());
}

template <class T>
void normalize_columns(Cuda be, View<const T, 2> m_AB, View<T, 2> y_AB, View<T, 1> sum_B) {
  launch<normalize_columns_kernel<T>>(be, blocks_of_strips(m_AB.dim(1)), kStripBlock, 0, m_AB, y_AB, sum_B);
}

template <class T>
void normalize_columns_backward(Cuda be, View<const T, 2> y_AB, View<const T, 1> sum_B, View<const T, 2> dy_AB,
                                View<T, 2> dm_AB) {
  launch<normalize_columns_backward_kernel<T>>(be, blocks_of_strips(y_AB.dim(1)), kStripBlock, 0, y_AB, sum_B, dy_AB,
                                               dm_AB);
}

#define REGRAIN_INSTANTIATE(T)                                                                              \
  template void fill_gumbel<T>(Cuda, Rng, View<T, 1>);                                                      \
  template void gumbel_softmax<T>(Cuda, View<const T, 2>, View<const T, 2>, T, View<T, 2>);                 \
  template void gumbel_softmax_backward<T>(Cuda, View<const T, 2>, T, View<const T, 2>, View<T, 2>);        \
  template void normalize_columns<T>(Cuda, View<const T, 2>, View<T, 2>, View<T, 1>);                       \
  template void normalize_columns_backward<T>(Cuda, View<const T, 2>, View<const T, 1>, View<const T, 2>,   \
                                              View<T, 2>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
