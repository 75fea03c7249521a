// The definition: each edge makes its own weights and multiplies.
#include "kernels/tensor_product_forms.hpp"
#include "kernels/tensor_product_tiles.hpp"

namespace regrain::kernels::tensor_product {

namespace {

// W h + b of one edge
template <class T>
void edge_weights(const Convolution<T>& conv, int edge, T* out) {
  const Weights<T>& w = conv.weights;
  std::copy_n(w.by_in + (w.n_k - 1) * w.n, w.n, out);
  for (int k = 0; k + 1 < w.n_k; ++k) {
    const T h = conv.h_EK(edge, k);
    const T* row = w.by_in + k * w.n;
    for (int o = 0; o < w.n; ++o) out[o] += h * row[o];
  }
}

template <class T>
double work_of(const Convolution<T>& conv) {
  return 2. * conv.weights.n_k * conv.weights.n * conv.g.n_edges;
}

}  // namespace

template <class T>
void forward_direct(Cpu be, const Convolution<T>& conv, View<T, 2> out_NF) {
  const GraphView& g = conv.g;
  const int width = coupled_width(conv.level), n_out = feature_width(conv.level + 1);
  const std::size_t size = static_cast<std::size_t>(conv.weights.n + width);
  for_each_node<T>(be, g.n_dst, work_of(conv), size, [&](int i, T* weights) {
    T *coupled = weights + conv.weights.n, *out = out_NF.row(i);
    std::fill_n(out, n_out, T(0));
    for (int e = g.offset[i]; e < g.offset[i + 1]; ++e) {
      edge_weights(conv, e, weights);
      couple_row(conv.level, Harmonics<T>(conv.y_E9.row(e)), conv.x_MF.row(g.src[e]), coupled);
      const T* columns = coupled;
      for (int p = 0; p < n_tensor_paths(conv.level); ++p) {
        const TensorPath& path = kTensorPaths[p];
        contract<T>(path.d_out, path.n_in, path.n_out, 1, {columns, 0}, {weights + path.weight, 0},
                    out + path.out);
        columns += path.d_out * path.n_in;
      }
    }
    const int degree = std::max(g.offset[i + 1] - g.offset[i], 1);
    for (int c = 0; c < n_out; ++c) out[c] /= static_cast<T>(degree);
  });
}

template <class T>
void backward_direct(Cpu be, const Convolution<T>& conv, const Gradients<T>& grad) {
  const GraphView& g = conv.g;
  const Weights<T>& w = conv.weights;
  const int width = coupled_width(conv.level), n_out = feature_width(conv.level + 1);
  const std::size_t size = static_cast<std::size_t>(3 * w.n + 2 * width + n_out);
  for_each_node<T>(be, g.n_src, conv, grad, 3 * work_of(conv), size, [&](int j, T* dweights, T* scratch) {
    T *weights = scratch, *weights_t = weights + w.n, *dedge = weights_t + w.n;
    T *coupled = dedge + w.n, *dcoupled = coupled + width, *dout = dcoupled + width;
    for (int s = g.src_offset[j]; s < g.src_offset[j + 1]; ++s) {
      const int e = g.by_src[s], i = g.dst[e], degree = g.offset[i + 1] - g.offset[i];
      for (int c = 0; c < n_out; ++c) dout[c] = grad.dout_NF(i, c) / static_cast<T>(degree);
      edge_weights(conv, e, weights);
      const Harmonics<T> harmonics(conv.y_E9.row(e));
      couple_row(conv.level, harmonics, conv.x_MF.row(j), coupled);
      std::fill_n(dedge, w.n, T(0));
      int column = 0;
      for (int p = 0; p < n_tensor_paths(conv.level); ++p) {
        const TensorPath& path = kTensorPaths[p];
        T* by_out = weights_t + path.weight;
        for (int u = 0; u < path.n_in; ++u)
          for (int v = 0; v < path.n_out; ++v)
            by_out[v * path.n_in + u] = weights[path.weight + u * path.n_out + v];
        expand<T>(path.d_out, path.n_out, path.n_in, 1, {dout + path.out, 0}, {by_out, 0},
                  {dcoupled + column, 0});
        add_outer<T>(path.d_out, path.n_in, path.n_out, 1, {coupled + column, 0}, {dout + path.out, 0},
                     {dedge + path.weight, 0});
        column += path.d_out * path.n_in;
      }
      couple_row_back(conv.level, harmonics, dcoupled, grad.dx_MF.row(j));
      for (int k = 0; k < w.n_k; ++k) {
        const T h = k + 1 < w.n_k ? conv.h_EK(e, k) : T(1);
        const T* row = w.by_in + k * w.n;
        T* drow = dweights + k * w.n;
        T dh = 0;
        for (int o = 0; o < w.n; ++o) {
          dh += row[o] * dedge[o];
          drow[o] += h * dedge[o];
        }
        if (k + 1 < w.n_k) grad.dh_EK(e, k) += dh;
      }
    }
  });
}

#define REGRAIN_INSTANTIATE(T)                                             \
  template void forward_direct<T>(Cpu, const Convolution<T>&, View<T, 2>); \
  template void backward_direct<T>(Cpu, const Convolution<T>&, const Gradients<T>&);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels::tensor_product
