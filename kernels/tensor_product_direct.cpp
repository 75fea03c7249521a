// The definition: each edge makes its own weights and multiplies.
#include "kernels/tensor_product_forms.hpp"
#include "kernels/tensor_product_tiles.hpp"

namespace regrain::kernels::tensor_product {

namespace {

// W h + b of one edge; h ends in a one
template <class T>
void edge_weights(const Weights<T>& w, const T* h, T* out) {
  std::fill_n(out, w.n, T(0));
  for (int k = 0; k < w.n_k; ++k) {
    const T* row = w.by_in + k * w.n;
    for (int o = 0; o < w.n; ++o) out[o] += h[k] * row[o];
  }
}

template <class T>
double work_of(const Convolution<T>& conv) {
  return 2. * conv.weights.n_k * conv.weights.n * conv.g.n_edges;
}

}  // namespace

template <int Level, class T>
void forward_direct(Cpu be, const Convolution<T>& conv, View<T, 2> out_NF) {
  const GraphView& g = conv.g;
  constexpr int width = coupled_width(Level), n_out = feature_width(Level + 1);
  const std::size_t size = static_cast<std::size_t>(conv.weights.n + width + conv.hidden.pitch + conv.hidden.n_edge);
  for_each_node<T>(be, g.n_dst, work_of(conv), size, [&](int i, T* weights) {
    T *coupled = weights + conv.weights.n, *hidden = coupled + width, *gathered = hidden + conv.hidden.pitch;
    T* out = out_NF.row(i);
    std::fill_n(out, n_out, T(0));
    for (int e = g.offset[i]; e < g.offset[i + 1]; ++e) {
      conv.hidden.make(1, [&](int) { return e; }, gathered, hidden);
      edge_weights(conv.weights, hidden, weights);
      couple_row<Level>(Harmonics<T>(conv.y_E9.row(e)), conv.x_MF.row(g.src[e]), coupled);
      for_each_path<Level>([&](auto p) {
        constexpr TensorPath path = kTensorPaths[p];
        contract<path.d_out, path.n_in, path.n_out, T>(1, {coupled + coupled_column(p), 0}, {weights + path.weight, 0},
                                                       out + path.out);
      });
    }
    const int degree = std::max(g.offset[i + 1] - g.offset[i], 1);
    for (int c = 0; c < n_out; ++c) out[c] /= static_cast<T>(degree);
  });
}

template <int Level, class T>
void backward_direct(Cpu be, const Convolution<T>& conv, const Gradients<T>& grad) {
  const GraphView& g = conv.g;
  const Weights<T>& w = conv.weights;
  constexpr int width = coupled_width(Level);
  const int pitch = conv.hidden.pitch;
  const std::size_t size = static_cast<std::size_t>(3 * w.n + 2 * width + 2 * pitch + conv.hidden.n_edge) +
                           grad.network.lot_size(1);
  for_each_node<T>(be, g.n_src, conv, grad, 3 * work_of(conv), size, [&](int j, int chunk, T* dweights, T* scratch) {
    T *weights = scratch, *weights_t = weights + w.n, *dedge = weights_t + w.n;
    T *coupled = dedge + w.n, *dcoupled = coupled + width, *hidden = dcoupled + width;
    T *dhidden = hidden + pitch, *gathered = dhidden + pitch, *lot = gathered + conv.hidden.n_edge;
    for (int s = g.src_offset[j]; s < g.src_offset[j + 1]; ++s) {
      const int e = g.by_src[s];
      const T* dout = grad.dmean_NF.row(g.dst[e]);
      conv.hidden.make(1, [&](int) { return e; }, gathered, hidden);
      edge_weights(w, hidden, weights);
      const Harmonics<T> harmonics(conv.y_E9.row(e));
      couple_row<Level>(harmonics, conv.x_MF.row(j), coupled);
      std::fill_n(dedge, w.n, T(0));
      for_each_path<Level>([&](auto p) {
        constexpr TensorPath path = kTensorPaths[p];
        T* by_out = weights_t + path.weight;
        for (int u = 0; u < path.n_in; ++u)
          for (int v = 0; v < path.n_out; ++v)
            by_out[v * path.n_in + u] = weights[path.weight + u * path.n_out + v];
        expand<path.d_out, path.n_out, path.n_in, T>(1, {dout + path.out, 0}, {by_out, 0}, {dcoupled + coupled_column(p), 0});
        add_outer<path.d_out, path.n_in, path.n_out, T>(1, {coupled + coupled_column(p), 0}, {dout + path.out, 0},
                                                        {dedge + path.weight, 0});
      });
      if (grad.dx_MF.data()) couple_row_back<Level>(harmonics, dcoupled, grad.dx_MF.row(j));
      std::fill_n(dhidden, pitch, T(0));
      for (int k = 0; k < w.n_k; ++k) {
        const T* row = w.by_in + k * w.n;
        T* drow = dweights + k * w.n;
        for (int o = 0; o < w.n; ++o) drow[o] += hidden[k] * dedge[o];
        // the last one meets the bias
        for (int o = 0; o < w.n && k < conv.hidden.n_k; ++o) dhidden[k] += row[o] * dedge[o];
      }
      grad.network.add(conv.hidden, chunk, 1, [&](int) { return e; }, gathered, hidden, dhidden, lot);
    }
  });
}

REGRAIN_INSTANTIATE_LEVELS(direct)

}  // namespace regrain::kernels::tensor_product
