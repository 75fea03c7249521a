// What an edge network sees of an edge, made on the device, an edge a thread.
#include "kernels/edge_inputs.hpp"

#include "kernels/cuda/launch.hpp"

namespace regrain::kernels {

namespace {

// r(e) = x_src - x_dst. Grid: thread e writes row e. Two gathered points, mostly from L2, and 3 values written.
template <class T>
__global__ void __launch_bounds__(kBlock)
    edge_vectors_kernel(GraphView g, View<const T, 2> x_dst, View<const T, 2> x_src, View<T, 2> r_E3) {
  const std::size_t at = thread_of_grid();
  if (at >= static_cast<std::size_t>(g.n_edges)) return;
  const int e = static_cast<int>(at);
  const T *to = x_dst.row(g.dst[e]), *from = x_src.row(g.src[e]);
  for (int k = 0; k < 3; ++k) r_E3(e, k) = from[k] - to[k];
}

// out(e) = distance_gaussians(r(e)). Grid: thread e writes row e. 8 exponentials for 3 values read and 8 written: memory
// limits it in float, arithmetic in double.
template <class T>
__global__ void __launch_bounds__(kBlock) distance_inputs_kernel(View<const T, 2> r_E3, T reach, View<T, 2> out_E8) {
  const std::size_t at = thread_of_grid();
  if (at >= static_cast<std::size_t>(r_E3.dim(0))) return;
  const int e = static_cast<int>(at);
  distance_gaussians(r_E3.row(e), reach, out_E8.row(e));
}

// the same behind the labels of both ends; two gathered integers and 14 values written
template <class T>
__global__ void __launch_bounds__(kBlock)
    labelled_inputs_kernel(GraphView g, View<const T, 2> r_E3, T reach, View<const int, 1> label_dst,
                           View<const int, 1> label_src, T label_scale, View<T, 2> out_E14) {
  const std::size_t at = thread_of_grid();
  if (at >= static_cast<std::size_t>(g.n_edges)) return;
  const int e = static_cast<int>(at);
  T* out = out_E14.row(e);
  out[0] = label_scale * static_cast<T>(label_dst(g.dst[e]));
  out[1] = label_scale * static_cast<T>(label_src(g.src[e]));
  for (int k = 2; k < 6; ++k) out[k] = T(0);
  distance_gaussians(r_E3.row(e), reach, out + 6);
}

}  // namespace

template <class T>
void edge_vectors(Cuda be, GraphView g, View<const T, 2> x_dst, View<const T, 2> x_src, View<T, 2> r_E3) {
  REGRAIN_CHECK(x_dst.dim(0) == g.n_dst && x_src.dim(0) == g.n_src && r_E3.dim(0) == g.n_edges,
                "edge_vectors: ", x_dst.dim(0), " receivers and ", x_src.dim(0), " senders for a graph of ", g.n_src,
                " -> ", g.n_dst);
  launch<edge_vectors_kernel<T>>(be, blocks_for(static_cast<std::size_t>(g.n_edges)), kBlock, 0, g, x_dst, x_src, r_E3);
}

template <class T>
void distance_inputs(Cuda be, View<const T, 2> r_E3, T reach, View<T, 2> out_E8) {
  launch<distance_inputs_kernel<T>>(be, blocks_for(static_cast<std::size_t>(r_E3.dim(0))), kBlock, 0, r_E3, reach,
                                    out_E8);
}

template <class T>
void labelled_inputs(Cuda be, GraphView g, View<const T, 2> r_E3, T reach, View<const int, 1> label_dst,
                     View<const int, 1> label_src, T label_scale, View<T, 2> out_E14) {
  REGRAIN_CHECK(r_E3.dim(0) == g.n_edges && out_E14.dim(0) == g.n_edges && out_E14.dim(1) == kLabelledInputs,
                "labelled_inputs: ", r_E3.dim(0), " vectors for ", g.n_edges, " edges");
  launch<labelled_inputs_kernel<T>>(be, blocks_for(static_cast<std::size_t>(g.n_edges)), kBlock, 0, g, r_E3, reach,
                                    label_dst, label_src, label_scale, out_E14);
}

#define REGRAIN_INSTANTIATE(T)                                                                                      \
  template void edge_vectors<T>(Cuda, GraphView, View<const T, 2>, View<const T, 2>, View<T, 2>);                   \
  template void distance_inputs<T>(Cuda, View<const T, 2>, T, View<T, 2>);                                          \
  template void labelled_inputs<T>(Cuda, GraphView, View<const T, 2>, T, View<const int, 1>, View<const int, 1>, T, \
                                   View<T, 2>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
