// What every backend's tensor product asks of its arguments.
#pragma once

#include <type_traits>

#include "engine/errors.hpp"
#include "kernels/edge_network.hpp"
#include "kernels/tensor_product_paths.hpp"

namespace regrain::kernels::tensor_product {

template <class T>
inline void check_shapes(int level, GraphView g, const EdgeNetwork<T>& net, View<const T, 2> weight_OK,
                         View<const T, 1> bias_O, View<const T, 2> out_NF) {
  REGRAIN_CHECK(level >= 0 && level <= kMaxLevel, "tensor_product: level ", level);
  REGRAIN_CHECK(net.x_src.dim(0) == g.n_src && net.x_src.dim(1) == feature_width(level) && out_NF.dim(0) == g.n_dst &&
                    out_NF.dim(1) == feature_width(level + 1),
                "tensor_product: level ", level, ", x is ", net.x_src.dim(0), "x", net.x_src.dim(1), ", out ",
                out_NF.dim(0), "x", out_NF.dim(1), ", the graph ", g.n_src, " -> ", g.n_dst);
  REGRAIN_CHECK(weight_OK.dim(0) == n_tensor_weights(level) && weight_OK.dim(1) == net.weight_KI.dim(0) &&
                    bias_O.dim(0) == weight_OK.dim(0),
                "tensor_product: level ", level, ", weight is ", weight_OK.dim(0), "x", weight_OK.dim(1), ", bias ",
                bias_O.dim(0), ", hidden width ", net.weight_KI.dim(0));
}

template <class T>
inline void check_harmonics(GraphView g, View<const T, 2> y_E9) {
  REGRAIN_CHECK(y_E9.dim(0) == g.n_edges && y_E9.dim(1) == 9, "tensor_product: ", g.n_edges, " edges, harmonics ",
                y_E9.dim(0), "x", y_E9.dim(1));
}

// f(std::integral_constant<int, level>) for a level known at run time
template <class F>
inline void with_level(int level, F f) {
  if (level == 0)
    f(std::integral_constant<int, 0>{});
  else if (level == 1)
    f(std::integral_constant<int, 1>{});
  else
    f(std::integral_constant<int, 2>{});
}

}  // namespace regrain::kernels::tensor_product
