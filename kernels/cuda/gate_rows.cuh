// A GateLayout as kernels read it: plain arrays stay in constant memory, where std::array and loops over
// gates would be copied to every thread's stack.
#pragma once

#include "kernels/cuda/launch.hpp"
#include "kernels/edge_filter.hpp"

namespace regrain::kernels {

struct GateRows {
  int n_gates;
  Gate kind[GateLayout::kMaxGates];
  int in[GateLayout::kMaxGates], out[GateLayout::kMaxGates];  // first row among those of x, of y
  int block[GateLayout::kMaxGates];                           // of weight and bias

  explicit GateRows(const GateLayout& layout) : n_gates(layout.n_gates) {
    for (int g = 0; g < GateLayout::kMaxGates; ++g) {
      const auto at = static_cast<std::size_t>(g);
      kind[g] = g < n_gates ? layout.kind[at] : Gate::scalar;
      in[g] = g < n_gates ? layout.first_in(g) : 0;
      out[g] = g < n_gates ? layout.first_out(g) : 0;
      block[g] = g < n_gates ? layout.block[at] : 0;
    }
  }
};

}  // namespace regrain::kernels
