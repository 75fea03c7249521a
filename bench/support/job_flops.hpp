// Floating-point operations of the parts of a model, counted by hand: a multiply-add is two, and functions,
// biases and other work on single elements are left out. Where a sum can be done in several orders, the one
// with the fewest operations counts, whichever is run.
#pragma once

#include <algorithm>

#include "kernels/edge_filter.hpp"
#include "kernels/tensor_product_paths.hpp"

namespace regrain::bench {

struct Flops {
  double forward = 0, backward = 0;

  double both() const { return forward + backward; }
  Flops operator+(const Flops& o) const { return {forward + o.forward, backward + o.backward}; }
  Flops& operator+=(const Flops& o) { return *this = *this + o; }
};
inline Flops operator*(double n, const Flops& f) { return {n * f.forward, n * f.backward}; }

// y = x W^T; both factors have a derivative
inline Flops linear_flops(double rows, double in, double out) {
  return {2 * rows * in * out, 4 * rows * in * out};
}

// An edge and channel of the filtered sum. Sparse: the filter of every gate, then one multiply-add for each
// row of the result; on the way back all of it for the sender and for the filter. Dense: the radial functions
// times each row, once in each direction.
inline Flops filter_flops(const kernels::GateLayout& gates, double n_edges, double n_rbf, double channels) {
  const double sparse = gates.n_gates * (n_rbf + 1) + gates.n_out(), dense = (n_rbf + 1) * gates.n_out();
  return 2 * n_edges * channels * Flops{std::min(sparse, dense), std::min(2 * sparse, dense)};
}

// Hidden activations of an edge and the one that meets the bias.
constexpr int kHiddenRows = 37;

// A tensor-product convolution: the edge network; every hidden activation times the row of an edge, harmonics
// or weights first; the weights once for each node. Both factors of each product have a derivative.
inline Flops convolution_flops(int level, double n_edges, double n_dst, double n_src) {
  const double edge = 2 * n_edges * std::min(kernels::coupled_width(level), kernels::mixed_width(level));
  double node = 0;
  for (int p = 0; p < kernels::n_tensor_paths(level); ++p) {
    const kernels::TensorPath& path = kernels::kTensorPaths[p];
    node += 2.0 * std::min(path.d_in, path.d_out) * path.n_in * path.n_out;
  }
  const double product = kHiddenRows * (edge + std::min(n_dst, n_src) * node);
  return linear_flops(n_edges, 12, 36) + linear_flops(n_dst, 12, 36) + linear_flops(n_src, 12, 36) +
         Flops{product, 2 * product};
}

}  // namespace regrain::bench
