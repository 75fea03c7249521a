#include "kernels/edge_hidden.hpp"

#include "engine/errors.hpp"
#include "kernels/gemm.hpp"
#include "kernels/parallel.hpp"
#include "kernels/reduce.hpp"

namespace regrain::kernels {

namespace {

// `count` columns of a matrix
template <class T>
MatrixRef<T> columns(View<T, 2> x, int first, int count) {
  return {x.data() + first, x.dim(0), count, x.dim(1)};
}

template <class T>
View<T, 2> scratch_matrix(Cpu be, int rows, int cols) {
  return {be.scratch->allocate_array<T>(static_cast<std::size_t>(rows) * static_cast<std::size_t>(cols)),
          {rows, cols}};
}

struct Blocks {
  int edge = 0, dst, src;  // first columns of the weight
};
Blocks blocks(EndOrder order, int n_edge, int n_scalars) {
  return order == EndOrder::receiver_first ? Blocks{0, n_edge, n_edge + n_scalars}
                                           : Blocks{0, n_edge + n_scalars, n_edge};
}

}  // namespace

template <class T>
void edge_hidden(Cpu be, GraphView g, EndOrder order, int n_scalars, View<const T, 2> edge_EC,
                 View<const T, 2> x_dst, View<const T, 2> x_src, View<const T, 2> weight_KI,
                 View<const T, 1> bias_K, View<T, 2> h_EK) {
  const int n_edge = edge_EC.dim(1), n_k = weight_KI.dim(0);
  REGRAIN_CHECK(weight_KI.dim(1) == n_edge + 2 * n_scalars && bias_K.dim(0) == n_k && h_EK.dim(1) == n_k,
                "edge_hidden: weight is ", n_k, "x", weight_KI.dim(1), " for ", n_edge, " + 2 x ", n_scalars,
                " inputs");
  REGRAIN_CHECK(edge_EC.dim(0) == g.n_edges && x_dst.dim(0) == g.n_dst && x_src.dim(0) == g.n_src &&
                    x_dst.dim(1) >= n_scalars && x_src.dim(1) >= n_scalars,
                "edge_hidden: ", edge_EC.dim(0), " rows of edges, receivers ", x_dst.dim(0), "x",
                x_dst.dim(1), ", senders ", x_src.dim(0), "x", x_src.dim(1), " for a graph of ", g.n_src,
                " -> ", g.n_dst);
  const Blocks at = blocks(order, n_edge, n_scalars);
  const Arena::Scope scope(*be.scratch);
  const View<T, 2> dst_NK = scratch_matrix<T>(be, g.n_dst, n_k), src_MK = scratch_matrix<T>(be, g.n_src, n_k);
  gemm<T>(be, Trans::no, Trans::yes, columns(x_dst, 0, n_scalars), columns(weight_KI, at.dst, n_scalars),
          dst_NK, Write::overwrite, bias_K.data());
  gemm<T>(be, Trans::no, Trans::yes, columns(x_src, 0, n_scalars), columns(weight_KI, at.src, n_scalars),
          src_MK, Write::overwrite);
  gemm<T>(be, Trans::no, Trans::yes, edge_EC, columns(weight_KI, at.edge, n_edge), h_EK, Write::overwrite);
  parallel_for(be, g.n_edges, double(g.n_edges) * n_k, [&](int e) {
    T* h = h_EK.row(e);
    const T *a = dst_NK.row(g.dst[e]), *b = src_MK.row(g.src[e]);
    for (int k = 0; k < n_k; ++k) h[k] = std::max(h[k] + a[k] + b[k], T(0));
  });
}

template <class T>
void edge_hidden_backward(Cpu be, GraphView g, EndOrder order, int n_scalars, View<const T, 2> edge_EC,
                          View<const T, 2> x_dst, View<const T, 2> x_src, View<const T, 2> weight_KI,
                          View<const T, 2> h_EK, View<const T, 2> dh_EK, View<T, 2> dedge_EC,
                          View<T, 2> dx_dst, View<T, 2> dx_src, View<T, 2> dweight_KI, View<T, 1> dbias_K) {
  const int n_edge = edge_EC.dim(1), n_k = weight_KI.dim(0);
  const Blocks at = blocks(order, n_edge, n_scalars);
  const Arena::Scope scope(*be.scratch);
  const View<T, 2> da_EK = scratch_matrix<T>(be, g.n_edges, n_k);  // of the argument of relu
  const View<T, 2> ddst_NK = scratch_matrix<T>(be, g.n_dst, n_k),
                   dsrc_MK = scratch_matrix<T>(be, g.n_src, n_k);
  const double work = double(g.n_edges) * n_k;
  parallel_for_ragged(be, g.n_dst, work, [&](int i) {
    T* sum = ddst_NK.row(i);
    std::fill_n(sum, n_k, T(0));
    for (int e = g.offset[i]; e < g.offset[i + 1]; ++e) {
      const T *h = h_EK.row(e), *dh = dh_EK.row(e);
      T* da = da_EK.row(e);
      for (int k = 0; k < n_k; ++k) {
        da[k] = h[k] > T(0) ? dh[k] : T(0);
        sum[k] += da[k];
      }
    }
  });
  parallel_for_ragged(be, g.n_src, work, [&](int j) {
    T* sum = dsrc_MK.row(j);
    std::fill_n(sum, n_k, T(0));
    for (int s = g.src_offset[j]; s < g.src_offset[j + 1]; ++s) {
      const T* da = da_EK.row(g.by_src[s]);
      for (int k = 0; k < n_k; ++k) sum[k] += da[k];
    }
  });
  const auto back = [&](View<T, 2> da, View<const T, 2> x, int first, int count, View<T, 2> dx) {
    gemm<T>(be, Trans::no, Trans::no, da, columns(weight_KI, first, count), columns(dx, 0, count),
            Write::accumulate);
    gemm<T>(be, Trans::yes, Trans::no, da, columns(x, 0, count), columns(dweight_KI, first, count),
            Write::accumulate);
  };
  back(da_EK, edge_EC, at.edge, n_edge, dedge_EC);
  back(ddst_NK, x_dst, at.dst, n_scalars, dx_dst);
  back(dsrc_MK, x_src, at.src, n_scalars, dx_src);
  add_column_sums<T>(be, ddst_NK, dbias_K);
}

#define REGRAIN_INSTANTIATE(T)                                                                               \
  template void edge_hidden<T>(Cpu, GraphView, EndOrder, int, View<const T, 2>, View<const T, 2>,            \
                               View<const T, 2>, View<const T, 2>, View<const T, 1>, View<T, 2>);            \
  template void edge_hidden_backward<T>(                                                                     \
      Cpu, GraphView, EndOrder, int, View<const T, 2>, View<const T, 2>, View<const T, 2>, View<const T, 2>, \
      View<const T, 2>, View<const T, 2>, View<T, 2>, View<T, 2>, View<T, 2>, View<T, 2>, View<T, 1>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
