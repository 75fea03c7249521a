#include "kernels/edge_network_rows.hpp"

#include "engine/errors.hpp"
#include "kernels/gemm.hpp"
#include "kernels/parallel.hpp"

namespace regrain::kernels {

namespace {

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
  gemm<T>(be, Trans::no, Trans::yes, columns_of(x, 0, net.n_scalars), columns_of(net.weight_KI, first_column, net.n_scalars),
          MatrixRef<T>(rows, x.dim(0), n_k, pitch), Write::overwrite, bias);
  return rows;
}

}  // namespace

template <class T>
void check_edge_network(GraphView g, const EdgeNetwork<T>& net) {
  const int n_edge = net.edge_EC.dim(1), n_k = net.weight_KI.dim(0);
  REGRAIN_CHECK(net.weight_KI.dim(1) == n_edge + 2 * net.n_scalars && net.bias_K.dim(0) == n_k, "edge network: weight is ",
                n_k, "x", net.weight_KI.dim(1), " for ", n_edge, " + 2 x ", net.n_scalars, " inputs");
  REGRAIN_CHECK(net.edge_EC.dim(0) == g.n_edges && net.x_dst.dim(0) == g.n_dst && net.x_src.dim(0) == g.n_src &&
                    net.x_dst.dim(1) >= net.n_scalars && net.x_src.dim(1) >= net.n_scalars,
                "edge network: ", net.edge_EC.dim(0), " rows of edges, receivers ", net.x_dst.dim(0), "x",
                net.x_dst.dim(1), ", senders ", net.x_src.dim(0), "x", net.x_src.dim(1), " for a graph of ", g.n_src,
                " -> ", g.n_dst);
}

template <class T>
HiddenRows<T> prepare_hidden(Cpu be, GraphView g, const EdgeNetwork<T>& net) {
  check_edge_network(g, net);
  const int n_edge = net.edge_EC.dim(1), n_k = net.weight_KI.dim(0);
  const EdgeNetworkColumns at = edge_network_columns(net.order, n_edge, net.n_scalars);
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
EdgeNetworkSums<T> prepare_sums(Cpu be, const EdgeNetwork<T>& net, const HiddenRows<T>& hidden, int n_chunks,
                                bool walk_receivers, const EdgeNetworkGradient<T>& grad) {
  const int n_edge = hidden.n_edge, pitch = hidden.pitch, width = row_pitch(n_edge);
  const EdgeNetworkColumns at = edge_network_columns(net.order, n_edge, net.n_scalars);
  const int copies = walk_receivers ? 1 : n_chunks;
  EdgeNetworkSums<T> sums;
  sums.per_chunk = walk_receivers ? 0 : static_cast<std::ptrdiff_t>(hidden.g.n_dst) * pitch;
  const std::size_t size = static_cast<std::size_t>(copies) * static_cast<std::size_t>(hidden.g.n_dst) * static_cast<std::size_t>(pitch);
  sums.ddst_XNP = be.scratch->allocate_array<T>(size);
  parallel_for(be, copies, double(size), [&](int c) {
    const std::size_t one = size / static_cast<std::size_t>(copies);
    std::fill_n(sums.ddst_XNP + static_cast<std::size_t>(c) * one, one, T(0));
  });
  sums.dsrc_MP = zeros<T>(be, hidden.g.n_src, pitch);
  sums.dweight_XCP = zeros<T>(be, n_chunks * n_edge, pitch);
  T* weight_KW = zeros<T>(be, hidden.n_k, width);
  for (int k = 0; k < hidden.n_k; ++k) std::copy_n(net.weight_KI.row(k) + at.edge, n_edge, weight_KW + k * width);
  sums.weight_KW = weight_KW;
  sums.width = width;
  sums.n_chunks = n_chunks;
  sums.dedge_EC = grad.dedge_EC;
  return sums;
}

template <class T>
void edge_network_backward(Cpu be, const EdgeNetwork<T>& net, const HiddenRows<T>& hidden,
                           const EdgeNetworkSums<T>& sums, const EdgeNetworkGradient<T>& grad) {
  const GraphView& g = hidden.g;
  const int n_edge = hidden.n_edge, n_k = hidden.n_k, pitch = hidden.pitch;
  const EdgeNetworkColumns at = edge_network_columns(net.order, n_edge, net.n_scalars);
  const Arena::Scope scope(*be.scratch);
  if (sums.per_chunk > 0) {
    parallel_for(be, g.n_dst, double(sums.n_chunks) * g.n_dst * pitch, [&](int i) {
      T* sum = sums.ddst_XNP + static_cast<std::ptrdiff_t>(i) * pitch;
      for (int chunk = 1; chunk < sums.n_chunks; ++chunk) {
        const T* more = sum + chunk * sums.per_chunk;
        for (int k = 0; k < pitch; k += kLanes<T>) store_vec(sum + k, load_vec(sum + k) + load_vec(more + k));
      }
    });
  }
  if (grad.dweight_KI.data())
    for (int chunk = 0; chunk < sums.n_chunks; ++chunk)
      for (int c = 0; c < n_edge; ++c)
        for (int k = 0; k < n_k; ++k) grad.dweight_KI(k, at.edge + c) += sums.dweight_XCP[(chunk * n_edge + c) * pitch + k];

  const auto node_back = [&](const T* da, View<const T, 2> x, int first, View<T, 2> dx) {
    const MatrixRef<const T> rows(da, x.dim(0), n_k, pitch);
    if (dx.data())
      gemm<T>(be, Trans::no, Trans::no, rows, columns_of(net.weight_KI, first, net.n_scalars), columns_of(dx, 0, net.n_scalars),
              Write::accumulate);
    if (grad.dweight_KI.data())
      gemm<T>(be, Trans::yes, Trans::no, rows, columns_of(x, 0, net.n_scalars),
              columns_of(grad.dweight_KI, first, net.n_scalars), Write::accumulate);
  };
  node_back(sums.ddst_XNP, net.x_dst, at.dst, grad.dx_dst);
  node_back(sums.dsrc_MP, net.x_src, at.src, grad.dx_src);
  if (grad.dbias_K.data())
    for (int i = 0; i < g.n_dst; ++i)
      for (int k = 0; k < n_k; ++k) grad.dbias_K(k) += sums.ddst_XNP[static_cast<std::ptrdiff_t>(i) * pitch + k];
}

#define REGRAIN_INSTANTIATE(T)                                                                               \
  template void check_edge_network<T>(GraphView, const EdgeNetwork<T>&);                                     \
  template HiddenRows<T> prepare_hidden<T>(Cpu, GraphView, const EdgeNetwork<T>&);                           \
  template EdgeNetworkSums<T> prepare_sums<T>(Cpu, const EdgeNetwork<T>&, const HiddenRows<T>&, int, bool,   \
                                              const EdgeNetworkGradient<T>&);                                \
  template void edge_network_backward<T>(Cpu, const EdgeNetwork<T>&, const HiddenRows<T>&,                   \
                                         const EdgeNetworkSums<T>&, const EdgeNetworkGradient<T>&);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
