// Filtered sum, edge by edge. Forward walks the receivers, backward the senders, so every row has one writer. Edges
// come in lots and channels in strips: the filters of a lot in a strip, radial basis times table, are one small
// matrix product that stays in the first cache and is thrown away.
#include "kernels/edge_filter_forms.hpp"
#include "kernels/parallel.hpp"
#include "kernels/radial.hpp"
#include "kernels/small_gemm.hpp"

#include <omp.h>

namespace regrain::kernels {

namespace {

constexpr int kLot = 32;     // edges
constexpr int kStrip = 48;   // channels

// The edges of a node inside the cutoff, with their radial basis.
template <class T>
struct Lot {
  int n = 0;
  int node[kLot];  // at the other end
  T unit[kLot][3];
  T* basis;  // (n, n_rows)
  T* w;      // filters of a strip, (n, kStrip)
  T* p;      // gradient of the filters, (n, kStrip)

  Lot(T* scratch, int n_rows) : basis(scratch), w(scratch + kLot * n_rows), p(w + kLot * kStrip) {}
  static std::size_t size(int n_rows) { return static_cast<std::size_t>(kLot * (n_rows + 2 * kStrip)); }

  void add(const FilterGraph<T>& g, int edge, int other) {
    const T d = g.geometry.d_E[static_cast<std::size_t>(edge)];
    if (!(d < g.cutoff)) return;
    radial_basis(d, g.angle_E[static_cast<std::size_t>(edge)], g.n_rbf, basis + n * (g.n_rbf + 1));
    if (g.geometry.unit_E3.data())
      std::copy_n(g.geometry.unit_E3.data() + 3 * static_cast<std::size_t>(edge), 3, unit[n]);
    node[n++] = other;
  }
  void make_filters(const FilterTable<T>& table, int gate, int channel, int width) {
    small_gemm(n, FilterTable<T>::pitch_of(width), table.n_rows, basis, table.n_rows, 1, table.row(0, gate, channel),
               table.n_columns, w, kStrip, false);
  }
};

// f(gate, kind, first row of x, first row of y, first channel, width)
template <class F>
void for_strips(const GateLayout& layout, int f, F body) {
  for (int gate = 0, in = 0, out = 0; gate < layout.n_gates; ++gate) {
    const Gate kind = layout.kind[static_cast<std::size_t>(gate)];
    for (int c0 = 0; c0 < f; c0 += kStrip) body(gate, kind, in, out, c0, std::min(kStrip, f - c0));
    in += GateLayout::rows_in(kind);
    out += GateLayout::rows_out(kind);
  }
}

// y[c] += sum over t of scale(t) w[t][c] x(t)[c]: sums in registers, three vectors of channels at a time
template <class T, class Row, class Scale>
inline void add_products(int n, int width, const T* w, Row x, Scale scale, T* y) {
  constexpr int lanes = kLanes<T>;
  int c = 0;
  const auto vectors = [&](auto count) {
    constexpr int V = count;
    for (; c + V * lanes <= width; c += V * lanes) {
      Vec<T> sum[V];
#pragma GCC unroll 3
      for (int v = 0; v < V; ++v) sum[v] = load_vec(y + c + v * lanes);
      for (int t = 0; t < n; ++t) {
        const T *wt = w + t * kStrip + c, *xt = x(t) + c;
        const T s = scale(t);
#pragma GCC unroll 3
        for (int v = 0; v < V; ++v) sum[v] += s * (load_vec(wt + v * lanes) * load_vec(xt + v * lanes));
      }
#pragma GCC unroll 3
      for (int v = 0; v < V; ++v) store_vec(y + c + v * lanes, sum[v]);
    }
  };
  vectors(std::integral_constant<int, 3>{});
  vectors(std::integral_constant<int, 1>{});
  for (; c < width; ++c)
    for (int t = 0; t < n; ++t) y[c] += scale(t) * (w[t * kStrip + c] * x(t)[c]);
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
  parallel_for_ragged(be, graph.n_dst, work_of(g, layout, f), [&](int i) {
    if (!g.node_is_dense.empty() && g.node_is_dense[i]) return;
    Lot<T> lot(scratch + size * static_cast<std::size_t>(omp_get_thread_num()), table.n_rows);
    T* yi = y.row(i);
    std::fill_n(yi, layout.n_out() * f, T(0));
    for (int first = graph.offset[i]; first < graph.offset[i + 1]; first += kLot) {
      const int last = std::min(first + kLot, graph.offset[i + 1]);
      lot.n = 0;
      for (int e = first; e < last; ++e) lot.add(g, e, graph.src[e]);
      for_strips(layout, f, [&](int gate, Gate kind, int in, int out, int c0, int width) {
        lot.make_filters(table, gate, c0, width);
        for (int r = 0; r < GateLayout::rows_out(kind); ++r) {
          const std::ptrdiff_t at = (in + (kind == Gate::vector ? r : 0)) * f + c0;
          const auto row = [&](int t) { return x.row(lot.node[t]) + at; };
          T* to = yi + (out + r) * f + c0;
          if (kind == Gate::direction)
            add_products(lot.n, width, lot.w, row, [&](int t) { return lot.unit[t][r]; }, to);
          else
            add_products(lot.n, width, lot.w, row, [](int) { return T(1); }, to);
        }
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
  // senders in a fixed number of chunks, each with its own sum for the table
  T* partial = dtable ? be.scratch->allocate_array<T>(table_size * kSumChunks) : nullptr;
  const std::size_t size = Lot<T>::size(table.n_rows);
  T* scratch = be.scratch->allocate_array<T>(size * kSumChunks);
  parallel_for(be, kSumChunks, 3 * work_of(g, layout, f), [&](int chunk) {
    Lot<T> lot(scratch + size * static_cast<std::size_t>(chunk), table.n_rows);
    T* sums = partial ? partial + table_size * static_cast<std::size_t>(chunk) : nullptr;
    if (sums) std::fill_n(sums, table_size, T(0));
    const std::size_t n = static_cast<std::size_t>(graph.n_src);
    const int end = static_cast<int>(chunk_begin(n, chunk + 1));
    for (int j = static_cast<int>(chunk_begin(n, chunk)); j < end; ++j) {
      if (!g.node_is_dense.empty() && g.node_is_dense[j]) continue;
      for (int first = graph.src_offset[j]; first < graph.src_offset[j + 1]; first += kLot) {
        const int last = std::min(first + kLot, graph.src_offset[j + 1]);
        lot.n = 0;
        for (int s = first; s < last; ++s) lot.add(g, graph.by_src[s], graph.dst[graph.by_src[s]]);
        for_strips(layout, f, [&](int gate, Gate kind, int in, int out, int c0, int width) {
          if (dx.data()) lot.make_filters(table, gate, c0, width);
          if (sums && width % kLanes<T>)  // the padding of the last vector
            for (int t = 0; t < lot.n; ++t) std::fill(lot.p + t * kStrip + width, lot.p + t * kStrip + FilterTable<T>::pitch_of(width), T(0));
          for (int r = 0; r < GateLayout::rows_out(kind); ++r) {
            const std::ptrdiff_t at = (in + (kind == Gate::vector ? r : 0)) * f + c0;
            const auto row = [&](int t) { return dy.row(lot.node[t]) + (out + r) * f + c0; };
            const auto scale = [&](int t) { return kind == Gate::direction ? lot.unit[t][r] : T(1); };
            if (dx.data()) add_products(lot.n, width, lot.w, row, scale, dx.row(j) + at);
            if (!sums) continue;
            const T* xj = x.row(j) + at;
            for (int t = 0; t < lot.n; ++t) {  // d loss / d filter
              const T* grad = row(t);
              const T factor = scale(t);
              T* p = lot.p + t * kStrip;
              if (r == 0) {
#pragma omp simd
                for (int c = 0; c < width; ++c) p[c] = factor * (grad[c] * xj[c]);
              } else {
#pragma omp simd
                for (int c = 0; c < width; ++c) p[c] += factor * (grad[c] * xj[c]);
              }
            }
          }
          if (sums)
            small_gemm(table.n_rows, FilterTable<T>::pitch_of(width), lot.n, lot.basis, 1, table.n_rows, lot.p, kStrip,
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
