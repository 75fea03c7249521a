// Filtered sum, edge by edge, on the device. Forward walks the receivers, backward the senders, so every row
// has one writer; the filters are made where they are used and thrown away (filter_tile.cuh). The table's
// gradient is summed in shared memory by blocks that each do a fixed part of the senders, and a second kernel
// adds the parts in order.
#include "engine/device.hpp"
#include "kernels/cuda/filter_tile_tensor.cuh"

namespace regrain::kernels {

using namespace filter_tile;

namespace {

// sum(axis, channel) += filters of a lot times x of its senders
template <Gate kind, class By, bool whole, class T>
__device__ __forceinline__ void add_forward(const Lot<By>& lot, int n_edges, const T* slice, int n_rows,
                                            const Lane<By, whole>& lane, View<const T, 3> x, int in,
                                            T (&sum)[3][kQuad]) {
  const std::size_t f = static_cast<std::size_t>(x.dim(2));
  for (int first = 0; first < n_edges; first += kPass) {
    T w[kQuad][kQuad];
    By::make_filters(lot, slice, n_rows, first, lane, w);
    REGRAIN_UNROLL
    for (int r = 0; r < kQuad; ++r) {
      const int edge = By::edge(first, lane.group, r);
      const T* from = x.row(lot.node[edge]) + static_cast<std::size_t>(in) * f;
      for (int axis = 0; axis < GateLayout::rows_in(kind); ++axis) {
        const Four<T> xq = lane.load(from + static_cast<std::size_t>(axis) * f);
        REGRAIN_UNROLL
        for (int v = 0; v < kQuad; ++v) {
          const T wx = w[r][v] * xq.v[v];
          if constexpr (kind == Gate::direction) {
            REGRAIN_UNROLL
            for (int out = 0; out < 3; ++out) sum[out][v] += lot.unit[out * kLot + edge] * wx;
          } else {
            sum[axis][v] += wx;
          }
        }
      }
    }
  }
}

// y(i) = sum over the edges into i of filter times x(src), for the nodes no other form does.
// Grid: block (part of the receivers, tile, three gates), warp w its gate w; the block's edges are staged by
// warp 0. A lane sums 4 edges by 4 channels at a time, its group's lanes add up by shuffles, and group a
// writes axis a. An edge costs (rows + 3) multiply-adds a gate and channel for 4 to 12 bytes of x, most of
// them from L2: the gathered rows limit vector gates, arithmetic the others.
template <class By, bool whole, class T = typename By::Scalar>
__global__ void __launch_bounds__(kThreads, By::kResident)
    edge_filter_sparse_kernel(Grid grid, Walk<T> walk, GateRows gates, FilterTable<T> table,
                              View<const T, 3> x, View<T, 3> y) {
  REGRAIN_DYNAMIC_SHARED(unsigned char, memory);
  const int f = x.dim(2), n_rows = table.n_rows, gate = grid.gate(),
            warp = static_cast<int>(threadIdx.x / 32);
  const bool exists = gate < gates.n_gates;
  const Lane<By, whole> lane(grid.tile(), f);
  const Lot<By> lot(memory, n_rows);
  T* slice = reinterpret_cast<T*>(memory + Lot<By>::bytes(n_rows)) + warp * By::slice_size(n_rows);
  const Gate kind = exists ? gates.kind[gate] : Gate::scalar;
  const int in = exists ? gates.in[gate] : 0, out = exists ? gates.out[gate] : 0;
  if (exists) load_slice<By>(table, gate, grid.tile(), f, slice);

  const int end = grid.begin(grid.part() + 1, walk.n_nodes);
  for (int i = grid.begin(grid.part(), walk.n_nodes); i < end; ++i) {
    if (walk.is_dense && walk.is_dense[i]) continue;  // the whole block
    T sum[3][kQuad] = {};
    const int last = walk.offset[i + 1];
    for (int first = walk.offset[i]; first < last; first += kLot) {
      __syncthreads();
      if (warp == 0) lot.stage(walk, first, last, n_rows);
      __syncthreads();
      if (exists)
        with_kind(kind,
                  [&](auto k) { add_forward<k>(lot, staged(first, last), slice, n_rows, lane, x, in, sum); });
    }
    if (!exists) continue;
    T row[kQuad];
    sum_groups<By>(sum, lane.group, row);
    if (lane.group < GateLayout::rows_out(kind))
      lane.store(y.row(i) + static_cast<std::size_t>(out + lane.group) * static_cast<std::size_t>(f), row);
  }
}

// sum(axis, channel) += filters of a lot times dy of its receivers; p(edge, channel) = d loss / d filter
// unless null
template <Gate kind, class By, bool whole, class T>
__device__ __forceinline__ void add_backward(const Lot<By>& lot, int n_edges, const T* slice, int n_rows,
                                             const Lane<By, whole>& lane, View<const T, 3> dy, int out,
                                             const Four<T> (&x)[3], T (&sum)[3][kQuad], T* p) {
  const std::size_t f = static_cast<std::size_t>(dy.dim(2));
  for (int first = 0; first < n_edges; first += kPass) {
    T w[kQuad][kQuad];
    By::make_filters(lot, slice, n_rows, first, lane, w);
    REGRAIN_UNROLL
    for (int r = 0; r < kQuad; ++r) {
      const int edge = By::edge(first, lane.group, r);
      const T* from = dy.row(lot.node[edge]) + static_cast<std::size_t>(out) * f;
      Four<T> product{};
      for (int axis = 0; axis < GateLayout::rows_in(kind); ++axis) {
        Four<T> grad = lane.load(from + static_cast<std::size_t>(axis) * f);
        if constexpr (kind == Gate::direction) {
          const Four<T> y = lane.load(from + f), z = lane.load(from + 2 * f);
          const T* unit = lot.unit + edge;
          REGRAIN_UNROLL
          for (int v = 0; v < kQuad; ++v)
            grad.v[v] = unit[0] * grad.v[v] + unit[kLot] * y.v[v] + unit[2 * kLot] * z.v[v];
        }
        REGRAIN_UNROLL
        for (int v = 0; v < kQuad; ++v) {
          sum[axis][v] += w[r][v] * grad.v[v];
          product.v[v] += grad.v[v] * x[axis].v[v];
        }
      }
      if (p) *reinterpret_cast<Four<T>*>(p + edge * By::kGradientPitch + lane.quad) = product;
    }
  }
}

// dx(j) += sum over the edges out of j of filter times dy(dst), unless dx is null; unless `partial` is, table
// number `part` of it = sum over the part's edges of basis times d loss / d filter.
// Grid and lanes as forward, along the senders. Twice the arithmetic of forward, and the same gathers of dy.
template <class By, bool whole, class T = typename By::Scalar>
__global__ void __launch_bounds__(kThreads, By::kResidentBackward)
    edge_filter_sparse_backward_kernel(Grid grid, Walk<T> walk, GateRows gates, FilterTable<T> table,
                                       View<const T, 3> x, View<const T, 3> dy, View<T, 3> dx, T* partial) {
  REGRAIN_DYNAMIC_SHARED(unsigned char, memory);
  const int f = x.dim(2), n_rows = table.n_rows, gate = grid.gate(),
            warp = static_cast<int>(threadIdx.x / 32);
  const int own = By::slice_size(n_rows), own_sums = By::padded_rows(n_rows) * kChannels;
  const bool exists = gate < gates.n_gates;
  const Lane<By, whole> lane(grid.tile(), f);
  const Lot<By> lot(memory, n_rows);
  // of this warp: slice of the table, its gradient, gradient of a lot's filters
  T* slice = reinterpret_cast<T*>(memory + Lot<By>::bytes(n_rows)) +
             warp * (own + (partial ? own_sums + kLot * By::kGradientPitch : 0));
  T *sums = slice + own, *p = partial ? sums + own_sums : nullptr;
  const Gate kind = exists ? gates.kind[gate] : Gate::scalar;
  const int in = exists ? gates.in[gate] : 0, out = exists ? gates.out[gate] : 0;
  if (exists) load_slice<By>(table, gate, grid.tile(), f, slice);
  if (exists && partial)
    for (int at = static_cast<int>(threadIdx.x % 32); at < own_sums; at += 32) sums[at] = T(0);

  const int end = grid.begin(grid.part() + 1, walk.n_nodes);
  for (int j = grid.begin(grid.part(), walk.n_nodes); j < end; ++j) {
    if (walk.is_dense && walk.is_dense[j]) continue;  // the whole block
    T sum[3][kQuad] = {};
    Four<T> xq[3] = {};
    const std::size_t row = static_cast<std::size_t>(f);
    REGRAIN_UNROLL
    for (int axis = 0; axis < 3; ++axis)
      if (exists && axis < GateLayout::rows_in(kind))
        xq[axis] = lane.load(x.row(j) + (static_cast<std::size_t>(in + axis)) * row);
    const int last = walk.offset[j + 1];
    for (int first = walk.offset[j]; first < last; first += kLot) {
      __syncthreads();
      if (warp == 0) lot.stage(walk, first, last, n_rows);
      __syncthreads();
      if (!exists) continue;
      const int n_edges = staged(first, last);
      with_kind(kind,
                [&](auto k) { add_backward<k>(lot, n_edges, slice, n_rows, lane, dy, out, xq, sum, p); });
      if (!p) continue;
      __syncwarp();
      By::add_table_gradient(lot, n_edges, p, n_rows, lane, sums);
    }
    if (!exists || !dx.data()) continue;
    T more[kQuad];
    sum_groups<By>(sum, lane.group, more);
    if (lane.group >= GateLayout::rows_in(kind)) continue;
    T* to = dx.row(j) + static_cast<std::size_t>(in + lane.group) * row;
    const Four<T> before = lane.load(static_cast<const T*>(to));
    REGRAIN_UNROLL
    for (int v = 0; v < kQuad; ++v) more[v] += before.v[v];
    lane.store(to, more);
  }
  if (!exists || !partial) return;
  __syncwarp();
  const int channel = grid.tile() * kChannels + static_cast<int>(threadIdx.x % 32);
  T* to = partial + table.offset(table.n_rows, 0, 0) * static_cast<std::size_t>(grid.part());
  for (int k = 0; k < n_rows && channel < f; ++k)
    to[table.offset(k, gate, channel)] = sums[k * kChannels + static_cast<int>(threadIdx.x % 32)];
}

// dtable(i) += sum over the parts of partial(part, i), the columns of padding left out.
// Grid: block b has 32 elements, warp w sums every 8th part, warp 0 the warps' sums in their order. Every
// partial table is read once: limited by memory.
template <class T>
__global__ void __launch_bounds__(kBlock)
    add_partial_tables_kernel(const T* __restrict__ partial, int parts, FilterTable<T> table, int f,
                              T* __restrict__ dtable) {
  constexpr int kWarps = kBlock / 32;
  REGRAIN_SHARED_ARRAY(double, of_warp, kBlock);
  const int warp = static_cast<int>(threadIdx.x / 32), lane = static_cast<int>(threadIdx.x % 32);
  const std::size_t size = table.offset(table.n_rows, 0, 0),
                    at = std::size_t{blockIdx.x} * 32 + threadIdx.x % 32;
  const bool mine =
      at < size && static_cast<int>(at % static_cast<std::size_t>(table.n_columns)) % table.gate_pitch < f;
  double sum = 0;
  if (mine)
    for (int part = warp; part < parts; part += kWarps)
      sum += static_cast<double>(partial[static_cast<std::size_t>(part) * size + at]);
  of_warp[threadIdx.x] = sum;
  __syncthreads();
  if (warp > 0 || !mine) return;
  for (int w = 1; w < kWarps; ++w) sum += of_warp[w * 32 + lane];
  dtable[at] += static_cast<T>(sum);
}

// run(MultiplyAdds or TensorCores, whether rows are read by quads)
template <class T, class F>
void by_what_there_is(Cuda be, bool whole, F run) {
  tensor_core::multiply_by<T, TensorCores, MultiplyAdds<T>>(
      be, [&](auto by) { whole ? run(by, std::true_type{}) : run(by, std::false_type{}); });
}

// blocks that keep a device busy, and tables that partial sums of the table's gradient may take
constexpr int kManyBlocks = 8192, kMaxPartialTables = 512;

}  // namespace

template <class T>
void edge_filter_sparse(Cuda be, const FilterGraph<T>& g, const GateLayout& layout, FilterTable<T> table,
                        View<const T, 3> x, View<T, 3> y) {
  const int f = x.dim(2), n_rows = table.n_rows, n = g.graph.n_dst;
  if (n == 0 || f == 0) return;
  Grid grid(layout, f);
  // more than one node a block only where there are plenty
  grid.parts = std::min(n, std::max(n / 8, kManyBlocks / (grid.tiles * grid.gate_groups)));
  const unsigned threads = Grid::threads(layout);
  const auto run = [&]<class By, bool whole>(By, std::bool_constant<whole>) {
    const std::size_t shared = Lot<By>::bytes(n_rows) + sizeof(T) * static_cast<std::size_t>(By::slice_size(n_rows)) * threads / 32;
    launch<edge_filter_sparse_kernel<By, whole>>(be, grid.blocks(), threads, shared, grid,
                                                 Walk<T>::receivers(g), GateRows(layout), table, x, y);
  };
  by_what_there_is<T>(be, whole_quads(f, {x.data()}), run);
}

template <class T>
void edge_filter_sparse_backward(Cuda be, const FilterGraph<T>& g, const GateLayout& layout,
                                 FilterTable<T> table, View<const T, 3> x, View<const T, 3> dy, View<T, 3> dx,
                                 T* dtable) {
  const int f = x.dim(2), n_rows = table.n_rows, n = g.graph.n_src;
  if (n == 0 || f == 0 || g.graph.n_edges() == 0 || (!dtable && !dx.data())) return;
  Grid grid(layout, f);
  const int blocks_of_part = grid.tiles * grid.gate_groups;
  grid.parts = std::min(n, dtable ? std::clamp(kManyBlocks / 4 / blocks_of_part, 16, kMaxPartialTables)
                                  : std::max(n / 8, kManyBlocks / blocks_of_part));
  const unsigned threads = Grid::threads(layout);
  const std::size_t table_size = table.offset(n_rows, 0, 0);
  const Arena::Scope scope(*be.scratch);
  T* partial =
      dtable ? be.scratch->allocate_array<T>(table_size * static_cast<std::size_t>(grid.parts)) : nullptr;
  const auto run = [&]<class By, bool whole>(By, std::bool_constant<whole>) {
    const int of_warp = By::slice_size(n_rows) + (dtable ? By::padded_rows(n_rows) * kChannels + kLot * By::kGradientPitch : 0);
    const std::size_t shared = Lot<By>::bytes(n_rows) + sizeof(T) * static_cast<std::size_t>(of_warp) * threads / 32;
    launch<edge_filter_sparse_backward_kernel<By, whole>>(be, grid.blocks(), threads, shared, grid,
                                                          Walk<T>::senders(g), GateRows(layout), table, x, dy,
                                                          dx, partial);
  };
  by_what_there_is<T>(be, whole_quads(f, {x.data(), dy.data(), dx.data()}), run);
  if (dtable)
    launch<add_partial_tables_kernel<T>>(be, blocks_for(table_size, 32), kBlock, 0, partial, grid.parts,
                                         table, f, dtable);
}

#define REGRAIN_INSTANTIATE(T)                                                                        \
  template void edge_filter_sparse<T>(Cuda, const FilterGraph<T>&, const GateLayout&, FilterTable<T>, \
                                      View<const T, 3>, View<T, 3>);                                  \
  template void edge_filter_sparse_backward<T>(Cuda, const FilterGraph<T>&, const GateLayout&,        \
                                               FilterTable<T>, View<const T, 3>, View<const T, 3>,    \
                                               View<T, 3>, T*);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
