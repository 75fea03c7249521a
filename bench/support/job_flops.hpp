// Floating-point operations of the parts of a model, counted by hand: a multiply-add is two, and functions,
// biases and other work on single elements are left out.
#pragma once

#include "kernels/edge_filter.hpp"
#include "kernels/tensor_product_paths.hpp"

namespace regrain::bench {

constexpr double linear_flops(double rows, double in, double out) { return 2 * rows * in * out; }

// The filter of every edge, made once for each gate, times the sender's rows.
constexpr double filter_flops(const kernels::GateLayout& gates, double n_edges, double n_rbf,
                              double channels) {
  return 2 * n_edges * channels * (gates.n_gates * (n_rbf + 1) + gates.n_out());
}

// Hidden activations of an edge and the one that meets the bias.
constexpr int kHiddenRows = 37;

// A tensor-product convolution in its cheaper order: the edge network, every hidden activation times the
// coupled row of every edge, and the weights once for each receiver.
constexpr double convolution_flops(int level, double n_edges, double n_dst, double n_src) {
  double per_receiver = 0;
  for (int p = 0; p < kernels::n_tensor_paths(level); ++p) {
    const kernels::TensorPath& path = kernels::kTensorPaths[p];
    per_receiver += 2.0 * path.d_out * path.n_in * path.n_out;
  }
  const double network = linear_flops(n_edges, 12, 36) + linear_flops(n_dst + n_src, 12, 36);
  return network + kHiddenRows * (2 * n_edges * kernels::coupled_width(level) + n_dst * per_receiver);
}

}  // namespace regrain::bench
