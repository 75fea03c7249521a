#include "kernels/edge_inputs.hpp"

#include <cmath>

#include "engine/errors.hpp"
#include "kernels/exponential.hpp"
#include "kernels/parallel.hpp"

namespace regrain::kernels {

namespace {

template <class T>
void gaussians(const T* r, T reach, T* out) {
  const T d = std::sqrt(r[0] * r[0] + r[1] * r[1] + r[2] * r[2]), width = reach / (kDistanceGaussians - 1);
  for (int k = 0; k < kDistanceGaussians; ++k) {
    const T x = (d - static_cast<T>(k) * width) / width;
    out[k] = exponential(T(-0.5) * x * x);
  }
}

}  // namespace

template <class T>
void edge_vectors(Cpu be, GraphView g, View<const T, 2> x_dst, View<const T, 2> x_src, View<T, 2> r_E3) {
  REGRAIN_CHECK(x_dst.dim(0) == g.n_dst && x_src.dim(0) == g.n_src && r_E3.dim(0) == g.n_edges,
                "edge_vectors: ", x_dst.dim(0), " receivers and ", x_src.dim(0), " senders for a graph of ",
                g.n_src, " -> ", g.n_dst);
  parallel_for(be, g.n_edges, 6.0 * g.n_edges, [&](int e) {
    const T *to = x_dst.row(g.dst[e]), *from = x_src.row(g.src[e]);
    for (int k = 0; k < 3; ++k) r_E3(e, k) = from[k] - to[k];
  });
}

template <class T>
void distance_inputs(Cpu be, View<const T, 2> r_E3, T reach, View<T, 2> out_E8) {
  parallel_for(be, r_E3.dim(0), 100.0 * r_E3.dim(0),
               [&](int e) { gaussians(r_E3.row(e), reach, out_E8.row(e)); });
}

template <class T>
void labelled_inputs(Cpu be, GraphView g, View<const T, 2> r_E3, T reach, View<const int, 1> label_dst,
                     View<const int, 1> label_src, T label_scale, View<T, 2> out_E14) {
  REGRAIN_CHECK(r_E3.dim(0) == g.n_edges && out_E14.dim(0) == g.n_edges && out_E14.dim(1) == kLabelledInputs,
                "labelled_inputs: ", r_E3.dim(0), " vectors for ", g.n_edges, " edges");
  parallel_for(be, g.n_edges, 100.0 * g.n_edges, [&](int e) {
    T* out = out_E14.row(e);
    out[0] = label_scale * static_cast<T>(label_dst(g.dst[e]));
    out[1] = label_scale * static_cast<T>(label_src(g.src[e]));
    std::fill(out + 2, out + 6, T(0));
    gaussians(r_E3.row(e), reach, out + 6);
  });
}

#define REGRAIN_INSTANTIATE(T)                                                                   \
  template void edge_vectors<T>(Cpu, GraphView, View<const T, 2>, View<const T, 2>, View<T, 2>); \
  template void distance_inputs<T>(Cpu, View<const T, 2>, T, View<T, 2>);                        \
  template void labelled_inputs<T>(Cpu, GraphView, View<const T, 2>, T, View<const int, 1>,      \
                                   View<const int, 1>, T, View<T, 2>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
