// Sums with a fixed order of additions on the device: columns of a matrix, dot products.
//
// A long sum is cut into a number of parts that depends on nothing; a second kernel adds the partial sums in
// order.
#include "kernels/reduce.hpp"

#include "kernels/cuda/launch.hpp"
#include "kernels/cuda/sums.cuh"

namespace regrain::kernels {

namespace {

// stretches of rows that column sums are made of
constexpr unsigned kRowParts = 64;

// partial(p, k) = sum over the rows of part p of x(i, first + k).
// Grid: block (p, tile of 32 columns); lane k of warp w sums every 8th row, thread (0, k) adds the warps'
// sums in their order. N F values read once, an addition each: limited by memory.
template <class T>
__global__ void __launch_bounds__(kBlock)
    column_parts_kernel(View<const T, 2> x, int first, unsigned tiles, int f, double* partial) {
  constexpr int kWarps = kBlock / 32;
  REGRAIN_SHARED_ARRAY(double, of_warp, kBlock);
  const unsigned part = blockIdx.x / tiles;
  const int lane = static_cast<int>(threadIdx.x % 32), warp = static_cast<int>(threadIdx.x / 32);
  const int k = static_cast<int>(blockIdx.x % tiles) * 32 + lane;
  const long long n = x.dim(0);
  const int begin = static_cast<int>(n * part / kRowParts),
            end = static_cast<int>(n * (part + 1) / kRowParts);
  double sum = 0;
  if (k < f)
    for (int i = begin + warp; i < end; i += kWarps) sum += static_cast<double>(x(i, first + k));
  of_warp[threadIdx.x] = sum;
  __syncthreads();
  if (warp > 0 || k >= f) return;
  for (int w = 1; w < kWarps; ++w) sum += of_warp[w * 32 + lane];
  partial[static_cast<std::size_t>(part) * static_cast<std::size_t>(f) + static_cast<std::size_t>(k)] = sum;
}

// y(k) += sum over p of partial(p, k), in order. Grid: thread k writes y(k). 512 bytes a column, from L2.
template <class T>
__global__ void __launch_bounds__(kBlock) add_parts_kernel(const double* partial, View<T, 1> y_F) {
  const std::size_t k = thread_of_grid(), f = y_F.size();
  if (k >= f) return;
  double sum = 0;
  for (std::size_t part = 0; part < kRowParts; ++part) sum += partial[part * f + k];
  y_F(static_cast<int>(k)) += static_cast<T>(sum);
}

// partial(b) = sum of x(i) y(i) over the elements of block b: every kSumBlocks kBlock-th one a thread.
// Two values read for a multiplication and an addition in double: limited by memory.
template <class T>
__global__ void __launch_bounds__(kBlock)
    dot_kernel(const T* __restrict__ x, const T* __restrict__ y, std::size_t n, double* partial) {
  double sum = 0;
  for (std::size_t i = thread_of_grid(); i < n; i += std::size_t{kSumBlocks} * kBlock)
    sum += static_cast<double>(x[i]) * static_cast<double>(y[i]);
  sum = block_sum(sum);
  if (threadIdx.x == 0) partial[blockIdx.x] = sum;
}

// y(i) += factor x(i), or factor *scale x(i) if scale is given.
// Grid: thread i writes element i; two values read and one written: limited by memory.
template <class T>
__global__ void __launch_bounds__(kBlock)
    axpy_kernel(T factor, const T* scale, const T* __restrict__ x, T* __restrict__ y, std::size_t n) {
  const std::size_t i = thread_of_grid();
  if (i < n) y[i] += (scale ? factor * *scale : factor) * x[i];
}

}  // namespace

template <class T>
void add_column_sums(Cuda be, View<const T, 2> x, int first, View<T, 1> y_F) {
  if (x.dim(0) == 0) return;
  const Arena::Scope scope(*be.scratch);
  const int f = y_F.dim(0);
  const auto tiles = static_cast<unsigned>((f + 31) / 32);
  auto* partial = be.scratch->allocate_array<double>(kRowParts * y_F.size());
  launch<column_parts_kernel<T>>(be, dim3(kRowParts * tiles), kBlock, 0, x, first, tiles, f, partial);
  launch<add_parts_kernel<T>>(be, blocks_for(y_F.size()), kBlock, 0, partial, y_F);
}

template <class T>
void dot(Cuda be, View<const T, 1> x, View<const T, 1> y, T* sum) {
  const Arena::Scope scope(*be.scratch);
  auto* partial = be.scratch->allocate_array<double>(kSumBlocks);
  launch<dot_kernel<T>>(be, kSumBlocks, kBlock, 0, x.data(), y.data(), x.size(), partial);
  launch<finish_sum_kernel<T>>(be, 1, kSumBlocks, 0, partial, 1.0, nullptr, false, sum);
}

template <class T>
void axpy(Cuda be, T scale, View<const T, 1> x, View<T, 1> y) {
  launch<axpy_kernel<T>>(be, blocks_for(x.size()), kBlock, 0, scale, nullptr, x.data(), y.data(), x.size());
}

template <class T>
void axpy(Cuda be, const T* scale, View<const T, 1> x, View<T, 1> y) {
  launch<axpy_kernel<T>>(be, blocks_for(x.size()), kBlock, 0, T(1), scale, x.data(), y.data(), x.size());
}

#define REGRAIN_INSTANTIATE(T)                                               \
  template void add_column_sums<T>(Cuda, View<const T, 2>, int, View<T, 1>); \
  template void dot<T>(Cuda, View<const T, 1>, View<const T, 1>, T*);        \
  template void axpy<T>(Cuda, T, View<const T, 1>, View<T, 1>);              \
  template void axpy<T>(Cuda, const T*, View<const T, 1>, View<T, 1>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
