// Filtered sum, edge by edge. Forward walks the receivers, backward the senders, so every row has one writer. Edges
// come in lots and channels in strips: the filters of a few edges, radial basis times table, are made in registers,
// used there and thrown away. Backward keeps the gradient of a strip's filters in the first cache, for the table's.
#include <omp.h>

#include "kernels/edge_filter_tiles.hpp"
#include "kernels/parallel.hpp"

namespace regrain::kernels {

using namespace filter_tiles;

namespace {

// What the neighbours of one node may take in cache, for the next node to find it there.
constexpr double kNeighborBytes = 256 * 1024;

// Channels a walk over the nodes does at a time, whole strips, where a node has `rows` rows of f channels.
template <class T>
int channels_a_walk(const GraphView& graph, int rows, int f) {
  const double degree = double(graph.n_edges) / std::max(graph.n_dst, 1);
  const double fit = kNeighborBytes / (degree * rows * sizeof(T) * kStrip + 1);
  return kStrip * static_cast<int>(std::clamp(fit, 1.0, double(f / kStrip + 1)));
}

// f(gate, kind, first row of x, first row of y, first channel, width) for the channels [begin, end)
template <class F>
void for_strips(const GateLayout& layout, int begin, int end, F body) {
  for (int gate = 0, in = 0, out = 0; gate < layout.n_gates; ++gate) {
    const Gate kind = layout.kind[static_cast<std::size_t>(gate)];
    for (int c0 = begin; c0 < end; c0 += kStrip) body(gate, kind, in, out, c0, std::min(kStrip, end - c0));
    in += GateLayout::rows_in(kind);
    out += GateLayout::rows_out(kind);
  }
}

// One gate's rows of a node: axis a of channel c at data[a f + c].
template <class T, int R>
struct Neighbors {
  const T* row[R];
  template <class Rows>
  Neighbors(const Lot<T>& lot, int first_edge, Rows rows) {
    for (int r = 0; r < R; ++r) row[r] = rows(lot.node[first_edge + r]);
  }
};

// y (rows of a receiver) += filters of a tile times x of its senders
template <Gate kind, class T, int R, int V, class Io>
[[gnu::always_inline]] inline void add_forward(const Lot<T>& lot, int edge, int f, Io io, const Vec<T> (&w)[R][V],
                                               const Neighbors<T, R>& x, T* y) {
#pragma GCC unroll 3
  for (int v = 0; v < V; ++v) {
    const int c = v * kLanes<T>;
    if constexpr (kind == Gate::direction) {
      Vec<T> sum[3];
#pragma GCC unroll 3
      for (int axis = 0; axis < 3; ++axis) sum[axis] = io.load(y + axis * f + c);
#pragma GCC unroll 4
      for (int r = 0; r < R; ++r) {
        const Vec<T> wx = w[r][v] * io.load(x.row[r] + c);
#pragma GCC unroll 3
        for (int axis = 0; axis < 3; ++axis) sum[axis] += lot.unit[axis][edge + r] * wx;
      }
#pragma GCC unroll 3
      for (int axis = 0; axis < 3; ++axis) io.store(y + axis * f + c, sum[axis]);
    } else {
      for (int axis = 0; axis < GateLayout::rows_out(kind); ++axis) {
        Vec<T> sum = io.load(y + axis * f + c);
#pragma GCC unroll 4
        for (int r = 0; r < R; ++r) sum += w[r][v] * io.load(x.row[r] + axis * f + c);
        io.store(y + axis * f + c, sum);
      }
    }
  }
}

// dx (rows of a sender) += filters times dy of its receivers; p = d loss / d filter
template <Gate kind, class T, int R, int V, class Io>
[[gnu::always_inline]] inline void add_backward(const Lot<T>& lot, int edge, int f, Io io, const Vec<T> (&w)[R][V],
                                                const Neighbors<T, R>& dy, const T* x, T* dx, T* p) {
  constexpr int kAxes = GateLayout::rows_in(kind);
#pragma GCC unroll 3
  for (int v = 0; v < V; ++v) {
    const int c = v * kLanes<T>;
    Vec<T> xv[kAxes], sum[kAxes];
#pragma GCC unroll 3
    for (int axis = 0; axis < kAxes; ++axis) {
      xv[axis] = io.load(x + axis * f + c);
      sum[axis] = io.load(dx + axis * f + c);
    }
#pragma GCC unroll 4
    for (int r = 0; r < R; ++r) {
      const T* from = dy.row[r] + c;
      Vec<T> grad = io.load(from);
      if constexpr (kind == Gate::direction)
        grad = lot.unit[0][edge + r] * grad + lot.unit[1][edge + r] * io.load(from + f) +
               lot.unit[2][edge + r] * io.load(from + 2 * f);
      sum[0] += w[r][v] * grad;
      Vec<T> product = grad * xv[0];
#pragma GCC unroll 3
      for (int axis = 1; axis < kAxes; ++axis) {
        grad = io.load(from + axis * f);
        sum[axis] += w[r][v] * grad;
        product += grad * xv[axis];
      }
      store_vec(p + r * kStrip + c, product);
    }
#pragma GCC unroll 3
    for (int axis = 0; axis < kAxes; ++axis) io.store(dx + axis * f + c, sum[axis]);
  }
}

// f with the gate's kind as a constant
template <class F>
[[gnu::always_inline]] inline void with_kind(Gate kind, F f) {
  if (kind == Gate::scalar) f(std::integral_constant<Gate, Gate::scalar>{});
  else if (kind == Gate::direction) f(std::integral_constant<Gate, Gate::direction>{});
  else f(std::integral_constant<Gate, Gate::vector>{});
}

template <class T>
double work_of(const FilterGraph<T>& g, const GateLayout& layout, int f) {
  return 2.0 * g.graph.n_edges() * f * layout.n_gates * (g.n_rbf + 4);
}

}  // namespace

template <class T>
void edge_filter_sparse(Cpu be, const FilterGraph<T>& g, const GateLayout& layout, FilterTable<T> table,
                        View<const T, 3> x, View<T, 3> y) {
  const GraphView graph(g.graph);
  const int f = x.dim(2);
  const Arena::Scope scope(*be.scratch);
  const std::size_t size = Lot<T>::size(table.n_rows);
  T* scratch = be.scratch->allocate_array<T>(size * static_cast<std::size_t>(be.n_threads));
  const int step = channels_a_walk<T>(graph, layout.n_in(), f), walks = (f + step - 1) / step;
  parallel_for_ragged(be, walks * graph.n_dst, work_of(g, layout, f), [&](int task) {
    const int i = task % graph.n_dst, begin = task / graph.n_dst * step, end = std::min(begin + step, f);
    if (g.node_is_dense.size() && g.node_is_dense[i]) return;
    Lot<T> lot(scratch + size * static_cast<std::size_t>(omp_get_thread_num()), table.n_rows);
    T* yi = y.row(i);
    for (int row = 0; row < layout.n_out(); ++row) std::fill(yi + row * f + begin, yi + row * f + end, T(0));
    for (int first = graph.offset[i]; first < graph.offset[i + 1]; first += kLot) {
      const int last = std::min(first + kLot, graph.offset[i + 1]);
      lot.n = 0;
      for (int e = first; e < last; ++e) lot.add(g, e, graph.src[e]);
      lot.make_basis(g.n_rbf);
      for_strips(layout, begin, end, [&](int gate, Gate kind, int in, int out, int c0, int width) {
        with_kind(kind, [&](auto k) __attribute__((always_inline)) {
          for_tiles<T>(lot.n, c0, width, [&](auto R, auto V, auto io, Place at) __attribute__((always_inline)) {
            Vec<T> w[R][V] = {};
            make_filters<T, R, V>(lot, table, gate, at, w);
            const Neighbors<T, R> senders(lot, at.edge, [&](int j) { return x.row(j) + in * f + at.channel; });
            add_forward<k, T, R, V>(lot, at.edge, f, io, w, senders, yi + out * f + at.channel);
          });
        });
      });
    }
  });
}

template <class T>
void edge_filter_sparse_backward(Cpu be, const FilterGraph<T>& g, const GateLayout& layout, FilterTable<T> table,
                                 View<const T, 3> x, View<const T, 3> dy, View<T, 3> dx, T* dtable) {
  const GraphView graph(g.graph);
  const int f = x.dim(2);
  const Arena::Scope scope(*be.scratch);
  const std::size_t table_size = static_cast<std::size_t>(table.n_rows) * static_cast<std::size_t>(table.n_columns);
  // senders in a fixed number of chunks, each with its own sum for the table, and a row for the gradient nobody wants
  T* partial = dtable ? be.scratch->allocate_array<T>(table_size * kSumChunks) : nullptr;
  const std::size_t lot_size = Lot<T>::size(table.n_rows), size = lot_size + static_cast<std::size_t>(row_pitch(layout.n_in() * f));
  T* scratch = be.scratch->allocate_array<T>(size * kSumChunks);
  const int step = channels_a_walk<T>(graph, layout.n_out(), f), walks = (f + step - 1) / step;
  parallel_for(be, kSumChunks, 3 * work_of(g, layout, f), [&](int chunk) {
    T* own = scratch + size * static_cast<std::size_t>(chunk);
    Lot<T> lot(own, table.n_rows);
    T* sums = partial ? partial + table_size * static_cast<std::size_t>(chunk) : nullptr;
    if (sums) std::fill_n(sums, table_size, T(0));
    if (!dx.data()) std::fill_n(own + lot_size, layout.n_in() * f, T(0));
    const std::size_t n = static_cast<std::size_t>(graph.n_src);
    const int first_j = static_cast<int>(chunk_begin(n, chunk)), n_own = static_cast<int>(chunk_begin(n, chunk + 1)) - first_j;
    for (int task = 0; task < walks * n_own; ++task) {
      const int j = first_j + task % n_own, begin = task / n_own * step, end = std::min(begin + step, f);
      if (g.node_is_dense.size() && g.node_is_dense[j]) continue;
      T* dxj = dx.data() ? dx.row(j) : own + lot_size;
      for (int first = graph.src_offset[j]; first < graph.src_offset[j + 1]; first += kLot) {
        const int last = std::min(first + kLot, graph.src_offset[j + 1]);
        lot.n = 0;
        for (int s = first; s < last; ++s) lot.add(g, graph.by_src[s], graph.dst[graph.by_src[s]]);
        lot.make_basis(g.n_rbf);
        for_strips(layout, begin, end, [&](int gate, Gate kind, int in, int out, int c0, int width) {
          with_kind(kind, [&](auto k) __attribute__((always_inline)) {
            for_tiles<T>(lot.n, c0, width, [&](auto R, auto V, auto io, Place at) __attribute__((always_inline)) {
              Vec<T> w[R][V] = {};
              make_filters<T, R, V>(lot, table, gate, at, w);
              const Neighbors<T, R> receivers(lot, at.edge, [&](int i) { return dy.row(i) + out * f + at.channel; });
              add_backward<k, T, R, V>(lot, at.edge, f, io, w, receivers, x.row(j) + in * f + at.channel,
                                       dxj + in * f + at.channel, lot.p + at.edge * kStrip + at.channel - c0);
            });
          });
          if (sums)
            small_gemm(table.n_rows, row_pitch(width), lot.n, lot.basis, kLot, 1, lot.p, kStrip,
                       sums + table.offset(0, gate, c0), table.n_columns, true);
        });
      }
    }
  });
  if (!partial) return;
  parallel_for(be, static_cast<int>(table_size), double(table_size) * kSumChunks, [&](int i) {
    for (int chunk = 0; chunk < kSumChunks; ++chunk)
      dtable[i] += partial[table_size * static_cast<std::size_t>(chunk) + static_cast<std::size_t>(i)];
  });
}

#define REGRAIN_INSTANTIATE(T)                                                                                        \
  template void edge_filter_sparse<T>(Cpu, const FilterGraph<T>&, const GateLayout&, FilterTable<T>, View<const T, 3>, \
                                      View<T, 3>);                                                                    \
  template void edge_filter_sparse_backward<T>(Cpu, const FilterGraph<T>&, const GateLayout&, FilterTable<T>,         \
                                               View<const T, 3>, View<const T, 3>, View<T, 3>, T*);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
