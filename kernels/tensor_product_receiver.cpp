// Harmonics first: each receiver gathers A_i[k] = sum over its edges of h_k (x_j coupled with Y), a tile
// of (hidden + 1) x coupled_width values in cache, and meets the weights once.
#include "kernels/small_gemm.hpp"
#include "kernels/tensor_product_forms.hpp"
#include "kernels/tensor_product_tiles.hpp"

namespace regrain::kernels::tensor_product {

namespace {

double work_of(int n_edges, int n_nodes, int n_k, int width) {
  return double(n_k) * (double(n_edges) * width + 800. * n_nodes);
}

// A_i, and the tile of coupled rows as scratch
template <class T>
void gather_tile(const Convolution<T>& conv, int receiver, T* hidden, T* coupled, T* tile) {
  const GraphView& g = conv.g;
  const int width = coupled_width(conv.level), pitch = conv.weights.padded_n_k;
  for (int begin = g.offset[receiver]; begin < g.offset[receiver + 1]; begin += kEdgeTile) {
    const int n = std::min(kEdgeTile, g.offset[receiver + 1] - begin);
    load_hidden(
        conv, n, [&](int t) { return begin + t; }, hidden);
    for (int t = 0; t < n; ++t)
      couple_row(conv.level, Harmonics<T>(conv.y_E9.row(begin + t)), conv.x_MF.row(g.src[begin + t]),
                 coupled + t * width);
    small_gemm(pitch, width, n, hidden, 1, pitch, coupled, width, tile, width, begin > g.offset[receiver]);
  }
}

// f(path, its column in the tile)
template <class F>
void for_each_path(int level, F f) {
  int column = 0;
  for (int p = 0; p < n_tensor_paths(level); ++p) {
    f(kTensorPaths[p], column);
    column += kTensorPaths[p].d_out * kTensorPaths[p].n_in;
  }
}

}  // namespace

template <class T>
void forward_by_receiver(Cpu be, const Convolution<T>& conv, View<T, 2> out_NF) {
  const GraphView& g = conv.g;
  const Weights<T>& w = conv.weights;
  const int width = coupled_width(conv.level), n_out = feature_width(conv.level + 1), pitch = w.padded_n_k;
  const std::size_t tile_size = static_cast<std::size_t>(pitch * width);
  const std::size_t lot_size = static_cast<std::size_t>(kEdgeTile * (pitch + width));
  for_each_node<T>(be, g.n_dst, work_of(g.n_edges, g.n_dst, w.n_k, width), tile_size + lot_size,
                   [&](int i, T* scratch) {
                     T *tile = scratch, *hidden = tile + tile_size, *coupled = hidden + kEdgeTile * pitch;
                     T* out = out_NF.row(i);
                     std::fill_n(out, n_out, T(0));
                     const int degree = g.offset[i + 1] - g.offset[i];
                     if (degree == 0) return;
                     gather_tile(conv, i, hidden, coupled, tile);
                     for_each_path(conv.level, [&](const TensorPath& path, int column) {
                       contract<T>(path.d_out, path.n_in, path.n_out, w.n_k, {tile + column, width},
                                   {w.by_in + path.weight, w.n}, out + path.out);
                     });
                     for (int c = 0; c < n_out; ++c) out[c] /= static_cast<T>(degree);
                   });
}

template <class T>
void backward_by_receiver(Cpu be, const Convolution<T>& conv, const Gradients<T>& grad) {
  const GraphView& g = conv.g;
  const Weights<T>& w = conv.weights;
  const int width = coupled_width(conv.level), n_out = feature_width(conv.level + 1), pitch = w.padded_n_k;
  const std::size_t tile_size = static_cast<std::size_t>(pitch * width);
  const std::size_t lot_size = static_cast<std::size_t>(2 * kEdgeTile * (pitch + width));
  const std::size_t size = 3 * tile_size + lot_size + static_cast<std::size_t>(n_out);
  for_each_node<T>(be, g.n_dst, conv, grad, 3 * work_of(g.n_edges, g.n_dst, w.n_k, width), size,
                   [&](int i, T* dweights, T* scratch) {
                     T *tile = scratch, *dtile = tile + tile_size, *dtile_t = dtile + tile_size,
                       *hidden = dtile_t + tile_size;
                     T *dhidden = hidden + kEdgeTile * pitch, *coupled = dhidden + kEdgeTile * pitch;
                     T *dcoupled = coupled + kEdgeTile * width, *dout = dcoupled + kEdgeTile * width;
                     const int degree = g.offset[i + 1] - g.offset[i];
                     if (degree == 0) return;
                     gather_tile(conv, i, hidden, coupled, tile);
                     for (int c = 0; c < n_out; ++c) dout[c] = grad.dout_NF(i, c) / static_cast<T>(degree);

                     // dA = W dout, dW = A dout
                     std::fill_n(dtile, tile_size, T(0));
                     for_each_path(conv.level, [&](const TensorPath& path, int column) {
                       expand<T>(path.d_out, path.n_out, path.n_in, w.n_k, {dout + path.out, 0},
                                 {w.by_out + path.weight, w.n}, {dtile + column, width});
                       add_outer<T>(path.d_out, path.n_in, path.n_out, w.n_k, {tile + column, width},
                                    {dout + path.out, 0}, {dweights + path.weight, w.n});
                     });
                     for (int k = 0; k < pitch; ++k)
                       for (int c = 0; c < width; ++c) dtile_t[c * pitch + k] = dtile[k * width + c];

                     for (int begin = g.offset[i]; begin < g.offset[i + 1]; begin += kEdgeTile) {
                       const int n = std::min(kEdgeTile, g.offset[i + 1] - begin);
                       load_hidden(
                           conv, n, [&](int t) { return begin + t; }, hidden);
                       for (int t = 0; t < n; ++t)
                         couple_row(conv.level, Harmonics<T>(conv.y_E9.row(begin + t)),
                                    conv.x_MF.row(g.src[begin + t]), coupled + t * width);
                       small_gemm(n, pitch, width, coupled, width, 1, dtile_t, pitch, dhidden, pitch, false);
                       small_gemm(n, width, w.n_k, hidden, pitch, 1, dtile, width, dcoupled, width, false);
                       for (int t = 0; t < n; ++t) {
                         T* dh = grad.dh_EK.row(begin + t);
                         for (int k = 0; k + 1 < w.n_k; ++k) dh[k] += dhidden[t * pitch + k];
                         // the only edge of its sender
                         couple_row_back(conv.level, Harmonics<T>(conv.y_E9.row(begin + t)),
                                         dcoupled + t * width, grad.dx_MF.row(g.src[begin + t]));
                       }
                     }
                   });
}

#define REGRAIN_INSTANTIATE(T)                                                  \
  template void forward_by_receiver<T>(Cpu, const Convolution<T>&, View<T, 2>); \
  template void backward_by_receiver<T>(Cpu, const Convolution<T>&, const Gradients<T>&);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels::tensor_product
