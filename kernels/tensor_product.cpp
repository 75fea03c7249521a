#include "kernels/tensor_product.hpp"

#include "kernels/edge_blocks.hpp"
#include "kernels/tensor_product_checks.hpp"
#include "kernels/tensor_product_forms.hpp"

namespace regrain::kernels {

namespace tp = tensor_product;

namespace {

template <class T>
tp::Weights<T> prepare(Cpu be, int level, View<const T, 2> weight_OK, View<const T, 1> bias_O) {
  const int n = n_tensor_weights(level), n_k = weight_OK.dim(1) + 1;
  const std::size_t size = static_cast<std::size_t>(n) * static_cast<std::size_t>(n_k);
  T *by_in = be.scratch->allocate_array<T>(size), *by_out = be.scratch->allocate_array<T>(size);
  for (int p = 0; p < n_tensor_paths(level); ++p) {
    const TensorPath& path = kTensorPaths[p];
    const T coefficient = static_cast<T>(path_coefficient(path, level));
    for (int u = 0; u < path.n_in; ++u)
      for (int w = 0; w < path.n_out; ++w) {
        const int o = path.weight + u * path.n_out + w;
        for (int k = 0; k < n_k; ++k) {
          const T value = coefficient * (k + 1 < n_k ? weight_OK(o, k) : bias_O(o));
          by_in[k * n + o] = value;
          by_out[k * n + path.weight + w * path.n_in + u] = value;
        }
      }
  }
  return {by_in, by_out, n_k, n};
}

// dweight, dbias += coefficient times the sum over chunks, in their order
template <class T>
void add_chunks(Cpu be, int level, const tp::Weights<T>& w, const tp::Gradients<T>& grad,
                View<T, 2> dweight_OK, View<T, 1> dbias_O) {
  const std::size_t chunk_size = static_cast<std::size_t>(w.n_k) * static_cast<std::size_t>(w.n);
  parallel_for(be, w.n_k, double(chunk_size) * grad.n_chunks, [&](int k) {
    T* sum = grad.dweights + k * w.n;
    for (int c = 1; c < grad.n_chunks; ++c) {
      const T* chunk = sum + static_cast<std::size_t>(c) * chunk_size;
      for (int o = 0; o < w.n; ++o) sum[o] += chunk[o];
    }
    const bool is_bias = k + 1 == w.n_k;
    if (is_bias ? !dbias_O.data() : !dweight_OK.data()) return;
    for (int p = 0; p < n_tensor_paths(level); ++p) {
      const TensorPath& path = kTensorPaths[p];
      const T coefficient = static_cast<T>(path_coefficient(path, level));
      for (int o = path.weight; o < path.weight + path.n_in * path.n_out; ++o)
        (is_bias ? dbias_O(o) : dweight_OK(o, k)) += coefficient * sum[o];
    }
  });
}

bool at_most_one(int n, const int* offset) {
  for (int i = 0; i < n; ++i)
    if (offset[i + 1] - offset[i] > 1) return false;
  return true;
}

// dout over the number of edges of the row's receiver
template <class T>
View<const T, 2> gradient_of_sum(Cpu be, GraphView g, View<const T, 2> dout_NF) {
  const int width = dout_NF.dim(1);
  T* rows = be.scratch->allocate_array<T>(dout_NF.size());
  parallel_for(be, g.n_dst, double(g.n_dst) * width, [&](int i) {
    const T mean = T(1) / static_cast<T>(std::max(g.offset[i + 1] - g.offset[i], 1));
    for (int c = 0; c < width; ++c) rows[static_cast<std::ptrdiff_t>(i) * width + c] = dout_NF(i, c) * mean;
  });
  return {rows, {g.n_dst, width}};
}

}  // namespace

template <class T>
void tensor_product_convolution(Cpu be, TensorProductForm form, int level, GraphView g, View<const T, 2> y_E9,
                                const EdgeNetwork<T>& network, View<const T, 2> weight_OK, View<const T, 1> bias_O,
                                View<T, 2> out_NF) {
  tp::check_shapes<T>(level, g, network, weight_OK, bias_O, out_NF);
  tp::check_harmonics(g, y_E9);
  const Arena::Scope scope(*be.scratch);
  const tp::Convolution<T> conv{g, network.x_src, y_E9, prepare_hidden(be, g, network),
                                prepare(be, level, weight_OK, bias_O)};
  const bool one_each = at_most_one(g.n_dst, g.offset);
  if (form == TensorProductForm::automatic)
    form = one_each ? TensorProductForm::by_sender : TensorProductForm::by_receiver;
  REGRAIN_CHECK(form != TensorProductForm::by_sender || one_each,
                "tensor_product: by_sender runs forward only on graphs of at most one edge a receiver");
  tp::with_level(level, [&](auto l) {
    if (form == TensorProductForm::direct) tp::forward_direct<l>(be, conv, out_NF);
    else if (form == TensorProductForm::by_sender) tp::forward_by_sender<l>(be, conv, out_NF);
    else tp::forward_by_receiver<l>(be, conv, out_NF);
  });
}

template <class T>
void tensor_product_convolution(Cpu be, int level, GraphView g, View<const T, 2> x_N3, const EdgeNetwork<T>& network,
                                View<const T, 2> weight_OK, View<const T, 1> bias_O, View<T, 2> out_NF) {
  tp::check_shapes<T>(level, g, network, weight_OK, bias_O, out_NF);
  REGRAIN_CHECK(x_N3.dim(0) == g.n_dst && g.n_dst == g.n_src, "tensor_product: ", x_N3.dim(0),
                " points for a graph of ", g.n_src, " -> ", g.n_dst);
  const Arena::Scope scope(*be.scratch);
  const HiddenRows<T> hidden = prepare_hidden(be, g, network);
  const tp::Weights<T> weights = prepare(be, level, weight_OK, bias_O);
  for_receiver_blocks(be, g, [&](GraphView block, int first, int first_edge) {
    HiddenRows<T> rows = hidden;
    rows.g = block;
    rows.edge_EC += static_cast<std::ptrdiff_t>(first_edge) * hidden.n_edge;
    rows.dst_NP += static_cast<std::ptrdiff_t>(first) * hidden.pitch;
    const tp::Convolution<T> part{block, network.x_src, block_harmonics(be, block, first, x_N3), rows, weights};
    tp::with_level(level, [&](auto l) { tp::forward_by_receiver<l>(be, part, row_range(out_NF, first, block.n_dst)); });
  });
}

template <class T>
void tensor_product_convolution_backward(Cpu be, TensorProductForm form, int level, GraphView g, View<const T, 2> y_E9,
                                         const EdgeNetwork<T>& network, View<const T, 2> weight_OK,
                                         View<const T, 1> bias_O, View<const T, 2> dout_NF,
                                         const EdgeNetworkGradient<T>& dnetwork, View<T, 2> dweight_OK,
                                         View<T, 1> dbias_O) {
  tp::check_shapes<T>(level, g, network, weight_OK, bias_O, dout_NF);
  tp::check_harmonics(g, y_E9);
  const Arena::Scope scope(*be.scratch);
  const tp::Convolution<T> conv{g, network.x_src, y_E9, prepare_hidden(be, g, network),
                                prepare(be, level, weight_OK, bias_O)};
  const bool one_each = at_most_one(g.n_src, g.src_offset);
  if (form == TensorProductForm::automatic)
    form = one_each ? TensorProductForm::by_receiver : TensorProductForm::by_sender;
  REGRAIN_CHECK(form != TensorProductForm::by_receiver || one_each,
                "tensor_product: by_receiver has a derivative only on graphs of at most one edge a sender");

  const int n_chunks = tp::weight_chunks(form == TensorProductForm::by_receiver ? g.n_dst : g.n_src);
  const std::size_t size = static_cast<std::size_t>(n_chunks) * static_cast<std::size_t>(conv.weights.n_k) *
                           static_cast<std::size_t>(conv.weights.n);
  T* dweights = be.scratch->allocate_array<T>(size);
  std::fill_n(dweights, size, T(0));
  const tp::Gradients<T> grad{
      gradient_of_sum(be, g, dout_NF), dnetwork.dx_src,
      prepare_sums(be, network, conv.hidden, n_chunks, form == TensorProductForm::by_receiver, dnetwork), dweights, n_chunks};
  tp::with_level(level, [&](auto l) {
    if (form == TensorProductForm::direct) tp::backward_direct<l>(be, conv, grad);
    else if (form == TensorProductForm::by_sender) tp::backward_by_sender<l>(be, conv, grad);
    else tp::backward_by_receiver<l>(be, conv, grad);
  });
  add_chunks(be, level, conv.weights, grad, dweight_OK, dbias_O);
  edge_network_backward(be, network, conv.hidden, grad.network, dnetwork);
}

#define REGRAIN_INSTANTIATE(T)                                                                                        \
  template void tensor_product_convolution<T>(Cpu, TensorProductForm, int, GraphView, View<const T, 2>,               \
                                              const EdgeNetwork<T>&, View<const T, 2>, View<const T, 1>, View<T, 2>); \
  template void tensor_product_convolution<T>(Cpu, int, GraphView, View<const T, 2>, const EdgeNetwork<T>&,           \
                                              View<const T, 2>, View<const T, 1>, View<T, 2>);                        \
  template void tensor_product_convolution_backward<T>(                                                               \
      Cpu, TensorProductForm, int, GraphView, View<const T, 2>, const EdgeNetwork<T>&, View<const T, 2>,              \
      View<const T, 1>, View<const T, 2>, const EdgeNetworkGradient<T>&, View<T, 2>, View<T, 1>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
