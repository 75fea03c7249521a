// Losses of internal coordinates on the device, in double as on the CPU: a row a thread.
#include "kernels/internal_losses.hpp"

#include "kernels/cuda/launch.hpp"
#include "kernels/cuda/sums.cuh"

namespace regrain::kernels {

namespace {

// partial(c, b) for the rows of block b, every kSumBlocks kBlock-th one a thread: c 0, 1, 2 the sums of the three
// losses, 3 the number of rows. Six values and a mask read for two sines in double: limited by arithmetic.
template <class T>
__global__ void __launch_bounds__(kBlock) internal_losses_kernel(const T* __restrict__ ic, const T* __restrict__ target,
                                                                 const int* __restrict__ mask, std::size_t n,
                                                                 double* partial) {
  double length = 0, angle = 0, torsion = 0, rows = 0;
  for (std::size_t t = thread_of_grid(); t < n; t += std::size_t{kSumBlocks} * kBlock) {
    if (!mask[t]) continue;
    const auto delta = [&](std::size_t c) {
      return static_cast<double>(ic[3 * t + c]) - static_cast<double>(target[3 * t + c]);
    };
    length += delta(0) * delta(0);
    angle += chord(delta(1));
    torsion += chord(delta(2));
    rows += 1;
  }
  length = block_sum(length);
  angle = block_sum(angle);
  torsion = block_sum(torsion);
  rows = block_sum(rows);
  if (threadIdx.x > 0) return;
  partial[blockIdx.x] = length;
  partial[kSumBlocks + blockIdx.x] = angle;
  partial[2 * kSumBlocks + blockIdx.x] = torsion;
  partial[3 * kSumBlocks + blockIdx.x] = rows;
}

// The losses and the number of rows from the partial sums. Grid: one block of kSumBlocks threads, thread 0 writes:
// the time of a launch.
template <class T>
__global__ void __launch_bounds__(kSumBlocks) finish_internal_losses_kernel(const double* partial, InternalTerms<T> loss,
                                                                            int* n_rows) {
  const double length = block_sum(partial[threadIdx.x]), angle = block_sum(partial[kSumBlocks + threadIdx.x]);
  const double torsion = block_sum(partial[2 * kSumBlocks + threadIdx.x]);
  const double rows = block_sum(partial[3 * kSumBlocks + threadIdx.x]);
  if (threadIdx.x > 0) return;
  const double n = rows > 1 ? rows : 1;
  *loss.length = static_cast<T>(length / n);
  *loss.angle = static_cast<T>(angle / n);
  *loss.torsion = static_cast<T>(torsion / n);
  *n_rows = static_cast<int>(rows);
}

// dic(t,:) += weighted derivative. Grid: thread t does row t. Nine values and a mask read, three written, four sines
// in double: limited by arithmetic.
template <class T>
__global__ void __launch_bounds__(kBlock) internal_losses_backward_kernel(const T* __restrict__ ic,
                                                                          const T* __restrict__ target,
                                                                          const int* __restrict__ mask, std::size_t n,
                                                                          const int* n_rows, InternalTerms<const T> dloss,
                                                                          T* __restrict__ dic) {
  const std::size_t t = thread_of_grid();
  if (t < n && mask[t]) InternalWeights<T>(dloss, *n_rows).add_slopes(ic + 3 * t, target + 3 * t, dic + 3 * t);
}

}  // namespace

template <class T>
void internal_losses(Cuda be, View<const T, 3> ic_RT3, View<const T, 3> target_RT3, View<const int, 2> mask_RT,
                     InternalTerms<T> loss, int* n_rows) {
  REGRAIN_CHECK(ic_RT3.dim(2) == 3 && ic_RT3.size() == target_RT3.size() && ic_RT3.size() == 3 * mask_RT.size(),
                "internal_losses: ", ic_RT3.size(), " values, ", target_RT3.size(), " targets, mask of ", mask_RT.size());
  const Arena::Scope scope(*be.scratch);
  auto* partial = be.scratch->allocate_array<double>(4 * kSumBlocks);
  launch<internal_losses_kernel<T>>(be, kSumBlocks, kBlock, 0, ic_RT3.data(), target_RT3.data(), mask_RT.data(),
                                    mask_RT.size(), partial);
  launch<finish_internal_losses_kernel<T>>(be, 1, kSumBlocks, 0, partial, loss, n_rows);
}

template <class T>
void internal_losses_backward(Cuda be, View<const T, 3> ic_RT3, View<const T, 3> target_RT3, View<const int, 2> mask_RT,
                              const int* n_rows, InternalTerms<const T> dloss, View<T, 3> dic_RT3) {
  launch<internal_losses_backward_kernel<T>>(be, blocks_for(mask_RT.size()), kBlock, 0, ic_RT3.data(), target_RT3.data(),
                                             mask_RT.data(), mask_RT.size(), n_rows, dloss, dic_RT3.data());
}

#define REGRAIN_INSTANTIATE(T)                                                                                     \
  template void internal_losses<T>(Cuda, View<const T, 3>, View<const T, 3>, View<const int, 2>, InternalTerms<T>, \
                                   int*);                                                                          \
  template void internal_losses_backward<T>(Cuda, View<const T, 3>, View<const T, 3>, View<const int, 2>,          \
                                            const int*, InternalTerms<const T>, View<T, 3>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
