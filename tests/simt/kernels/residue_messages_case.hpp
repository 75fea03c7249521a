// Residues that send to each other, as arrays of a case of the device: points and axes need not be frames.
#pragma once

#include "kernels/residue_messages.hpp"
#include "tests/simt/device_case.hpp"
#include "tests/support/graphs.hpp"

namespace regrain::test {

struct ResidueSizes {
  int n, n_edges, h;
};
// no edge and one; lots with room, full ones and one edge more; tiles cut short, whole, and one and a half
inline const ResidueSizes kResidueSizes[] = {{0, 0, 16},  {1, 0, 16},   {1, 1, 16},  {1, 31, 64}, {1, 32, 48},  {1, 33, 64},
                                             {2, 49, 80}, {31, 96, 16}, {32, 97, 96}, {33, 300, 128}, {5, 129, 32}};

template <class T>
struct ResidueMessagesCase {
  CaseArray<void, 2, true> rows, a, b, weight;
  CaseArray<int, 1, true> place;
  CaseGraph g;

  // `room`: places in the arrays of edges behind the last one
  ResidueMessagesCase(DeviceCase<T>& c, const ResidueSizes& k, const kernels::Graph& graph, int room = 0)
      : rows(c.input({k.n, kernels::kGeometry}, 2.0)),
        a(c.input({k.n, k.h})),
        b(c.input({k.n, k.h})),
        weight(c.input({k.h, kernels::kEdgeFeatures}, 0.3)),
        place(c.input({k.n}, places(k.n))),
        g(c.graph(with_room(graph, room))) {}

  static kernels::Graph graph_of(const ResidueSizes& k) { return random_graph(k.n, k.n, k.n_edges, 3); }
  // two chains
  static Tensor<int> places(int n) {
    Tensor<int> place = random_index(n, 12, 6);
    for (std::size_t i = place.size() / 2; i < place.size(); ++i) place[i] += 2 * kernels::kPlaceGap;
    return place;
  }
  // what lies behind the last edge has good indices and no meaning
  static kernels::Graph with_room(kernels::Graph g, int room) {
    for (Tensor<int>* part : {&g.dst, &g.src, &g.by_src}) {
      Tensor<int> longer({part->dim(0) + room});
      std::copy(part->begin(), part->end(), longer.begin());
      *part = std::move(longer);
    }
    return g;
  }
  template <class On>
  auto geometry(On on) const {
    return kernels::ResidueGeometry<typename On::scalar>{on(rows), on(place)};
  }
  template <class On>
  auto in(On on) const {
    return kernels::ResidueMessages<typename On::scalar>{on(a), on(b), on(weight)};
  }
};

}  // namespace regrain::test
