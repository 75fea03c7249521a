// Distances and directions of edges on the device: a warp a receiver, since graphs for walks along the
// receivers name no receiver edge by edge.
#include "kernels/edge_geometry.hpp"

#include <cmath>

#include "engine/device.hpp"
#include "kernels/cuda/launch.hpp"

namespace regrain::kernels {

namespace {

// d_E(e) = sqrt(sum of (r_c^2 + 1e-8)) and, unless unit_E3 is null, unit_E3(e, c) = r_c / d.
// Grid: warp i takes the edges into receiver i, lane t every 32nd of them from the t-th on. Reads 16 bytes an
// edge, 12 of them from L2, writes 4 or 16: limited by memory and, on small graphs, by the launch.
template <class T>
__global__ void __launch_bounds__(kBlock, 1)
    edge_geometry_kernel(GraphView g, View<const T, 2> x_dst, View<const T, 2> x_src, T* __restrict__ d_E,
                         T* __restrict__ unit_E3) {
  const std::size_t warp = thread_of_grid() / 32;
  if (warp >= static_cast<std::size_t>(g.n_dst)) return;
  const int i = static_cast<int>(warp);
  const T* to = x_dst.row(i);
  for (int e = g.offset[i] + static_cast<int>(threadIdx.x % 32); e < g.offset[i + 1]; e += 32) {
    const T* from = x_src.row(g.src[e]);
    T r[3], square = T(0);
    for (int c = 0; c < 3; ++c) {
      r[c] = from[c] - to[c];
      square += r[c] * r[c] + T(1e-8);
    }
    const T d = std::sqrt(square);
    d_E[e] = d;
    if (!unit_E3) continue;
    for (int c = 0; c < 3; ++c)
      unit_E3[3 * static_cast<std::size_t>(e) + static_cast<std::size_t>(c)] = r[c] / d;
  }
}

}  // namespace

template <class T>
EdgeGeometry<T> edge_geometry(Cuda be, GraphView g, View<const T, 2> x_dst, View<const T, 2> x_src,
                              Directions directions) {
  REGRAIN_CHECK(x_dst.dim(0) == g.n_dst && x_src.dim(0) == g.n_src && x_dst.dim(1) == 3 && x_src.dim(1) == 3,
                "edge_geometry: ", x_src.dim(0), " -> ", x_dst.dim(0), " points for a graph of ", g.n_src,
                " -> ", g.n_dst);
  const int n_units = directions == Directions::keep ? g.n_edges : 0;
  EdgeGeometry<T> out{Tensor<T>({g.n_edges}, device::memory()), Tensor<T>({n_units, 3}, device::memory())};
  launch<edge_geometry_kernel<T>>(be, blocks_for(32 * static_cast<std::size_t>(g.n_dst)), kBlock, 0, g, x_dst,
                                  x_src, out.d_E.data(), out.unit_E3.data());
  return out;
}

#define REGRAIN_INSTANTIATE(T) \
  template EdgeGeometry<T> edge_geometry<T>(Cuda, GraphView, View<const T, 2>, View<const T, 2>, Directions);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
