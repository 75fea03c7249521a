#include "kernels/edge_blocks.hpp"

#include "engine/errors.hpp"
#include "kernels/edge_inputs.hpp"
#include "kernels/spherical_harmonics.hpp"

namespace regrain::kernels {

namespace {

template <class T>
View<T, 2> scratch_rows(Cpu be, int rows, int width) {
  return {be.scratch->allocate_array<T>(static_cast<std::size_t>(rows) * static_cast<std::size_t>(width)),
          {rows, width}};
}

template <class T>
View<const T, 2> block_vectors(Cpu be, GraphView block, int first_receiver, View<const T, 2> x_N3) {
  const View<T, 2> r_E3 = scratch_rows<T>(be, block.n_edges, 3);
  edge_vectors<T>(be, block, row_range(x_N3, first_receiver, block.n_dst), x_N3, r_E3);
  return r_E3;
}

}  // namespace

template <class T>
void embed_labelled_edges(Cpu be, GraphView g, const LabelledPoints<T>& nodes, const EmbeddingNetwork<T>& network,
                          View<T, 2> y_EO) {
  REGRAIN_CHECK(
      nodes.x_N3.dim(0) == g.n_dst && g.n_dst == g.n_src && nodes.label_N.dim(0) == g.n_dst && y_EO.dim(0) == g.n_edges,
      "embed_labelled_edges: ", nodes.x_N3.dim(0), " points, ", nodes.label_N.dim(0), " labels and ", y_EO.dim(0),
      " rows for a graph of ", g.n_src, " -> ", g.n_dst, " nodes and ", g.n_edges, " edges");
  for_receiver_blocks(be, g, [&](GraphView block, int first, int first_edge) {
    const View<const T, 2> r_E3 = block_vectors(be, block, first, nodes.x_N3);
    const View<T, 2> inputs = scratch_rows<T>(be, block.n_edges, kLabelledInputs);
    const View<const int, 1> label_dst(nodes.label_N.data() + first, {block.n_dst});
    labelled_inputs<T>(be, block, r_E3, nodes.reach, label_dst, nodes.label_N, nodes.label_scale, inputs);
    edge_embedding<T>(be, inputs, network, row_range(y_EO, first_edge, block.n_edges));
  });
}

template <class T>
View<const T, 2> block_harmonics(Cpu be, GraphView block, int first_receiver, View<const T, 2> x_N3) {
  const View<T, 2> y_E9 = scratch_rows<T>(be, block.n_edges, kHarmonics);
  spherical_harmonics<T>(be, block_vectors(be, block, first_receiver, x_N3), y_E9);
  return y_E9;
}

#define REGRAIN_INSTANTIATE(T)                                                                                \
  template void embed_labelled_edges<T>(Cpu, GraphView, const LabelledPoints<T>&, const EmbeddingNetwork<T>&, \
                                        View<T, 2>);                                                          \
  template View<const T, 2> block_harmonics<T>(Cpu, GraphView, int, View<const T, 2>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
