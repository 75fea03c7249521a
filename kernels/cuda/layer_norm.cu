// Rows of mean 0 and variance 1 on the device: a warp a row, which its lanes read from the first cache after the first
// time.
#include "kernels/layer_norm.hpp"

#include "kernels/cuda/sums.cuh"

namespace regrain::kernels {

namespace {

// The row of this warp: mean and 1 / sqrt(variance + epsilon), in every lane. All lanes of the warp make it.
template <class T>
struct Row {
  T mean, inverse;

  __device__ Row(const T* x, int n, int lane) {
    T sum = T(0), squares = T(0);
    for (int c = lane; c < n; c += 32) sum += x[c];
    mean = warp_sum(sum) / static_cast<T>(n);
    for (int c = lane; c < n; c += 32) squares += (x[c] - mean) * (x[c] - mean);
    inverse = T(1) / std::sqrt(warp_sum(squares) / static_cast<T>(n) + static_cast<T>(kLayerNormEpsilon));
  }
};

// y(i, c) = scale(c) (x(i, c) - mean) / sigma + shift(c). Grid: warp i writes row i, lane l every 32nd column from l on.
// N F values read and written: limited by memory.
template <class T>
__global__ void __launch_bounds__(kBlock) layer_norm_kernel(View<const T, 2> x_NF, View<const T, 1> scale_F,
                                                            View<const T, 1> shift_F, View<T, 2> y_NF) {
  const std::size_t warp = thread_of_grid() / 32;
  if (warp >= static_cast<std::size_t>(x_NF.dim(0))) return;  // the whole warp
  const int i = static_cast<int>(warp), f = x_NF.dim(1), lane = static_cast<int>(threadIdx.x % 32);
  const T* x = x_NF.row(i);
  const Row<T> row(x, f, lane);
  for (int c = lane; c < f; c += 32) y_NF(i, c) = scale_F(c) * ((x[c] - row.mean) * row.inverse) + shift_F(c);
}

// dx(i, c) += (g - mean(g) - xhat mean(g xhat)) / sigma with g = scale dy, if wanted; mean and 1 / sigma of the row for
// the sums over rows. Grid as above; x and dy are read and dx read and written: limited by memory.
template <class T>
__global__ void __launch_bounds__(kBlock) layer_norm_backward_kernel(View<const T, 2> x_NF, View<const T, 1> scale_F,
                                                                     View<const T, 2> dy_NF, View<T, 2> dx_NF, T* row_N2) {
  const std::size_t warp = thread_of_grid() / 32;
  if (warp >= static_cast<std::size_t>(x_NF.dim(0))) return;  // the whole warp
  const int i = static_cast<int>(warp), f = x_NF.dim(1), lane = static_cast<int>(threadIdx.x % 32);
  const T *x = x_NF.row(i), *dy = dy_NF.row(i);
  const Row<T> row(x, f, lane);
  if (lane == 0) {
    row_N2[2 * warp] = row.mean;
    row_N2[2 * warp + 1] = row.inverse;
  }
  if (!dx_NF.data()) return;
  T mean_g = T(0), mean_gx = T(0);
  for (int c = lane; c < f; c += 32) {
    const T g = scale_F(c) * dy[c];
    mean_g += g;
    mean_gx += g * ((x[c] - row.mean) * row.inverse);
  }
  mean_g = warp_sum(mean_g) / static_cast<T>(f);
  mean_gx = warp_sum(mean_gx) / static_cast<T>(f);
  for (int c = lane; c < f; c += 32)
    dx_NF(i, c) += row.inverse * (scale_F(c) * dy[c] - mean_g - ((x[c] - row.mean) * row.inverse) * mean_gx);
}

// stretches of rows that the sums over rows are made of
constexpr unsigned kRowParts = 64;

// partial(p, 0, c), partial(p, 1, c) = sum over the rows of part p of dy xhat and of dy.
// Grid: block (p, tile of 32 columns); lane c of warp w sums every 8th row, thread (0, c) adds the warps' sums in their
// order. x and dy are read once more, from L2 if they fit: limited by memory.
template <class T>
__global__ void __launch_bounds__(kBlock) layer_norm_parts_kernel(View<const T, 2> x_NF, View<const T, 2> dy_NF,
                                                                  const T* row_N2, unsigned tiles, double* partial) {
  constexpr int kWarps = kBlock / 32;
  REGRAIN_SHARED_ARRAY(double, scale_of_warp, kBlock);
  REGRAIN_SHARED_ARRAY(double, shift_of_warp, kBlock);
  const unsigned part = blockIdx.x / tiles;
  const int lane = static_cast<int>(threadIdx.x % 32), warp = static_cast<int>(threadIdx.x / 32);
  const int c = static_cast<int>(blockIdx.x % tiles) * 32 + lane, f = x_NF.dim(1);
  const long long n = x_NF.dim(0);
  const int end = static_cast<int>(n * (part + 1) / kRowParts);
  double scale = 0, shift = 0;
  if (c < f)
    for (int i = static_cast<int>(n * part / kRowParts) + warp; i < end; i += kWarps) {
      const T dy = dy_NF(i, c), mean = row_N2[2 * static_cast<std::size_t>(i)], inverse = row_N2[2 * static_cast<std::size_t>(i) + 1];
      scale += static_cast<double>(dy * ((x_NF(i, c) - mean) * inverse));
      shift += static_cast<double>(dy);
    }
  scale_of_warp[threadIdx.x] = scale;
  shift_of_warp[threadIdx.x] = shift;
  __syncthreads();
  if (warp > 0 || c >= f) return;
  for (int w = 1; w < kWarps; ++w) {
    scale += scale_of_warp[w * 32 + lane];
    shift += shift_of_warp[w * 32 + lane];
  }
  double* sums = partial + 2 * static_cast<std::size_t>(part) * static_cast<std::size_t>(f);
  sums[c] = scale;
  sums[f + c] = shift;
}

// dscale(c), dshift(c) += sum over the parts, in order. Grid: thread c; 1 KiB a column, from L2.
template <class T>
__global__ void __launch_bounds__(kBlock)
    add_layer_norm_parts_kernel(const double* partial, View<T, 1> dscale_F, View<T, 1> dshift_F) {
  const std::size_t c = thread_of_grid(), f = dscale_F.size();
  if (c >= f) return;
  double scale = 0, shift = 0;
  for (std::size_t part = 0; part < kRowParts; ++part) {
    scale += partial[2 * part * f + c];
    shift += partial[(2 * part + 1) * f + c];
  }
  dscale_F.data()[c] += static_cast<T>(scale);
  dshift_F.data()[c] += static_cast<T>(shift);
}

dim3 blocks_of_rows(int rows) { return blocks_for(static_cast<std::size_t>(rows) * 32); }

}  // namespace

template <class T>
void layer_norm(Cuda be, View<const T, 2> x_NF, View<const T, 1> scale_F, View<const T, 1> shift_F, View<T, 2> y_NF) {
  const int n = x_NF.dim(0), f = x_NF.dim(1);
  REGRAIN_CHECK(scale_F.dim(0) == f && shift_F.dim(0) == f && y_NF.dim(0) == n && y_NF.dim(1) == f, "layer_norm: x is ", n, " x ", f,
                ", y ", y_NF.dim(0), " x ", y_NF.dim(1), ", ", scale_F.dim(0), " scales");
  launch<layer_norm_kernel<T>>(be, blocks_of_rows(n), kBlock, 0, x_NF, scale_F, shift_F, y_NF);
}

template <class T>
void layer_norm_backward(Cuda be, View<const T, 2> x_NF, View<const T, 1> scale_F, View<const T, 2> dy_NF, View<T, 2> dx_NF,
                         View<T, 1> dscale_F, View<T, 1> dshift_F) {
  const int n = x_NF.dim(0), f = x_NF.dim(1);
  if (n == 0 || f == 0) return;
  const Arena::Scope scope(*be.scratch);
  T* row_N2 = be.scratch->allocate_array<T>(2 * static_cast<std::size_t>(n));
  auto* partial = be.scratch->allocate_array<double>(2 * kRowParts * static_cast<std::size_t>(f));
  const auto tiles = static_cast<unsigned>((f + 31) / 32);
  launch<layer_norm_backward_kernel<T>>(be, blocks_of_rows(n), kBlock, 0, x_NF, scale_F, dy_NF, dx_NF, row_N2);
  launch<layer_norm_parts_kernel<T>>(be, dim3(kRowParts * tiles), kBlock, 0, x_NF, dy_NF, row_N2, tiles, partial);
  launch<add_layer_norm_parts_kernel<T>>(be, blocks_for(dscale_F.size()), kBlock, 0, partial, dscale_F, dshift_F);
}

#define REGRAIN_INSTANTIATE(T)                                                                                             \
  template void layer_norm<T>(Cuda, View<const T, 2>, View<const T, 1>, View<const T, 1>, View<T, 2>);                     \
  template void layer_norm_backward<T>(Cuda, View<const T, 2>, View<const T, 1>, View<const T, 2>, View<T, 2>, View<T, 1>, \
                                       View<T, 1>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
