#include "kernels/edge_network.hpp"

#include "engine/errors.hpp"
#include "kernels/gemm.hpp"
#include "kernels/parallel.hpp"

namespace regrain::kernels {

namespace {

// `count` columns of a matrix
template <class T>
MatrixRef<T> columns(View<T, 2> x, int first, int count) {
  return {x.data() + first, x.dim(0), count, x.dim(1)};
}

struct Blocks {
  int edge = 0, dst, src;  // first columns of the weight
};
Blocks blocks(EndOrder order, int n_edge, int n_scalars) {
  return order == EndOrder::receiver_first ? Blocks{0, n_edge, n_edge + n_scalars}
                                           : Blocks{0, n_edge + n_scalars, n_edge};
}

template <class T>
T* zeros(Cpu be, int rows, int cols) {
  const std::size_t size = static_cast<std::size_t>(rows) * static_cast<std::size_t>(cols);
  T* p = be.scratch->allocate_array<T>(size);
  std::fill_n(p, size, T(0));
  return p;
}

// x W^T for the scalars of every node, in rows of `pitch`
template <class T>
T* node_part(Cpu be, View<const T, 2> x, const EdgeNetwork<T>& net, int first_column, int pitch, const T* bias) {
  const int n_k = net.weight_KI.dim(0);
  T* rows = zeros<T>(be, x.dim(0), pitch);
  gemm<T>(be, Trans::no, Trans::yes, columns(x, 0, net.n_scalars), columns(net.weight_KI, first_column, net.n_scalars),
          MatrixRef<T>(rows, x.dim(0), n_k, pitch), Write::overwrite, bias);
  return rows;
}

}  // namespace

template <class T>
HiddenRows<T> prepare_hidden(Cpu be, GraphView g, const EdgeNetwork<T>& net) {
  const int n_edge = net.edge_EC.dim(1), n_k = net.weight_KI.dim(0);
  REGRAIN_CHECK(net.weight_KI.dim(1) == n_edge + 2 * net.n_scalars && net.bias_K.dim(0) == n_k, "edge network: weight is ",
                n_k, "x", net.weight_KI.dim(1), " for ", n_edge, " + 2 x ", net.n_scalars, " inputs");
  REGRAIN_CHECK(net.edge_EC.dim(0) == g.n_edges && net.x_dst.dim(0) == g.n_dst && net.x_src.dim(0) == g.n_src &&
                    net.x_dst.dim(1) >= net.n_scalars && net.x_src.dim(1) >= net.n_scalars,
                "edge network: ", net.edge_EC.dim(0), " rows of edges, receivers ", net.x_dst.dim(0), "x",
                net.x_dst.dim(1), ", senders ", net.x_src.dim(0), "x", net.x_src.dim(1), " for a graph of ", g.n_src,
                " -> ", g.n_dst);
  const Blocks at = blocks(net.order, n_edge, net.n_scalars);
  const int pitch = hidden_pitch(n_k);
  T* weight_CP = zeros<T>(be, n_edge, pitch);
  for (int c = 0; c < n_edge; ++c)
    for (int k = 0; k < n_k; ++k) weight_CP[c * pitch + k] = net.weight_KI(k, at.edge + c);
  T* dst_NP = node_part(be, net.x_dst, net, at.dst, pitch, net.bias_K.data());
  const T* src_MP = node_part<T>(be, net.x_src, net, at.src, pitch, nullptr);
  for (int i = 0; i < g.n_dst; ++i) dst_NP[static_cast<std::ptrdiff_t>(i) * pitch + n_k] = T(1);
  return {g, net.edge_EC.data(), weight_CP, dst_NP, src_MP, n_edge, n_k, pitch};
}

template <class T>
void edge_network_backward(Cpu be, const EdgeNetwork<T>& net, const HiddenRows<T>& hidden, const T* da_EP,
                           const T* dsrc_MP, const EdgeNetworkGradient<T>& grad) {
  const GraphView& g = hidden.g;
  const int n_edge = hidden.n_edge, n_k = hidden.n_k, pitch = hidden.pitch, width = (n_edge + 7) / 8 * 8;
  const Blocks at = blocks(net.order, n_edge, net.n_scalars);
  const Arena::Scope scope(*be.scratch);
  T* ddst_NP = be.scratch->allocate_array<T>(static_cast<std::size_t>(g.n_dst) * static_cast<std::size_t>(pitch));
  T* weight_KW = zeros<T>(be, n_k, width);  // the edge's part, columns padded
  for (int k = 0; k < n_k; ++k) std::copy_n(net.weight_KI.row(k) + at.edge, n_edge, weight_KW + k * width);

  // receivers in a fixed number of chunks, each with its own sum for the edge's part of the weight
  T* dweight = zeros<T>(be, kSumChunks * n_edge, pitch);
  constexpr int kLot = 32;
  T* lots = be.scratch->allocate_array<T>(static_cast<std::size_t>(kSumChunks * kLot * width));
  parallel_for(be, kSumChunks, 4.0 * g.n_edges * n_k * (n_edge + 1), [&](int chunk) {
    const auto n = static_cast<std::size_t>(g.n_dst);
    const int first = static_cast<int>(chunk_begin(n, chunk)), last = static_cast<int>(chunk_begin(n, chunk + 1));
    T *mine = dweight + chunk * n_edge * pitch, *lot = lots + chunk * kLot * width;
    for (int i = first; i < last; ++i) {
      T* sum = ddst_NP + static_cast<std::ptrdiff_t>(i) * pitch;
      std::fill_n(sum, pitch, T(0));
      for (int e = g.offset[i]; e < g.offset[i + 1]; ++e) {
        const T* da = da_EP + static_cast<std::ptrdiff_t>(e) * pitch;
        for (int k = 0; k < pitch; k += kLanes<T>) store_vec(sum + k, load_vec(sum + k) + load_vec(da + k));
      }
    }
    for (int e = g.offset[first]; e < g.offset[last]; e += kLot) {
      const int count = std::min(kLot, g.offset[last] - e);
      const T* da = da_EP + static_cast<std::ptrdiff_t>(e) * pitch;
      small_gemm(n_edge, pitch, count, net.edge_EC.row(e), 1, n_edge, da, pitch, mine, pitch, true);
      if (!grad.dedge_EC.data()) continue;
      small_gemm(count, width, n_k, da, pitch, 1, weight_KW, width, lot, width, false);
      for (int t = 0; t < count; ++t)
        for (int c = 0; c < n_edge; ++c) grad.dedge_EC.row(e + t)[c] += lot[t * width + c];
    }
  });
  if (grad.dweight_KI.data())
    for (int chunk = 0; chunk < kSumChunks; ++chunk)
      for (int c = 0; c < n_edge; ++c)
        for (int k = 0; k < n_k; ++k) grad.dweight_KI(k, at.edge + c) += dweight[(chunk * n_edge + c) * pitch + k];

  const auto node_back = [&](const T* da, View<const T, 2> x, int first, View<T, 2> dx) {
    const MatrixRef<const T> rows(da, x.dim(0), n_k, pitch);
    if (dx.data())
      gemm<T>(be, Trans::no, Trans::no, rows, columns(net.weight_KI, first, net.n_scalars), columns(dx, 0, net.n_scalars),
              Write::accumulate);
    if (grad.dweight_KI.data())
      gemm<T>(be, Trans::yes, Trans::no, rows, columns(x, 0, net.n_scalars),
              columns(grad.dweight_KI, first, net.n_scalars), Write::accumulate);
  };
  node_back(ddst_NP, net.x_dst, at.dst, grad.dx_dst);
  node_back(dsrc_MP, net.x_src, at.src, grad.dx_src);
  if (grad.dbias_K.data())
    for (int i = 0; i < g.n_dst; ++i)
      for (int k = 0; k < n_k; ++k) grad.dbias_K(k) += ddst_NP[static_cast<std::ptrdiff_t>(i) * pitch + k];
}

#define REGRAIN_INSTANTIATE(T)                                                                         \
  template HiddenRows<T> prepare_hidden<T>(Cpu, GraphView, const EdgeNetwork<T>&);                     \
  template void edge_network_backward<T>(Cpu, const EdgeNetwork<T>&, const HiddenRows<T>&, const T*, const T*, \
                                         const EdgeNetworkGradient<T>&);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
