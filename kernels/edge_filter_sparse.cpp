// Filtered sum, edge by edge. Forward walks the receivers, backward the senders, so every row has
// one writer; the filter of an edge lives in a strip of registers and is thrown away.
#include "kernels/edge_filter_forms.hpp"
#include "kernels/parallel.hpp"
#include "kernels/radial.hpp"

namespace regrain::kernels {

namespace {

constexpr int kStrip = 64;

// w[0, width) = sum_k basis[k] table(k, column + c)
template <class T>
inline void filter_strip(const FilterTable<T>& table, const T* basis, int column, int width, T* w) {
  for (int c = 0; c < width; ++c) w[c] = basis[0] * table.row(0, column)[c];
  for (int k = 1; k < table.n_rows; ++k) {
    const T b = basis[k];
    const T* row = table.row(k, column);
    for (int c = 0; c < width; ++c) w[c] += b * row[c];
  }
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
  parallel_for_ragged(be, graph.n_dst, work_of(g, layout, f), [&](int i) {
    if (!g.node_is_dense.empty() && g.node_is_dense[i]) return;
    T basis[kMaxRadialTerms], w[kStrip];
    T* yi = y.row(i);
    std::fill_n(yi, layout.n_out() * f, T(0));
    for (int e = graph.offset[i]; e < graph.offset[i + 1]; ++e) {
      const T d = g.geometry.d_E[static_cast<std::size_t>(e)];
      if (!(d < g.cutoff)) continue;
      radial_basis(d, g.cutoff, g.n_rbf, basis);
      const T* unit = g.geometry.unit_E3.data() + 3 * static_cast<std::size_t>(e);
      const T* xj = x.row(graph.src[e]);
      for (int gate = 0, in = 0, out = 0; gate < layout.n_gates; ++gate) {
        const Gate kind = layout.kind[static_cast<std::size_t>(gate)];
        for (int c0 = 0; c0 < f; c0 += kStrip) {
          const int width = std::min(kStrip, f - c0);
          filter_strip(table, basis, gate * f + c0, width, w);
          for (int r = 0; r < GateLayout::rows_out(kind); ++r) {
            const T* from = xj + (in + (kind == Gate::vector ? r : 0)) * f + c0;
            T* to = yi + (out + r) * f + c0;
            const T factor = kind == Gate::direction ? unit[r] : T(1);
            for (int c = 0; c < width; ++c) to[c] += factor * (w[c] * from[c]);
          }
        }
        in += GateLayout::rows_in(kind);
        out += GateLayout::rows_out(kind);
      }
    }
  });
}

template <class T>
void edge_filter_sparse_backward(Cpu be, const FilterGraph<T>& g, const GateLayout& layout, FilterTable<T> table,
                                 View<const T, 3> x, View<const T, 3> dy, View<T, 3> dx, T* dtable) {
  const GraphView graph(g.graph);
  const int f = x.dim(2);
  const std::size_t table_size = static_cast<std::size_t>(table.n_rows) * static_cast<std::size_t>(table.n_columns);
  // senders in a fixed number of chunks, each with its own sum for the table
  T* partial = dtable ? be.scratch->allocate_array<T>(table_size * kSumChunks) : nullptr;
  parallel_for(be, kSumChunks, work_of(g, layout, f), [&](int chunk) {
    T basis[kMaxRadialTerms], w[kStrip], p[kStrip];
    T* sums = partial ? partial + table_size * static_cast<std::size_t>(chunk) : nullptr;
    if (sums) std::fill_n(sums, table_size, T(0));
    const std::size_t n = static_cast<std::size_t>(graph.n_src);
    const int end = static_cast<int>(chunk_begin(n, chunk + 1));
    for (int j = static_cast<int>(chunk_begin(n, chunk)); j < end; ++j) {
      if (!g.node_is_dense.empty() && g.node_is_dense[j]) continue;
      const T* xj = x.row(j);
      for (int s = graph.src_offset[j]; s < graph.src_offset[j + 1]; ++s) {
        const std::size_t e = static_cast<std::size_t>(graph.by_src[s]);
        const T d = g.geometry.d_E[e];
        if (!(d < g.cutoff)) continue;
        radial_basis(d, g.cutoff, g.n_rbf, basis);
        const T* unit = g.geometry.unit_E3.data() + 3 * e;
        const T* dyi = dy.row(graph.dst[e]);
        for (int gate = 0, in = 0, out = 0; gate < layout.n_gates; ++gate) {
          const Gate kind = layout.kind[static_cast<std::size_t>(gate)];
          for (int c0 = 0; c0 < f; c0 += kStrip) {
            const int width = std::min(kStrip, f - c0);
            filter_strip(table, basis, gate * f + c0, width, w);
            std::fill_n(p, width, T(0));  // d loss / d filter
            for (int r = 0; r < GateLayout::rows_out(kind); ++r) {
              const int row_in = in + (kind == Gate::vector ? r : 0);
              const T* from = xj + row_in * f + c0;
              const T* grad = dyi + (out + r) * f + c0;
              const T factor = kind == Gate::direction ? unit[r] : T(1);
              for (int c = 0; c < width; ++c) p[c] += factor * (grad[c] * from[c]);
              if (dx.data()) {
                T* to = dx.row(j) + row_in * f + c0;
                for (int c = 0; c < width; ++c) to[c] += factor * (grad[c] * w[c]);
              }
            }
            for (int k = 0; sums && k < table.n_rows; ++k) {
              T* row = sums + static_cast<std::size_t>(k) * static_cast<std::size_t>(table.n_columns) + gate * f + c0;
              for (int c = 0; c < width; ++c) row[c] += basis[k] * p[c];
            }
          }
          in += GateLayout::rows_in(kind);
          out += GateLayout::rows_out(kind);
        }
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
