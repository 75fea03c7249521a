// Filtered sum as matrix products on the device, frames of one size that follow each other in one call of the
// library.
//
// With A = [G_0 | ... | G_K] of a frame, (n, (K+1) n), and B(k j, f) = W_k(f) x_j(f):   y = A B,   and on the
// way back U = A^T dy,  dx_j = sum_k W_k U(k j),  dW_k = sum_j x_j U(k j). B and U are made gate by gate, for
// as many frames as fit into kScratchBytes.
#include <algorithm>

#include "kernels/cuda/gate_rows.cuh"
#include "kernels/cuda/matrix_product.hpp"
#include "kernels/cuda/sums.cuh"
#include "kernels/edge_filter_forms.hpp"

namespace regrain::kernels {

namespace {

constexpr std::size_t kScratchBytes = std::size_t{64} << 20;
constexpr unsigned kSumWarps = 32;

// `count` frames of n nodes each, from node `begin` on, and their matrices, `step` elements a frame.
template <class T>
struct Frames {
  int begin, count, n, terms;
  const T* matrices;  // [frame][kind][n][terms][n]
  std::ptrdiff_t step;

  REGRAIN_HD int depth() const { return terms * n; }
  MatrixRef<const T> a(int kind) const {
    return {matrices + static_cast<std::ptrdiff_t>(kind) * n * depth(), n, depth(), depth()};
  }
};

// One gate: its number, first row of x and of y, rows of x.
struct GateOf {
  int gate, in, out, rows;
};

// b(frame, k n + j, r f + c) = table(k, gate, c) x(j, in + r, c).
// Grid: block (frame, k, j) writes a row of b, its threads side by side. A write an element: limited by
// memory.
template <class T>
__global__ void __launch_bounds__(kBlock)
    filter_products_kernel(Frames<T> frames, GateOf at, FilterTable<T> table, View<const T, 3> x,
                           T* __restrict__ b) {
  const int f = x.dim(2), depth = frames.depth(), row = static_cast<int>(blockIdx.x);
  const int frame = row / depth, k = row % depth / frames.n, j = row % frames.n;
  const T* from = x.row(frames.begin + frame * frames.n + j) +
                  static_cast<std::size_t>(at.in) * static_cast<std::size_t>(f);
  const T* w = table.row(k, at.gate, 0);
  T* to = b + static_cast<std::size_t>(row) * static_cast<std::size_t>(at.rows * f);
  for (int col = static_cast<int>(threadIdx.x); col < at.rows * f; col += static_cast<int>(blockDim.x))
    to[col] = w[col % f] * from[col];
}

// dx(j, in + r, c) += sum over k of table(k, gate, c) u(frame, k n + j, r f + c).
// Grid: block (frame, j) writes the gate's rows of a node, its threads side by side. u is read once: limited
// by memory.
template <class T>
__global__ void __launch_bounds__(kBlock)
    filter_products_dx_kernel(Frames<T> frames, GateOf at, FilterTable<T> table, const T* __restrict__ u,
                              View<T, 3> dx) {
  const int f = dx.dim(2), frame = static_cast<int>(blockIdx.x) / frames.n,
            j = static_cast<int>(blockIdx.x) % frames.n;
  const std::size_t width = static_cast<std::size_t>(at.rows * f),
                    step = static_cast<std::size_t>(frames.n) * width;
  const T* from = u + (static_cast<std::size_t>(frame) * static_cast<std::size_t>(frames.depth()) +
                       static_cast<std::size_t>(j)) *
                          width;
  T* to = dx.row(frames.begin + static_cast<int>(blockIdx.x)) +
          static_cast<std::size_t>(at.in) * static_cast<std::size_t>(f);
  for (int col = static_cast<int>(threadIdx.x); col < at.rows * f; col += static_cast<int>(blockDim.x)) {
    T sum = to[col];
    for (int k = 0; k < frames.terms; ++k)
      sum += *table.row(k, at.gate, col % f) *
             from[static_cast<std::size_t>(k) * step + static_cast<std::size_t>(col)];
    to[col] = sum;
  }
}

// dtable(k, gate, c) += sum over frames, j and r of x(j, in + r, c) u(frame, k n + j, r f + c).
// Grid: block (k, tile of 32 channels); warp w sums every 32nd node in double, warp 0 the warps' sums in
// their order. Reads u once and x for every k, from L2; few blocks, so the latency of a warp's loads limits
// it.
template <class T>
__global__ void __launch_bounds__(32 * kSumWarps)
    filter_products_dtable_kernel(Frames<T> frames, GateOf at, FilterTable<T> table, View<const T, 3> x,
                                  const T* __restrict__ u, int tiles, T* __restrict__ dtable) {
  REGRAIN_SHARED_ARRAY(double, of_warp, 32 * kSumWarps);
  const int f = x.dim(2), k = static_cast<int>(blockIdx.x) / tiles, lane = static_cast<int>(threadIdx.x % 32);
  const int c = static_cast<int>(blockIdx.x) % tiles * 32 + lane, warp = static_cast<int>(threadIdx.x / 32);
  double sum = 0;
  for (int node = warp; node < frames.count * frames.n && c < f; node += static_cast<int>(kSumWarps)) {
    const int row = (node / frames.n * frames.terms + k) * frames.n + node % frames.n;
    const T* grad = u + static_cast<std::size_t>(row) * static_cast<std::size_t>(at.rows * f) + c;
    const T* value =
        x.row(frames.begin + node) + static_cast<std::size_t>(at.in) * static_cast<std::size_t>(f) + c;
    for (int r = 0; r < at.rows; ++r)
      sum += static_cast<double>(value[r * f]) * static_cast<double>(grad[r * f]);
  }
  of_warp[threadIdx.x] = sum;
  __syncthreads();
  if (warp > 0 || c >= f) return;
  for (unsigned w = 1; w < kSumWarps; ++w) sum += of_warp[w * 32 + static_cast<unsigned>(lane)];
  dtable[table.offset(k, at.gate, c)] += static_cast<T>(sum);
}

// threads that go along a row
unsigned threads_of(int width) {
  return static_cast<unsigned>(std::min(static_cast<int>(kBlock), (width + 31) / 32 * 32));
}

// body(frames) for the dense frames, those of one size together as long as `rows` rows of `f` channels for
// each of their terms and nodes fit into the scratch memory.
template <class T, class F>
void for_dense_frames(const FilterGraph<T>& g, int rows, int f, F body) {
  const auto size_of = [&](std::size_t i) { return g.node_offset[i + 1] - g.node_offset[i]; };
  const std::size_t n_frames = g.matrix_offset.empty() ? 0 : g.matrix_offset.size() - 1;
  for (std::size_t i = 0; i < n_frames;) {
    const std::size_t first = i++;
    if (!g.frame_is_dense(first)) continue;
    const int n = size_of(first);
    const std::size_t bytes =
        sizeof(T) * static_cast<std::size_t>(n * (g.n_rbf + 1)) * static_cast<std::size_t>(rows * f);
    while (i < n_frames && g.frame_is_dense(i) && size_of(i) == n && (i - first + 1) * bytes <= kScratchBytes)
      ++i;
    body(Frames<T>{g.node_offset[first], static_cast<int>(i - first), n, g.n_rbf + 1,
                   g.joined_matrices.data() + g.matrix_offset[first],
                   static_cast<std::ptrdiff_t>(g.matrix_offset[first + 1] - g.matrix_offset[first])});
  }
}

// body(gate, axes, frames, memory for a row of rows f channels for each of their terms and nodes)
template <class T, class F>
void for_products(Cuda be, const FilterGraph<T>& g, const GateLayout& layout, int f, F body) {
  if (f == 0) return;
  const GateRows gates(layout);
  for (int gate = 0; gate < gates.n_gates; ++gate) {
    const Gate kind = gates.kind[gate];
    const GateOf at{gate, gates.in[gate], gates.out[gate], GateLayout::rows_in(kind)};
    for_dense_frames(g, at.rows, f, [&](const Frames<T>& frames) {
      const Arena::Scope scope(*be.scratch);
      const std::size_t rows =
          static_cast<std::size_t>(frames.count) * static_cast<std::size_t>(frames.depth());
      body(at, kind == Gate::direction ? 3 : 1, frames,
           be.scratch->allocate_array<T>(rows * static_cast<std::size_t>(at.rows * f)));
    });
  }
}

}  // namespace

template <class T>
void edge_filter_dense(Cuda be, const FilterGraph<T>& g, const GateLayout& layout, FilterTable<T> table,
                       View<const T, 3> x, View<T, 3> y) {
  const int f = x.dim(2), stride = y.dim(1) * f;
  for_products(be, g, layout, f, [&](GateOf at, int axes, const Frames<T>& frames, T* b) {
    const int width = at.rows * f, depth = frames.depth();
    launch<filter_products_kernel<T>>(
        be, blocks_for(static_cast<std::size_t>(frames.count) * static_cast<std::size_t>(depth), 1),
        threads_of(width), 0, frames, at, table, x, b);
    // a direction's three sums share what they sum over
    for (int axis = 0; axis < axes; ++axis)
      matrix_product<T>(
          be, Trans::no, Trans::no, frames.a(axes == 3 ? 1 + axis : 0), {b, depth, width, width},
          {y.row(frames.begin) + (at.out + axis) * f, frames.n, width, stride}, Write::overwrite,
          {frames.count, frames.step, std::ptrdiff_t{depth} * width, std::ptrdiff_t{frames.n} * stride});
  });
}

template <class T>
void edge_filter_dense_backward(Cuda be, const FilterGraph<T>& g, const GateLayout& layout,
                                FilterTable<T> table, View<const T, 3> x, View<const T, 3> dy, View<T, 3> dx,
                                T* dtable) {
  const int f = x.dim(2), stride = dy.dim(1) * f;
  if (!dx.data() && !dtable) return;
  for_products(be, g, layout, f, [&](GateOf at, int axes, const Frames<T>& frames, T* u) {
    const int width = at.rows * f, depth = frames.depth(), tiles = (f + 31) / 32;
    for (int axis = 0; axis < axes; ++axis)
      matrix_product<T>(
          be, Trans::yes, Trans::no, frames.a(axes == 3 ? 1 + axis : 0),
          {dy.row(frames.begin) + (at.out + axis) * f, frames.n, width, stride}, {u, depth, width, width},
          axis == 0 ? Write::overwrite : Write::accumulate,
          {frames.count, frames.step, std::ptrdiff_t{frames.n} * stride, std::ptrdiff_t{depth} * width});
    if (dx.data())
      launch<filter_products_dx_kernel<T>>(
          be, blocks_for(static_cast<std::size_t>(frames.count) * static_cast<std::size_t>(frames.n), 1),
          threads_of(width), 0, frames, at, table, static_cast<const T*>(u), dx);
    if (dtable)
      launch<filter_products_dtable_kernel<T>>(be, static_cast<unsigned>(frames.terms * tiles),
                                               32 * kSumWarps, 0, frames, at, table, x,
                                               static_cast<const T*>(u), tiles, dtable);
  });
}

#define REGRAIN_INSTANTIATE(T)                                                                       \
  template void edge_filter_dense<T>(Cuda, const FilterGraph<T>&, const GateLayout&, FilterTable<T>, \
                                     View<const T, 3>, View<T, 3>);                                  \
  template void edge_filter_dense_backward<T>(Cuda, const FilterGraph<T>&, const GateLayout&,        \
                                              FilterTable<T>, View<const T, 3>, View<const T, 3>,    \
                                              View<T, 3>, T*);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
