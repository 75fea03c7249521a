#include "kernels/join.hpp"

namespace regrain::kernels {

namespace {

// Where the nodes or edges of every part begin.
template <class Part, class Count>
std::vector<int> begins(const Parts<Part>& parts, Count count) {
  std::vector<int> begin;
  int n = 0;
  for (const Part* p : parts) {
    begin.push_back(n);
    n += count(*p);
  }
  return begin;
}

// The offsets of all nodes, without those at the ends of parts but the last.
void join_offsets(const Parts<Graph>& parts, Graph& out, Tensor<int> Graph::*offset, int n_nodes) {
  Tensor<int>& joined = out.*offset;
  joined.reshape_unset({n_nodes + 1});
  int* to = joined.begin();
  int first_edge = 0;
  for (const Graph* g : parts) {
    const Tensor<int>& of_part = g->*offset;
    to = std::transform(of_part.begin(), of_part.end() - 1, to, [&](int e) { return e + first_edge; });
    first_edge += g->n_edges();
  }
  *to = first_edge;
}

}  // namespace

void join(const Parts<Graph>& parts, Graph& out) {
  const std::vector<int> dst = begins(parts, [](const Graph&g) { return g.n_dst; }),
                         src = begins(parts, [](const Graph&g) { return g.n_src; }),
                         edge = begins(parts, [](const Graph&g) { return g.n_edges(); });
  const bool both_ways = parts.front()->src_offset.size() > 0;
  for (const Graph* g : parts)
    REGRAIN_CHECK((g->src_offset.size() > 0) == both_ways, "join: a graph for walks along the receivers and one for both ways");
  out.n_dst = dst.back() + parts.back()->n_dst;
  out.n_src = src.back() + parts.back()->n_src;
  join_indices(parts, out, &Graph::dst, dst);
  join_indices(parts, out, &Graph::src, src);
  join_indices(parts, out, &Graph::by_src, edge);
  join_offsets(parts, out, &Graph::offset, out.n_dst);
  if (both_ways)
    join_offsets(parts, out, &Graph::src_offset, out.n_src);
  else
    out.src_offset.reshape_unset({0});
}

template <class T>
void join(const Parts<FilterGraph<T>>& parts, FilterGraph<T>& out) {
  using Filter = FilterGraph<T>;
  const Filter& first = *parts.front();
  const bool in_frames = !first.node_offset.empty();
  for (const Filter* p : parts)
    REGRAIN_CHECK(p->cutoff == first.cutoff && p->n_rbf == first.n_rbf && p->node_offset.empty() != in_frames,
                  "join: filter graphs of cutoff ", p->cutoff, " with ", p->n_rbf,
                  " functions behind cutoff ", first.cutoff, " with ", first.n_rbf,
                  " functions, in frames: ", !p->node_offset.empty(), " behind ", in_frames);
  out.cutoff = first.cutoff;
  out.n_rbf = first.n_rbf;
  join_member(parts, out, &Filter::graph);
  join_rows(
      parts, out, [](auto& g) -> auto& { return g.geometry.d_E; });
  join_rows(
      parts, out, [](auto& g) -> auto& { return g.geometry.unit_E3; });

  const auto all = [&](FilterForm form) {
    return std::ranges::all_of(parts, [&](const Filter* p) { return p->form == form; });
  };
  out.form = all(FilterForm::sparse)  ? FilterForm::sparse
             : all(FilterForm::dense) ? FilterForm::dense
                                      : FilterForm::automatic;
  out.node_offset.clear();
  out.matrices.clear();
  join_rows(
      parts, out, [](auto& g) -> auto& { return g.node_is_dense; });
  // of dense parts nobody reads any
  out.angle_E.reshape_unset({out.form == FilterForm::dense ? 0 : out.graph.n_edges()});
  RadialAngle<T>* angle = out.angle_E.data();
  if (in_frames) out.node_offset.push_back(0);
  for (const Filter* p : parts) {
    const int first_node = in_frames ? out.node_offset.back() : 0;
    for (std::size_t f = 1; f < p->node_offset.size(); ++f)
      out.node_offset.push_back(first_node + p->node_offset[f]);
    out.matrices.insert(out.matrices.end(), p->matrices.begin(), p->matrices.end());
    if (out.form == FilterForm::dense) continue;
    std::copy(p->angle_E.begin(), p->angle_E.end(), angle);
    std::fill_n(angle + p->angle_E.size(), static_cast<std::size_t>(p->graph.n_edges()) - p->angle_E.size(), RadialAngle<T>{});
    angle += p->graph.n_edges();
  }
}

#define REGRAIN_INSTANTIATE(T)                                          \
  template void join<T>(const Parts<FilterGraph<T>>&, FilterGraph<T>&);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
