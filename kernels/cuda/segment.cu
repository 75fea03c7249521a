// Rows along edges on the device: gathered from nodes, summed into nodes.
//
// Every output element has one thread that walks its node's edges in their order: one writer, no atomics, and
// the order of additions of the CPU.
#include "kernels/segment.hpp"

#include "kernels/cuda/launch.hpp"
#include "kernels/cuda/sums.cuh"

namespace regrain::kernels {

namespace {

// y(i, k) = sum over the edges e into i of x(src(e), k), divided by their number for the mean.
// Grid: thread i F + k writes y(i, k), so a warp reads stretches of whole rows. Reads E F values and E
// indices, an addition a value: limited by memory, the gathered rows mostly from L2.
template <class T>
__global__ void __launch_bounds__(kBlock)
    neighbor_reduce_kernel(Reduce reduce, GraphView g, View<const T, 2> x_MF, View<T, 2> y_NF) {
  const std::size_t at = thread_of_grid(), f = static_cast<std::size_t>(y_NF.dim(1));
  if (at >= y_NF.size()) return;
  const int i = static_cast<int>(at / f), k = static_cast<int>(at % f);
  const int begin = g.offset[i], end = g.offset[i + 1];
  T sum = T(0);
  for (int e = begin; e < end; ++e) sum += x_MF(g.src[e], k);
  y_NF(i, k) = reduce == Reduce::mean && end - begin > 1 ? sum / static_cast<T>(end - begin) : sum;
}

// dx(j, k) += sum over the edges out of j of dy(dst, k), each divided by the receiver's number of edges for
// the mean. Grid: thread j F + k writes dx(j, k). As the forward kernel, with a gather of the edge's receiver
// and its offsets.
template <class T>
__global__ void __launch_bounds__(kBlock)
    neighbor_reduce_backward_kernel(Reduce reduce, GraphView g, View<const T, 2> dy_NF, View<T, 2> dx_MF) {
  const std::size_t at = thread_of_grid(), f = static_cast<std::size_t>(dx_MF.dim(1));
  if (at >= dx_MF.size()) return;
  const int j = static_cast<int>(at / f), k = static_cast<int>(at % f);
  T sum = dx_MF(j, k);
  for (int s = g.src_offset[j]; s < g.src_offset[j + 1]; ++s) {
    const int i = g.dst[g.by_src[s]];
    const T scale = reduce == Reduce::mean ? T(1) / static_cast<T>(g.offset[i + 1] - g.offset[i]) : T(1);
    sum += scale * dy_NF(i, k);
  }
  dx_MF(j, k) = sum;
}

// y(i, k) = table(index(i), k). Grid: thread i F + k writes y(i, k). One read, one write: limited by memory.
template <class T>
__global__ void __launch_bounds__(kBlock)
    gather_rows_kernel(View<const T, 2> table_VF, View<const int, 1> index_N, View<T, 2> y_NF) {
  const std::size_t at = thread_of_grid(), f = static_cast<std::size_t>(y_NF.dim(1));
  if (at >= y_NF.size()) return;
  const int i = static_cast<int>(at / f), k = static_cast<int>(at % f);
  y_NF(i, k) = table_VF(index_N(i), k);
}

// dtable(v, k) += sum of dy(i, k) over the rows i with index(i) = v.
// Grid: block (v, tile of 32 features); lane k of every warp sums feature k. Warp w looks through the w-th
// stretch of the index, 32 entries at once, and adds the rows a ballot finds in their order; thread (0, k)
// adds the warps' sums in theirs. A table has few rows and many go to one, so the index is read V F / 32
// times, from L2, and every row of dy once: limited by the latency of a warp's walk, N / 256 loads one after
// another.
template <class T>
__global__ void __launch_bounds__(kBlock)
    gather_rows_backward_kernel(View<const T, 2> dy_NF, View<const int, 1> index_N, int frozen,
                                unsigned tiles, View<T, 2> dtable_VF) {
  constexpr int kWarps = kBlock / 32;
  REGRAIN_SHARED_ARRAY(T, of_warp, kBlock);
  const int v = static_cast<int>(blockIdx.x / tiles), lane = static_cast<int>(threadIdx.x % 32);
  const int k = static_cast<int>(blockIdx.x % tiles) * 32 + lane;
  const bool mine = k < dtable_VF.dim(1);
  if (v == frozen) return;  // the whole block
  // stretches begin at multiples of 32
  const int n = index_N.dim(0), lots = (n + 31) / 32, warp = static_cast<int>(threadIdx.x / 32);
  const int first = static_cast<int>(static_cast<long long>(lots) * warp / kWarps);
  const int last = static_cast<int>(static_cast<long long>(lots) * (warp + 1) / kWarps);
  T sum = T(0);
  for (int lot = first; lot < last; ++lot) {
    const int i = lot * 32 + lane;
    unsigned found = __ballot_sync(kWholeWarp, i < n && index_N(i) == v);
    for (; found; found &= found - 1)
      if (mine) sum += dy_NF(lot * 32 + __ffs(static_cast<int>(found)) - 1, k);
  }
  of_warp[threadIdx.x] = sum;
  __syncthreads();
  if (warp == 0 && mine) {
    for (int w = 1; w < kWarps; ++w) sum += of_warp[w * 32 + lane];
    dtable_VF(v, k) += sum;
  }
}

}  // namespace

template <class T>
void neighbor_reduce(Cuda be, Reduce reduce, GraphView g, View<const T, 2> x_MF, View<T, 2> y_NF) {
  const int f = x_MF.dim(1);
  REGRAIN_CHECK(x_MF.dim(0) == g.n_src && y_NF.dim(0) == g.n_dst && y_NF.dim(1) == f,
                "neighbor_reduce: x is ", x_MF.dim(0), "x", f, ", y is ", y_NF.dim(0), "x", y_NF.dim(1),
                ", the graph ", g.n_src, " -> ", g.n_dst);
  launch<neighbor_reduce_kernel<T>>(be, blocks_for(y_NF.size()), kBlock, 0, reduce, g, x_MF, y_NF);
}

template <class T>
void neighbor_reduce_backward(Cuda be, Reduce reduce, GraphView g, View<const T, 2> dy_NF, View<T, 2> dx_MF) {
  launch<neighbor_reduce_backward_kernel<T>>(be, blocks_for(dx_MF.size()), kBlock, 0, reduce, g, dy_NF,
                                             dx_MF);
}

template <class T>
void gather_rows(Cuda be, View<const T, 2> table_VF, View<const int, 1> index_N, View<T, 2> y_NF) {
  launch<gather_rows_kernel<T>>(be, blocks_for(y_NF.size()), kBlock, 0, table_VF, index_N, y_NF);
}

template <class T>
void gather_rows_backward(Cuda be, View<const T, 2> dy_NF, View<const int, 1> index_N, int frozen,
                          View<T, 2> dtable_VF) {
  const auto rows = static_cast<std::size_t>(dtable_VF.dim(0)),
             tiles = static_cast<std::size_t>(dtable_VF.dim(1) + 31) / 32;
  if (index_N.dim(0) == 0) return;
  launch<gather_rows_backward_kernel<T>>(be, blocks_for(rows * tiles, 1), kBlock, 0, dy_NF, index_N, frozen,
                                         static_cast<unsigned>(tiles), dtable_VF);
}

#define REGRAIN_INSTANTIATE(T)                                                                      \
  template void neighbor_reduce<T>(Cuda, Reduce, GraphView, View<const T, 2>, View<T, 2>);          \
  template void neighbor_reduce_backward<T>(Cuda, Reduce, GraphView, View<const T, 2>, View<T, 2>); \
  template void gather_rows<T>(Cuda, View<const T, 2>, View<const int, 1>, View<T, 2>);             \
  template void gather_rows_backward<T>(Cuda, View<const T, 2>, View<const int, 1>, int, View<T, 2>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
