#include "kernels/edge_geometry.hpp"

#include <cmath>

#include "kernels/parallel.hpp"

namespace regrain::kernels {

template <class T>
EdgeGeometry<T> edge_geometry(Cpu be, GraphView g, View<const T, 2> x_dst, View<const T, 2> x_src,
                              Directions directions) {
  REGRAIN_CHECK(x_dst.dim(0) == g.n_dst && x_src.dim(0) == g.n_src && x_dst.dim(1) == 3 && x_src.dim(1) == 3,
                "edge_geometry: ", x_src.dim(0), " -> ", x_dst.dim(0), " points for a graph of ", g.n_src, " -> ",
                g.n_dst);
  const bool units = directions == Directions::keep;
  EdgeGeometry<T> out{Tensor<T>({g.n_edges}), Tensor<T>({units ? g.n_edges : 0, 3})};
  T* d_E = out.d_E.data();
  T* unit_E3 = out.unit_E3.data();
  parallel_for_ragged(be, g.n_dst, 20.0 * g.n_edges, [&](int i) {
    const T* to = x_dst.row(i);
    for (int e = g.offset[i]; e < g.offset[i + 1]; ++e) {
      const T* from = x_src.row(g.src[e]);
      T r[3], square = T(0);
      for (int c = 0; c < 3; ++c) {
        r[c] = from[c] - to[c];
        square += r[c] * r[c] + T(1e-8);
      }
      const T d = std::sqrt(square);
      d_E[e] = d;
      for (int c = 0; c < 3 && units; ++c)
        unit_E3[3 * static_cast<std::size_t>(e) + static_cast<std::size_t>(c)] = r[c] / d;
    }
  });
  return out;
}

#define REGRAIN_INSTANTIATE(T) \
  template EdgeGeometry<T> edge_geometry<T>(Cpu, GraphView, View<const T, 2>, View<const T, 2>, Directions);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
