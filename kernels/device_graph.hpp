// A neighbour graph of a fixed capacity in device memory, made anew every step without a word from the host.
//
// Arrays and launches have the size of the capacity, so a recorded step stays valid while edges come and go. How many
// edges there are is known to the device alone: `found` is read after the step, and a step that needed more than
// there was room for is repeated with a larger graph.
#pragma once

#include "engine/tensor.hpp"
#include "kernels/graph.hpp"

namespace regrain::kernels {

// What a search met.
struct NeighborCount {
  long long n_edges;     // of all points, also where they are more than the capacity
  int first_not_finite;  // first point with a coordinate that is not finite, otherwise the number of points
};

struct DeviceGraph {
  int n = 0;         // points, receivers and senders alike
  int capacity = 0;  // edges there is room for
  // (capacity), sorted as those of a Graph; places behind the last edge hold loops of the last point. Of a graph for
  // walks along the receivers dst and by_src are empty.
  Tensor<int> dst, src, by_src;
  Tensor<int> offset;  // (n + 1), of receivers and of senders: every edge has its opposite
  Tensor<NeighborCount> found;  // (1)

  DeviceGraph(int n_points, int room, GraphOrders orders, const MemorySource& memory)
      : n(n_points), capacity(room), src({room}, memory), offset({n_points + 1}, memory), found({1}, memory) {
    if (orders == GraphOrders::receivers) return;
    dst = Tensor<int>({room}, memory);
    by_src = Tensor<int>({room}, memory);
  }

  // The first `edges` places. Without a number all of them: kernels over edges meet the loops, whose indices are good
  // and whose rows no walk along a node's edges ever reads; a sum over all edges has to end at offset(n).
  GraphView view(int edges) const {
    return {n, n, edges, dst.data(), src.data(), offset.data(), by_src.data(), dst.data() ? offset.data() : nullptr};
  }
  GraphView view() const { return view(n > 0 ? capacity : 0); }
};

}  // namespace regrain::kernels
