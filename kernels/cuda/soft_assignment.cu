// Soft assignments on the device: a warp a row of beads for the softmax, a block a strip of 32 columns for the sums over
// atoms.
//
// Arrays are (atoms, beads), at most some thousand by some hundred: all of it stays in the second cache.
#include "kernels/soft_assignment.hpp"

#include <cmath>

#include "engine/errors.hpp"
#include "kernels/cuda/launch.hpp"
#include "kernels/cuda/sums.cuh"

namespace regrain::kernels {

namespace {

constexpr int kWarps = static_cast<int>(kBlock) / 32;

// the largest x of a warp's lanes, in every lane
template <class T>
__device__ T warp_max(T x) {
  for (int step = 16; step > 0; step /= 2) {
    const T other = __shfl_xor_sync(kWholeWarp, x, step);
    x = other > x ? other : x;
  }
  return x;
}

// row of this warp, -1 behind the last
__device__ int row_of_warp(int n) {
  const std::size_t warp = thread_of_grid() / 32;
  return warp < static_cast<std::size_t>(n) ? static_cast<int>(warp) : -1;
}

// m(i,:) = softmax of (logit + noise) / temperature. Grid: warp i writes row i, a lane every 32nd column. Two values
// read and three times written or read again, one exp: limited by latency.
template <class T>
__global__ void __launch_bounds__(kBlock) gumbel_softmax_kernel(View<const T, 2> logit_AB, View<const T, 2> noise_AB,
                                                                T temperature, View<T, 2> m_AB) {
  const int i = row_of_warp(m_AB.dim(0)), lane = static_cast<int>(threadIdx.x % 32), b = m_AB.dim(1);
  if (i < 0) return;  // the whole warp
  const auto logit = [&](int k) { return (logit_AB(i, k) + noise_AB(i, k)) / temperature; };
  T top = logit(0);
  for (int k = lane; k < b; k += 32) {
    const T x = logit(k);
    top = x > top ? x : top;
  }
  top = warp_max(top);
  T sum = T(0);
  for (int k = lane; k < b; k += 32) {
    const T e = std::exp(logit(k) - top);
    m_AB(i, k) = e;
    sum += e;
  }
  sum = warp_sum(sum);
  for (int k = lane; k < b; k += 32) m_AB(i, k) /= sum;
}

// dlogit(i,:) += m (dm - sum of m dm) / temperature. Grid as above; m and dm read twice, dlogit read and written.
template <class T>
__global__ void __launch_bounds__(kBlock) gumbel_softmax_backward_kernel(View<const T, 2> m_AB, T temperature,
                                                                         View<const T, 2> dm_AB, View<T, 2> dlogit_AB) {
  const int i = row_of_warp(m_AB.dim(0)), lane = static_cast<int>(threadIdx.x % 32), b = m_AB.dim(1);
  if (i < 0) return;  // the whole warp
  T mean = T(0);
  for (int k = lane; k < b; k += 32) mean += m_AB(i, k) * dm_AB(i, k);
  mean = warp_sum(mean);
  for (int k = lane; k < b; k += 32) dlogit_AB(i, k) += m_AB(i, k) * (dm_AB(i, k) - mean) / temperature;
}

// The sum of f(i) over this warp's rows i, every 8th, added over the warps in their order: the sum of the lane's
// column, in every warp. All threads call it.
template <class T, class F>
__device__ T column_sum(int n, bool mine, F f) {
  REGRAIN_SHARED_ARRAY(T, of_warp, kBlock);
  const int lane = static_cast<int>(threadIdx.x % 32), warp = static_cast<int>(threadIdx.x / 32);
  T sum = T(0);
  if (mine)
    for (int i = warp; i < n; i += kWarps) sum += f(i);
  of_warp[threadIdx.x] = sum;
  __syncthreads();
  sum = of_warp[lane];
  for (int w = 1; w < kWarps; ++w) sum += of_warp[w * 32 + lane];
  return sum;
}

// sum(k) = floor + sum of m(i, k), y(i, k) = m(i, k) / sum(k). Grid: block of 32 columns, lane k of warp w writes every
// 8th row of column k. Two values read and one written: limited by the latency of a warp's walk, A / 8 rows.
template <class T>
__global__ void __launch_bounds__(kBlock) normalize_columns_kernel(View<const T, 2> m_AB, View<T, 2> y_AB,
                                                                   View<T, 1> sum_B) {
  const int warp = static_cast<int>(threadIdx.x / 32), n = m_AB.dim(0);
  const int k = static_cast<int>(blockIdx.x * 32 + threadIdx.x % 32);
  const bool mine = k < m_AB.dim(1);
  const T sum = static_cast<T>(kColumnFloor) + column_sum<T>(n, mine, [&](int i) { return m_AB(i, k); });
  if (!mine) return;
  if (warp == 0) sum_B(k) = sum;
  for (int i = warp; i < n; i += kWarps) y_AB(i, k) = m_AB(i, k) / sum;
}

// dm(i, k) += (dy(i, k) - sum of y dy over column k) / sum(k). Grid as above; four values read and one written, two of
// them read again.
template <class T>
__global__ void __launch_bounds__(kBlock) normalize_columns_backward_kernel(View<const T, 2> y_AB, View<const T, 1> sum_B,
                                                                            View<const T, 2> dy_AB, View<T, 2> dm_AB) {
  const int warp = static_cast<int>(threadIdx.x / 32), n = y_AB.dim(0);
  const int k = static_cast<int>(blockIdx.x * 32 + threadIdx.x % 32);
  const bool mine = k < y_AB.dim(1);
  const T mean = column_sum<T>(n, mine, [&](int i) { return y_AB(i, k) * dy_AB(i, k); });
  if (!mine) return;
  for (int i = warp; i < n; i += kWarps) dm_AB(i, k) += (dy_AB(i, k) - mean) / sum_B(k);
}

dim3 warps_for(int rows) { return blocks_for(static_cast<std::size_t>(rows) * 32); }
dim3 strips_for(int columns) { return blocks_for(static_cast<std::size_t>(columns), 32); }

}  // namespace

template <class T>
void gumbel_softmax(Cuda be, View<const T, 2> logit_AB, View<const T, 2> noise_AB, T temperature, View<T, 2> m_AB) {
  const int n = m_AB.dim(0), b = m_AB.dim(1);
  REGRAIN_CHECK(
      logit_AB.dim(0) == n && logit_AB.dim(1) == b && noise_AB.dim(0) == n && noise_AB.dim(1) == b && b > 0,
      "gumbel_softmax: logits are ", logit_AB.dim(0), "x", logit_AB.dim(1), ", noise ", noise_AB.dim(0), "x",
      noise_AB.dim(1), ", result ", n, "x", b);
  REGRAIN_CHECK(temperature > 0, "gumbel_softmax: temperature ", temperature);
  launch<gumbel_softmax_kernel<T>>(be, warps_for(n), kBlock, 0, logit_AB, noise_AB, temperature, m_AB);
}

template <class T>
void gumbel_softmax_backward(Cuda be, View<const T, 2> m_AB, T temperature, View<const T, 2> dm_AB,
                             View<T, 2> dlogit_AB) {
  launch<gumbel_softmax_backward_kernel<T>>(be, warps_for(m_AB.dim(0)), kBlock, 0, m_AB, temperature, dm_AB, dlogit_AB);
}

template <class T>
void normalize_columns(Cuda be, View<const T, 2> m_AB, View<T, 2> y_AB, View<T, 1> sum_B) {
  launch<normalize_columns_kernel<T>>(be, strips_for(m_AB.dim(1)), kBlock, 0, m_AB, y_AB, sum_B);
}

template <class T>
void normalize_columns_backward(Cuda be, View<const T, 2> y_AB, View<const T, 1> sum_B, View<const T, 2> dy_AB,
                                View<T, 2> dm_AB) {
  launch<normalize_columns_backward_kernel<T>>(be, strips_for(y_AB.dim(1)), kBlock, 0, y_AB, sum_B, dy_AB, dm_AB);
}

#define REGRAIN_INSTANTIATE(T)                                                                            \
  template void gumbel_softmax<T>(Cuda, View<const T, 2>, View<const T, 2>, T, View<T, 2>);               \
  template void gumbel_softmax_backward<T>(Cuda, View<const T, 2>, T, View<const T, 2>, View<T, 2>);      \
  template void normalize_columns<T>(Cuda, View<const T, 2>, View<T, 2>, View<T, 1>);                     \
  template void normalize_columns_backward<T>(Cuda, View<const T, 2>, View<const T, 1>, View<const T, 2>, \
                                              View<T, 2>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
