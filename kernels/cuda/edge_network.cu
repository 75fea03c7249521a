// The parts of an edge network that meet nodes, and the derivative of the whole from the gradients of its hidden rows.
//
// All are products of a tall matrix of a few dozen columns with a small one, or sums over the rows of two tall ones.
#include "kernels/cuda/edge_network.cuh"

#include "kernels/cuda/four.cuh"
#include "kernels/cuda/launch.hpp"
#include "kernels/cuda/sums.cuh"
#include "kernels/reduce.hpp"

namespace regrain::kernels {

namespace {

// out(c, k) = weight(k, first + c), 0 from column n_k on. Grid: thread c pitch + k. A few KiB: the time of a launch.
template <class T>
__global__ void __launch_bounds__(kBlock)
    weight_columns_kernel(View<const T, 2> weight_KI, int first, View<T, 2> out_CP) {
  const std::size_t at = thread_of_grid(), pitch = static_cast<std::size_t>(out_CP.dim(1));
  if (at >= out_CP.size()) return;
  const int c = static_cast<int>(at / pitch), k = static_cast<int>(at % pitch);
  out_CP(c, k) = k < weight_KI.dim(0) ? weight_KI(k, first + c) : T(0);
}

// out(i, k) = bias(k) + sum over s of x(i, s) weight(k, first + s), then `behind`, then zeros.
// Grid: thread i pitch + k writes out(i, k). 12 multiplications a value written; the weight stays in L1: limited by
// its loads.
template <class T>
__global__ void __launch_bounds__(kBlock)
    node_part_kernel(View<const T, 2> x, int n_scalars, View<const T, 2> weight_KI, int first, const T* bias_K,
                     T behind, View<T, 2> out_NP) {
  const std::size_t at = thread_of_grid(), pitch = static_cast<std::size_t>(out_NP.dim(1));
  if (at >= out_NP.size()) return;
  const int i = static_cast<int>(at / pitch), k = static_cast<int>(at % pitch), n_k = weight_KI.dim(0);
  T sum = k == n_k ? behind : T(0);
  if (k < n_k) {
    if (bias_K) sum = bias_K[k];
    for (int s = 0; s < n_scalars; ++s) sum += x(i, s) * weight_KI(k, first + s);
  }
  out_NP(i, k) = sum;
}

// out(i, k) = sum over the edges into i of rows(e, k). Grid: thread i pitch + k writes out(i, k); a receiver's edges lie
// one behind another. An addition a value read: limited by memory.
template <class T>
__global__ void __launch_bounds__(kBlock)
    receiver_sums_kernel(GraphView g, View<const T, 2> rows_EP, View<T, 2> out_NP) {
  const std::size_t at = thread_of_grid(), pitch = static_cast<std::size_t>(out_NP.dim(1));
  if (at >= out_NP.size()) return;
  const int i = static_cast<int>(at / pitch), k = static_cast<int>(at % pitch);
  T sum = T(0);
  for (int e = g.offset[i]; e < g.offset[i + 1]; ++e) sum += rows_EP(e, k);
  out_NP(i, k) = sum;
}

// y(r, c) += sum over k of rows(r, k) weight(k, first + c), c < n_c. Grid: thread r n_c + c. 36 multiplications for
// three values of memory; a warp reads three rows four values at once and the weight from L1: limited by these loads.
template <class T>
__global__ void __launch_bounds__(kBlock)
    add_product_kernel(View<const T, 2> rows_RP, View<const T, 2> weight_KI, int first, int n_c, View<T, 2> y) {
  const std::size_t at = thread_of_grid(), n = static_cast<std::size_t>(n_c);
  if (at >= n * static_cast<std::size_t>(rows_RP.dim(0))) return;
  const int r = static_cast<int>(at / n), c = static_cast<int>(at % n), n_k = weight_KI.dim(0);
  T sum = T(0);
  for (int k = 0; k < n_k; k += 4) {
    const Four<T> a = load_four(rows_RP.row(r) + k);
    REGRAIN_UNROLL
    for (int q = 0; q < 4; ++q)
      if (k + q < n_k) sum += a.v[q] * weight_KI(k + q, first + c);
  }
  y(r, c) += sum;
}

// Parts a sum over rows is made of, rows a block takes at once, threads of a block.
constexpr int kOuterParts = 256, kOuterLot = 32, kOuterBlock = 128;

// partial(k, c, part) = sum over the rows r of a part of a(r, k) b(r, c), c < n_c.
// Grid: block (p, tile of 128 threads); it takes lots p, p + kOuterParts, ... of 32 rows into shared memory, a thread
// sums four columns of one k over each in order. Per row (40 + 12) values read and 2 x 36 x 12 operations, two loads of
// shared memory for 4 multiplications: limited by both memories alike.
template <class T>
__global__ void __launch_bounds__(kOuterBlock)
    outer_parts_kernel(View<const T, 2> a_RP, int n_k, View<const T, 2> b, int n_c, unsigned tiles, double* partial) {
  REGRAIN_DYNAMIC_SHARED(T, shared);
  const int pitch = a_RP.dim(1), fours = (n_c + 3) / 4, n_rows = a_RP.dim(0), thread = static_cast<int>(threadIdx.x);
  T *a_rows = shared, *b_rows = shared + kOuterLot * pitch;
  const int part = static_cast<int>(blockIdx.x / tiles),
            unit = static_cast<int>(blockIdx.x % tiles) * kOuterBlock + thread;
  const int k = unit / fours, c = unit % fours * 4;
  T sum[4] = {};
  for (long long begin = static_cast<long long>(part) * kOuterLot; begin < n_rows; begin += kOuterParts * kOuterLot) {
    const int lot = static_cast<int>(begin), count = n_rows - lot < kOuterLot ? n_rows - lot : kOuterLot;
    __syncthreads();
    for (int at = thread; at < count * pitch; at += kOuterBlock) a_rows[at] = a_RP.row(lot)[at];
    for (int at = thread; at < count * fours * 4; at += kOuterBlock) {
      const int r = at / (fours * 4), column = at % (fours * 4);
      b_rows[at] = column < n_c ? b(lot + r, column) : T(0);
    }
    __syncthreads();
    if (k >= n_k) continue;
    for (int r = 0; r < count; ++r) {
      const T factor = a_rows[r * pitch + k];
      const Four<T> row = load_four(b_rows + r * fours * 4 + c);
      REGRAIN_UNROLL
      for (int q = 0; q < 4; ++q) sum[q] += factor * row.v[q];
    }
  }
  if (k >= n_k) return;
  for (int q = 0; q < 4 && c + q < n_c; ++q)
    partial[static_cast<std::size_t>(k * n_c + c + q) * kOuterParts + static_cast<std::size_t>(part)] =
        static_cast<double>(sum[q]);
}

// y(k, first + c) += the sum over parts. Grid: a warp an element, its lanes take the parts in turn. 2 KiB an element,
// from L2.
template <class T>
__global__ void __launch_bounds__(kBlock)
    add_outer_parts_kernel(const double* partial, int n_c, int n, int first, View<T, 2> y) {
  const int element = static_cast<int>(thread_of_grid() / 32), lane = static_cast<int>(threadIdx.x % 32);
  if (element >= n) return;
  double sum = 0;
  for (int p = lane; p < kOuterParts; p += 32)
    sum += partial[static_cast<std::size_t>(element) * kOuterParts + static_cast<std::size_t>(p)];
  sum = warp_sum(sum);
  if (lane == 0) y(element / n_c, first + element % n_c) += static_cast<T>(sum);
}

template <class T>
View<T, 2> scratch_rows(Cuda be, int rows, int pitch) {
  const std::size_t size = static_cast<std::size_t>(rows) * static_cast<std::size_t>(pitch);
  return {be.scratch->allocate_array<T>(size), {rows, pitch}};
}

// dweight(k, first + c) += sum over rows of rows(r, k) x(r, c), c < n_c
template <class T>
void add_outer(Cuda be, View<const T, 2> rows_RP, View<const T, 2> x, int n_c, int first, View<T, 2> dweight_KI) {
  const int n = dweight_KI.dim(0) * n_c, fours = (n_c + 3) / 4, units = dweight_KI.dim(0) * fours;
  if (n == 0 || rows_RP.dim(0) == 0) return;
  const Arena::Scope scope(*be.scratch);
  auto* partial = be.scratch->allocate_array<double>(static_cast<std::size_t>(n) * kOuterParts);
  const auto tiles = static_cast<unsigned>((units + kOuterBlock - 1) / kOuterBlock);
  const std::size_t shared = sizeof(T) * kOuterLot * static_cast<std::size_t>(rows_RP.dim(1) + fours * 4);
  launch<outer_parts_kernel<T>>(be, dim3(kOuterParts * tiles), kOuterBlock, shared, rows_RP, dweight_KI.dim(0), x, n_c,
                                tiles, partial);
  launch<add_outer_parts_kernel<T>>(be, blocks_for(static_cast<std::size_t>(n) * 32), kBlock, 0, partial, n_c, n, first,
                                    dweight_KI);
}

template <class T>
void add_product(Cuda be, View<const T, 2> rows_RP, View<const T, 2> weight_KI, int first, int n_c, View<T, 2> y) {
  const std::size_t n = static_cast<std::size_t>(rows_RP.dim(0)) * static_cast<std::size_t>(n_c);
  launch<add_product_kernel<T>>(be, blocks_for(n), kBlock, 0, rows_RP, weight_KI, first, n_c, y);
}

template <class T>
const T* node_part(Cuda be, View<const T, 2> x, const EdgeNetwork<T>& net, int first, int pitch, const T* bias_K,
                   T behind) {
  const View<T, 2> rows = scratch_rows<T>(be, x.dim(0), pitch);
  launch<node_part_kernel<T>>(be, blocks_for(rows.size()), kBlock, 0, x, net.n_scalars, net.weight_KI, first, bias_K,
                              behind, rows);
  return rows.data();
}

}  // namespace

template <class T>
HiddenInputs<T> prepare_hidden(Cuda be, GraphView g, const EdgeNetwork<T>& net) {
  check_edge_network(g, net);
  const int n_edge = net.edge_EC.dim(1), n_k = net.weight_KI.dim(0);
  const int pitch = (n_k + kHiddenTile) / kHiddenTile * kHiddenTile;
  const EdgeNetworkColumns at = edge_network_columns(net.order, n_edge, net.n_scalars);
  const View<T, 2> weight_CP = scratch_rows<T>(be, n_edge, pitch);
  launch<weight_columns_kernel<T>>(be, blocks_for(weight_CP.size()), kBlock, 0, net.weight_KI, at.edge, weight_CP);
  const T* dst_NP = node_part(be, net.x_dst, net, at.dst, pitch, net.bias_K.data(), T(1));
  const T* src_MP = node_part<T>(be, net.x_src, net, at.src, pitch, nullptr, T(0));
  return {net.edge_EC.data(), weight_CP.data(), dst_NP, src_MP, n_edge, n_k, pitch};
}

template <class T>
void edge_network_backward(Cuda be, GraphView g, const EdgeNetwork<T>& net, const HiddenInputs<T>& hidden,
                           const T* dedge_EP, const T* dsrc_MP, const EdgeNetworkGradient<T>& grad) {
  const EdgeNetworkColumns at = edge_network_columns(net.order, hidden.n_edge, net.n_scalars);
  const Arena::Scope scope(*be.scratch);
  const View<const T, 2> of_edge(dedge_EP, {g.n_edges, hidden.pitch}), of_src(dsrc_MP, {g.n_src, hidden.pitch});
  const View<T, 2> of_dst = scratch_rows<T>(be, g.n_dst, hidden.pitch);
  launch<receiver_sums_kernel<T>>(be, blocks_for(of_dst.size()), kBlock, 0, g, of_edge, of_dst);

  const auto back = [&](View<const T, 2> rows, View<const T, 2> x, int first, int n_c, View<T, 2> dx) {
    if (dx.data()) add_product(be, rows, net.weight_KI, first, n_c, dx);
    if (grad.dweight_KI.data()) add_outer(be, rows, x, n_c, first, grad.dweight_KI);
  };
  back(of_edge, net.edge_EC, at.edge, hidden.n_edge, grad.dedge_EC);
  back(of_dst, net.x_dst, at.dst, net.n_scalars, grad.dx_dst);
  back(of_src, net.x_src, at.src, net.n_scalars, grad.dx_src);
  if (grad.dbias_K.data()) add_column_sums<T>(be, of_dst, 0, grad.dbias_K);
}

#define REGRAIN_INSTANTIATE(T)                                                                                     \
  template HiddenInputs<T> prepare_hidden<T>(Cuda, GraphView, const EdgeNetwork<T>&);                              \
  template void edge_network_backward<T>(Cuda, GraphView, const EdgeNetwork<T>&, const HiddenInputs<T>&, const T*, \
                                         const T*, const EdgeNetworkGradient<T>&);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
