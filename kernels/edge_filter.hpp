// The continuous-filter sum under every message block:
//
//   y_i = sum over edges j -> i of  w(d_ij) * x_j,   w(d) = f(d) (W e(d) + b)
//
// per channel, for several gates at once. The filter is linear in the radial basis, which gives two
// exact forms; neither stores anything of size edges x channels.
//   dense   y = sum_k W_k * (G_k x) with G_k[i,j] = f(d_ij) e_k(d_ij): one matrix product per frame
//           with matrices that all layers of one cutoff share. For near-complete graphs.
//   sparse  the filter is computed anew for every edge, forward and backward. For local graphs.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "kernels/edge_geometry.hpp"
#include "kernels/radial.hpp"

namespace regrain::kernels {

// What a gate multiplies and what comes out, in rows of F channels a node.
enum class Gate {
  scalar,     // x (1,F) -> sum w x           (1,F)
  direction,  // x (1,F) -> sum w x unit_ij   (3,F)
  vector,     // x (3,F) -> sum w x           (3,F)
};

struct GateLayout {
  static constexpr int kMaxGates = 9;
  int n_gates;
  std::array<Gate, kMaxGates> kind;
  // which block of F rows of weight and bias belongs to a gate
  std::array<int, kMaxGates> block{0, 1, 2, 3, 4, 5, 6, 7, 8};

  static constexpr int rows_in(Gate g) { return g == Gate::vector ? 3 : 1; }
  static constexpr int rows_out(Gate g) { return g == Gate::scalar ? 1 : 3; }
  constexpr int first_in(int gate) const {
    int n = 0;
    for (int g = 0; g < gate; ++g) n += rows_in(kind[static_cast<std::size_t>(g)]);
    return n;
  }
  constexpr int first_out(int gate) const {
    int n = 0;
    for (int g = 0; g < gate; ++g) n += rows_out(kind[static_cast<std::size_t>(g)]);
    return n;
  }
  constexpr int n_in() const { return first_in(n_gates); }
  constexpr int n_out() const { return first_out(n_gates); }
};

enum class FilterForm { automatic, dense, sparse };

// A graph with what the filter needs of it. Nodes of one frame are contiguous, and edges stay
// inside a frame, if node_offset is given; the dense form needs that and equal sets of senders and
// receivers.
template <class T>
struct FilterGraph {
  Graph graph;
  EdgeGeometry<T> geometry;
  T cutoff = 0;
  int n_rbf = 0;
  Tensor<RadialAngle<T>> angle_E;  // of the edges of sparse frames; empty where no frame is sparse

  // The form of all frames; automatic: each frame has the one that is cheaper for it.
  FilterForm form = FilterForm::sparse;
  std::vector<int> node_offset;
  // per frame, null where it is sparse: 4 matrices [n][(n_rbf + 1) n], for f e_k and its product with x, y, z, or the
  // first alone; batches of the frame share them
  std::vector<std::shared_ptr<const Tensor<T>>> matrices;
  Tensor<char> node_is_dense;  // of every node that belongs to a frame
  // On a device the matrices of all frames lie one after another, those of frame i from matrix_offset[i] on, so that
  // frames of one size are one batch of products; empty on the host.
  Tensor<T> joined_matrices;
  std::vector<std::size_t> matrix_offset;

  bool frame_is_dense(std::size_t frame) const {
    return matrix_offset.empty() ? matrices[frame] != nullptr : matrix_offset[frame] < matrix_offset[frame + 1];
  }

  static constexpr auto arrays() {
    return std::make_tuple(&FilterGraph::graph, &FilterGraph::geometry, &FilterGraph::node_is_dense,
                           &FilterGraph::joined_matrices);
  }
  static constexpr auto edge_arrays() { return std::make_tuple(&FilterGraph::angle_E); }
  static constexpr auto numbers() {
    return std::make_tuple(&FilterGraph::cutoff, &FilterGraph::n_rbf, &FilterGraph::form, &FilterGraph::node_offset,
                           &FilterGraph::matrix_offset);
  }
};

// Memory of the arrays, shared matrices included.
template <class T>
std::size_t bytes_of(const FilterGraph<T>& g);

// For a context's kernels; what the host chooses by stays there.
template <class T>
void copy_to_backend(Context& context, const FilterGraph<T>& from, FilterGraph<T>& to, Room edge_room = exact_room);

// `gates` are those the graph will mostly be used with: they decide which form is cheaper, and without a gate of kind
// direction no directions are kept and the dense form takes a quarter of the memory.
template <class T>
FilterGraph<T> make_filter_graph(Cpu, Graph graph, View<const T, 2> x_dst, View<const T, 2> x_src, T cutoff,
                                 int n_rbf, const std::vector<int>& node_offset, const GateLayout& gates,
                                 FilterForm form = FilterForm::automatic);

// The form `automatic` picks for a frame of n nodes, from the counted cost of both, forward and backward. It is asked
// frame by frame, so that a frame's bits don't depend on what it is batched with.
FilterForm cheaper_form(int n_edges, int n_nodes, int n_rbf, const GateLayout& gates);

// y = filtered sum of x. weight (blocks F, n_rbf) and bias (blocks F) hold the gates as contiguous blocks of F
// rows; blocks no gate of the layout has are neither read nor written.
//   x (n_src, n_in, F)   y (n_dst, n_out, F), overwritten
template <class T>
void edge_filter(Cpu, const FilterGraph<T>& g, const GateLayout& layout, View<const T, 2> weight, View<const T, 1> bias,
                 View<const T, 3> x, View<T, 3> y);
template <class T>
void edge_filter(Cuda, const FilterGraph<T>& g, const GateLayout& layout, View<const T, 2> weight, View<const T, 1> bias,
                 View<const T, 3> x, View<T, 3> y);

// dx, dweight, dbias += derivative; null where none is wanted (weight and bias go together).
template <class T>
void edge_filter_backward(Cpu, const FilterGraph<T>& g, const GateLayout& layout, View<const T, 2> weight,
                          View<const T, 1> bias, View<const T, 3> x, View<const T, 3> dy, View<T, 3> dx,
                          View<T, 2> dweight, View<T, 1> dbias);
template <class T>
void edge_filter_backward(Cuda, const FilterGraph<T>& g, const GateLayout& layout, View<const T, 2> weight,
                          View<const T, 1> bias, View<const T, 3> x, View<const T, 3> dy, View<T, 3> dx,
                          View<T, 2> dweight, View<T, 1> dbias);

}  // namespace regrain::kernels
