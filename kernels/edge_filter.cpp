#include "kernels/edge_filter.hpp"

#include <algorithm>

#include "kernels/edge_filter_forms.hpp"
#include "kernels/parallel.hpp"
#include "kernels/radial.hpp"
#include "kernels/simd.hpp"

namespace regrain::kernels {

namespace {

// What a multiplication of the sparse form takes longer than one of the dense form, measured: 1.2 to 1.4.
constexpr double kSparseOverhead = 1.3;

// f(gate, channel, row of the weight) for the gates of a layout, F channels each
template <class F>
void for_columns(const GateLayout& layout, int f, F body) {
  for (int g = 0; g < layout.n_gates; ++g)
    for (int c = 0; c < f; ++c) body(g, c, layout.block[static_cast<std::size_t>(g)] * f + c);
}

template <class T>
FilterTable<T> make_table(Cpu be, const GateLayout& layout, int f, View<const T, 2> weight, View<const T, 1> bias) {
  const int pitch = row_pitch(f), columns = layout.n_gates * pitch, n_rbf = weight.dim(1);
  const std::size_t size = static_cast<std::size_t>(columns) * static_cast<std::size_t>(n_rbf + 1);
  T* data = be.scratch->allocate_array<T>(size);
  std::fill_n(data, size, T(0));
  const FilterTable<T> table{data, n_rbf + 1, pitch, columns};
  for_columns(layout, f, [&](int gate, int c, int row) {
    data[table.offset(0, gate, c)] = bias(row);
    for (int k = 0; k < n_rbf; ++k) data[table.offset(k + 1, gate, c)] = weight(row, k);
  });
  return table;
}

// [kinds][n][(n_rbf + 1)][n]: plain, then times x, y, z of the direction
template <class T>
void fill_matrices(const FilterGraph<T>& g, int begin, int end, Tensor<T>& out) {
  const std::size_t n = static_cast<std::size_t>(end - begin), terms = static_cast<std::size_t>(g.n_rbf + 1);
  const int n_kinds = out.dim(0);
  T basis[kMaxRadialTerms];
  for (std::size_t i = 0; i < n; ++i) {
    const int node = begin + static_cast<int>(i);
    for (int edge = g.graph.offset[node]; edge < g.graph.offset[node + 1]; ++edge) {
      const int src = g.graph.src[edge];
      radial_basis(g.geometry.d_E[edge], g.cutoff, g.n_rbf, basis);
      for (int kind = 0; kind < n_kinds; ++kind) {
        const T factor = kind == 0 ? T(1) : g.geometry.unit_E3[3 * edge + kind - 1];
        T* row = out.data() + (static_cast<std::size_t>(kind) * n + i) * terms * n + static_cast<std::size_t>(src - begin);
        for (std::size_t k = 0; k < terms; ++k) row[k * n] += factor * basis[k];
      }
    }
  }
}

template <class T>
void measure_angles(Cpu be, FilterGraph<T>& g) {
  const int n = g.graph.n_edges();
  g.angle_E = Tensor<RadialAngle<T>>({n});
  parallel_for_ragged(be, g.graph.n_dst, 60.0 * n, [&](int i) {
    if (g.node_is_dense.size() && g.node_is_dense[i]) return;
    for (int e = g.graph.offset[i]; e < g.graph.offset[i + 1]; ++e) g.angle_E[e] = radial_angle(g.geometry.d_E[e], g.cutoff);
  });
}

// Before the parallel loop, which must not throw.
void check_frames(const Graph& graph, const std::vector<int>& node_offset) {
  for (std::size_t f = 0; f + 1 < node_offset.size(); ++f)
    for (int e = graph.offset[node_offset[f]]; e < graph.offset[node_offset[f + 1]]; ++e)
      REGRAIN_CHECK(graph.src[e] >= node_offset[f] && graph.src[e] < node_offset[f + 1], "filter graph: edge ", e,
                    ", sent by node ", graph.src[e], ", enters frame ", f, " from outside");
}

bool has_direction(const GateLayout& gates) {
  const auto end = gates.kind.begin() + gates.n_gates;
  return std::find(gates.kind.begin(), end, Gate::direction) != end;
}

}  // namespace

template <class T>
void check_filter_shapes(const FilterGraph<T>& g, const GateLayout& layout, View<const T, 2> weight, View<const T, 3> x,
                         View<const T, 3> y) {
  const int f = x.dim(2);
  bool kept = g.geometry.unit_E3.dim(0) == g.graph.n_edges();
  for (const auto& matrices : g.matrices) kept = kept && (!matrices || matrices->dim(0) == 4);
  REGRAIN_CHECK(kept || !has_direction(layout), "edge_filter: the graph was made for gates without a direction");
  const int blocks = 1 + *std::max_element(layout.block.begin(), layout.block.begin() + layout.n_gates);
  REGRAIN_CHECK(weight.dim(0) >= blocks * f && weight.dim(1) == g.n_rbf, "edge_filter: weight is ",
                weight.dim(0), "x", weight.dim(1), ", expected ", blocks * f, "x", g.n_rbf);
  REGRAIN_CHECK(x.dim(0) == g.graph.n_src && x.dim(1) == layout.n_in() && y.dim(0) == g.graph.n_dst &&
                    y.dim(1) == layout.n_out() && y.dim(2) == f,
                "edge_filter: x is (", x.dim(0), ", ", x.dim(1), ", ", f, "), y is (", y.dim(0), ", ", y.dim(1), ", ",
                y.dim(2), ") for a graph of ", g.graph.n_src, " -> ", g.graph.n_dst);
}

FilterForm cheaper_form(int n_edges, int n_nodes, int n_rbf, const GateLayout& gates) {
  const double terms = n_rbf + 1;
  // a product with all matrices each way, for every row that comes out
  const double dense = 2.0 * n_nodes * n_nodes * gates.n_out() * terms;
  // filters, their sums, and backward both twice
  const double sparse = kSparseOverhead * 3.0 * n_edges * (gates.n_gates * terms + gates.n_out());
  return dense < sparse ? FilterForm::dense : FilterForm::sparse;
}

template <class T>
FilterGraph<T> make_filter_graph(Cpu be, Graph graph, View<const T, 2> x_dst, View<const T, 2> x_src, T cutoff,
                                 int n_rbf, const std::vector<int>& node_offset, const GateLayout& gates, FilterForm form) {
  REGRAIN_CHECK(cutoff > 0 && n_rbf >= 1 && n_rbf < kMaxRadialTerms, "filter graph: cutoff ", cutoff, ", ", n_rbf,
                " radial functions; 1 to ", kMaxRadialTerms - 1, " are possible");
  FilterGraph<T> g;
  g.geometry = edge_geometry<T>(be, graph, x_dst, x_src, has_direction(gates) ? Directions::keep : Directions::drop);
  g.graph = std::move(graph);
  g.cutoff = cutoff;
  g.n_rbf = n_rbf;
  g.node_offset = node_offset;
  const bool one_set = !node_offset.empty() && g.graph.n_dst == g.graph.n_src && node_offset.back() == g.graph.n_dst;
  REGRAIN_CHECK(one_set || form != FilterForm::dense, "filter graph: the dense form needs one set of nodes and its frames");
  if (!one_set) {
    measure_angles(be, g);
    return g;
  }

  check_frames(g.graph, node_offset);
  const int n_frames = static_cast<int>(node_offset.size()) - 1;
  g.matrices.resize(static_cast<std::size_t>(n_frames));
  g.node_is_dense = Tensor<char>({g.graph.n_dst});
  std::vector<Tensor<T>> matrices(static_cast<std::size_t>(n_frames));
  int n_dense = 0;
  for (int f = 0; f < n_frames; ++f) {
    const int begin = node_offset[f], end = node_offset[f + 1];
    const int n_edges = g.graph.offset[end] - g.graph.offset[begin];
    const FilterForm here = form == FilterForm::automatic ? cheaper_form(n_edges, end - begin, n_rbf, gates) : form;
    if (here == FilterForm::sparse) continue;
    std::fill(g.node_is_dense.begin() + begin, g.node_is_dense.begin() + end, 1);
    matrices[f] = Tensor<T>({has_direction(gates) ? 4 : 1, end - begin, n_rbf + 1, end - begin});
    ++n_dense;
  }
  g.form = n_dense == n_frames ? FilterForm::dense : n_dense == 0 ? FilterForm::sparse : FilterForm::automatic;
  if (g.form != FilterForm::dense) measure_angles(be, g);
  parallel_for(be, n_frames, 30.0 * g.graph.n_edges() * (n_rbf + 1), [&](int f) {
    if (node_offset[f] < node_offset[f + 1] && g.node_is_dense[node_offset[f]])
      fill_matrices(g, node_offset[f], node_offset[f + 1], matrices[f]);
  });
  for (int f = 0; f < n_frames; ++f)
    if (matrices[f].size() > 0) g.matrices[f] = std::make_shared<const Tensor<T>>(std::move(matrices[f]));
  return g;
}

template <class T>
std::size_t bytes_of(const FilterGraph<T>& g) {
  std::size_t bytes = regrain::bytes_of(g.graph) + regrain::bytes_of(g.geometry) + g.node_is_dense.bytes() + g.angle_E.bytes() +
                      g.node_offset.size() * sizeof(int);
  for (const auto& matrices : g.matrices) bytes += matrices ? matrices->bytes() : 0;
  return bytes;
}

namespace {

// The matrices of all frames one after another in a device's memory, and where each begins.
template <class T>
void join_matrices(Context& context, const FilterGraph<T>& g, FilterGraph<T>& out) {
  out.matrix_offset = {0};
  for (const auto& matrices : g.matrices)
    out.matrix_offset.push_back(out.matrix_offset.back() + (matrices ? matrices->size() : 0));
  const std::size_t n = out.matrix_offset.back();
  REGRAIN_CHECK(n < (std::size_t{1} << 31), "filter graph: matrices of ", n, " elements are too many; take fewer frames");
  out.joined_matrices.reshape_unset({static_cast<int>(n)});
  for (std::size_t f = 0; f < g.matrices.size(); ++f)
    if (g.matrices[f])
      context.write(out.joined_matrices.data() + out.matrix_offset[f], g.matrices[f]->data(), g.matrices[f]->bytes());
}

}  // namespace

template <class T>
void copy_to_backend(Context& context, const FilterGraph<T>& from, FilterGraph<T>& to, Room edge_room) {
  copy_members_to_backend(context, from, to, edge_room);
  if (context.device() == Device::cpu) to.matrices = from.matrices;
  else if (!from.matrices.empty()) join_matrices(context, from, to);
}

template <class T>
void edge_filter(Cpu be, const FilterGraph<T>& g, const GateLayout& layout, View<const T, 2> weight,
                 View<const T, 1> bias, View<const T, 3> x, View<T, 3> y) {
  check_filter_shapes<T>(g, layout, weight, x, y);
  const Arena::Scope scope(*be.scratch);
  const FilterTable<T> table = make_table(be, layout, x.dim(2), weight, bias);
  if (g.form != FilterForm::sparse) edge_filter_dense(be, g, layout, table, x, y);
  if (g.form != FilterForm::dense) edge_filter_sparse(be, g, layout, table, x, y);
}

template <class T>
void edge_filter_backward(Cpu be, const FilterGraph<T>& g, const GateLayout& layout, View<const T, 2> weight,
                          View<const T, 1> bias, View<const T, 3> x, View<const T, 3> dy, View<T, 3> dx,
                          View<T, 2> dweight, View<T, 1> dbias) {
  check_filter_shapes<T>(g, layout, weight, x, dy);
  const Arena::Scope scope(*be.scratch);
  const FilterTable<T> table = make_table(be, layout, x.dim(2), weight, bias);
  const std::size_t size = static_cast<std::size_t>(table.n_rows) * static_cast<std::size_t>(table.n_columns);
  REGRAIN_CHECK(!dweight.data() == !dbias.data(), "edge_filter: gradient of one of weight and bias alone");
  T* dtable = dweight.data() ? be.scratch->allocate_array<T>(size) : nullptr;
  if (dtable) std::fill_n(dtable, size, T(0));
  if (g.form != FilterForm::sparse) edge_filter_dense_backward(be, g, layout, table, x, dy, dx, dtable);
  if (g.form != FilterForm::dense) edge_filter_sparse_backward(be, g, layout, table, x, dy, dx, dtable);
  if (!dtable) return;
  for_columns(layout, x.dim(2), [&](int gate, int c, int row) {
    dbias(row) += dtable[table.offset(0, gate, c)];
    for (int k = 1; k < table.n_rows; ++k) dweight(row, k - 1) += dtable[table.offset(k, gate, c)];
  });
}

#define REGRAIN_INSTANTIATE(T)                                                                                      \
  template FilterGraph<T> make_filter_graph<T>(Cpu, Graph, View<const T, 2>, View<const T, 2>, T, int,              \
                                               const std::vector<int>&, const GateLayout&, FilterForm);             \
  template std::size_t bytes_of<T>(const FilterGraph<T>&);                                                          \
  template void copy_to_backend<T>(Context&, const FilterGraph<T>&, FilterGraph<T>&, Room);                         \
  template void check_filter_shapes<T>(const FilterGraph<T>&, const GateLayout&, View<const T, 2>, View<const T, 3>, \
                                       View<const T, 3>);                                                           \
  template void edge_filter<T>(Cpu, const FilterGraph<T>&, const GateLayout&, View<const T, 2>, View<const T, 1>,   \
                               View<const T, 3>, View<T, 3>);                                                       \
  template void edge_filter_backward<T>(Cpu, const FilterGraph<T>&, const GateLayout&, View<const T, 2>,            \
                                        View<const T, 1>, View<const T, 3>, View<const T, 3>, View<T, 3>, View<T, 2>, \
                                        View<T, 1>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
