// Arguments of the tensor product for its tests on the device.
#pragma once

#include "kernels/tensor_product.hpp"
#include "tests/simt/device_case.hpp"
#include "tests/support/graphs.hpp"

namespace regrain::test {

struct TensorProductSizes {
  int n_dst, n_src, n_edges, n_edge, n_scalars, n_k;
};
// no edges, one edge, nodes without any, several lots a node, hidden rows of one tile, just beyond and of three
inline const TensorProductSizes kTensorProductSizes[] = {
    {0, 0, 0, 12, 12, 36},   {3, 2, 0, 12, 12, 36}, {1, 1, 1, 12, 12, 36}, {9, 7, 20, 3, 2, 7},
    {2, 2, 200, 12, 12, 36}, {4, 5, 70, 5, 12, 40}, {3, 3, 12, 2, 1, 95}};

template <class T>
struct TensorProductCase {
  int n_scalars;
  kernels::EndOrder order;
  CaseGraph g;
  CaseArray<void, 2, true> y, edge, x_dst, x_src, first, last;
  CaseArray<void, 1, true> first_bias, last_bias;

  TensorProductCase(DeviceCase<T>& c, const TensorProductSizes& k, int level, kernels::EndOrder ends,
                    const kernels::Graph& graph)
      : n_scalars(k.n_scalars),
        order(ends),
        g(c.graph(graph)),
        y(c.input({k.n_edges, 9})),
        edge(c.input({k.n_edges, k.n_edge})),
        x_dst(c.input({k.n_dst, 12})),
        x_src(c.input({k.n_src, kernels::feature_width(level)})),
        first(c.input({k.n_k, k.n_edge + 2 * k.n_scalars})),
        last(c.input({kernels::n_tensor_weights(level), k.n_k})),
        first_bias(c.input({k.n_k})),
        last_bias(c.input({kernels::n_tensor_weights(level)})) {}
  template <class On>
  kernels::EdgeNetwork<typename On::scalar> network(On on) const {
    return {order, n_scalars, on(edge), on(x_dst), on(x_src), on(first), on(first_bias)};
  }
};

}  // namespace regrain::test
