// The likelihood of angles in bins on the device: a warp a row, a lane every 32nd bin.
#include "kernels/angle_bins.hpp"

#include "kernels/cuda/sums.cuh"

namespace regrain::kernels {

namespace {

// blocks a multiprocessor is to hold at the least: left to itself nvcc takes 64 registers and spills
constexpr unsigned kResident = 3;
constexpr int kOfLane = kMaxAngleBins / 32;
static_assert(kMaxAngleBins % 32 == 0);

// A row's logits, truth and softmax, a lane's bins of them. All lanes of the warp make it.
template <class T>
struct Row {
  T logit[kOfLane], target[kOfLane], p[kOfLane];
  T log_sum;  // of the exponentials of the logits
  int lane, n_bins;

  __device__ bool has(int m) const { return lane + 32 * m < n_bins; }

  __device__ Row(View<const T, 2> logits_NB, T angle, int symmetry, int i)
      : lane(static_cast<int>(threadIdx.x % 32)), n_bins(logits_NB.dim(1)) {
    T largest = logits_NB(i, 0), weights = T(0), sum = T(0);
    REGRAIN_UNROLL
    for (int m = 0; m < kOfLane; ++m) {
      logit[m] = has(m) ? logits_NB(i, lane + 32 * m) : T(0);
      target[m] = has(m) ? angle_weight(angle, symmetry, lane + 32 * m, n_bins) : T(0);
      weights += target[m];
      if (has(m)) largest = std::max(largest, logit[m]);
    }
    weights = warp_sum(weights);
    for (int step = 16; step > 0; step /= 2) largest = std::max(largest, __shfl_xor_sync(kWholeWarp, largest, step));
    REGRAIN_UNROLL
    for (int m = 0; m < kOfLane; ++m) {
      p[m] = has(m) ? exponential(logit[m] - largest) : T(0);
      sum += p[m];
    }
    sum = warp_sum(sum);
    log_sum = largest + std::log(sum);
    REGRAIN_UNROLL
    for (int m = 0; m < kOfLane; ++m) {
      target[m] /= weights;
      p[m] /= sum;
    }
  }
};

// partial(b) = - sum over the rows of block b of sum_b t_b log softmax_b: every (kSumBlocks x 8)-th one a warp. Some 80
// operations a bin and image, most of them a cosine, for one value read: limited by arithmetic.
template <class T>
__global__ void __launch_bounds__(kBlock, kResident) angle_bins_loss_kernel(View<const T, 2> logits_NB, View<const T, 1> angle_N,
                                                                 View<const int, 1> symmetry_N, double* partial) {
  double sum = 0;
  const int warp = static_cast<int>(thread_of_grid() / 32), n_warps = static_cast<int>(kSumBlocks * kBlock / 32);
  for (int i = warp; i < logits_NB.dim(0); i += n_warps) {
    const int symmetry = symmetry_N(i);
    if (symmetry == 0) continue;  // the whole warp
    const Row<T> row(logits_NB, angle_N(i), symmetry, i);
    REGRAIN_UNROLL
    for (int m = 0; m < kOfLane; ++m)
      if (row.has(m)) sum += static_cast<double>(row.target[m] * (row.log_sum - row.logit[m]));
  }
  sum = block_sum(sum);
  if (threadIdx.x == 0) partial[blockIdx.x] = sum;
}

// dlogits(i, b) += *dloss / N (softmax - truth). Grid: warp i writes row i; limited as above.
template <class T>
__global__ void __launch_bounds__(kBlock)
    angle_bins_backward_kernel(const T* dloss, View<const T, 2> logits_NB, View<const T, 1> angle_N,
                               View<const int, 1> symmetry_N, View<T, 2> dlogits_NB) {
  const std::size_t warp = thread_of_grid() / 32;
  if (warp >= static_cast<std::size_t>(logits_NB.dim(0))) return;  // the whole warp
  const int i = static_cast<int>(warp), symmetry = symmetry_N(i);
  if (symmetry == 0) return;  // the whole warp
  const T factor = *dloss / static_cast<T>(logits_NB.dim(0));
  const Row<T> row(logits_NB, angle_N(i), symmetry, i);
  REGRAIN_UNROLL
  for (int m = 0; m < kOfLane; ++m)
    if (row.has(m)) dlogits_NB(i, row.lane + 32 * m) += factor * (row.p[m] - row.target[m]);
}

}  // namespace

template <class T>
void angle_bins_loss(Cuda be, View<const T, 2> logits_NB, View<const T, 1> angle_N, View<const int, 1> symmetry_N, T* loss) {
  check_angle_bins(logits_NB, angle_N, symmetry_N);
  const Arena::Scope scope(*be.scratch);
  auto* partial = be.scratch->allocate_array<double>(kSumBlocks);
  launch<angle_bins_loss_kernel<T>>(be, kSumBlocks, kBlock, 0, logits_NB, angle_N, symmetry_N, partial);
  launch<finish_sum_kernel<T>>(be, 1, kSumBlocks, 0, partial, 1.0 / std::max(logits_NB.dim(0), 1), nullptr, false, loss);
}

template <class T>
void angle_bins_loss_backward(Cuda be, const T* dloss, View<const T, 2> logits_NB, View<const T, 1> angle_N,
                              View<const int, 1> symmetry_N, View<T, 2> dlogits_NB) {
  launch<angle_bins_backward_kernel<T>>(be, blocks_for(static_cast<std::size_t>(logits_NB.dim(0)) * 32), kBlock, 0, dloss,
                                        logits_NB, angle_N, symmetry_N, dlogits_NB);
}

#define REGRAIN_INSTANTIATE(T)                                                                                  \
  template void angle_bins_loss<T>(Cuda, View<const T, 2>, View<const T, 1>, View<const int, 1>, T*);           \
  template void angle_bins_loss_backward<T>(Cuda, const T*, View<const T, 2>, View<const T, 1>, View<const int, 1>, \
                                            View<T, 2>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
