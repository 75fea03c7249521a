// Weights first: each sender contracts them with its own features once, P_j[k], a tile of (hidden + 1) x
// mixed_width values in cache, and every edge it sends takes h . P_j from there.
#include "kernels/small_gemm.hpp"
#include "kernels/tensor_product_forms.hpp"
#include "kernels/tensor_product_tiles.hpp"

namespace regrain::kernels::tensor_product {

namespace {

double work_of(int n_edges, int n_nodes, int n_k, int width) {
  return double(n_k) * (double(n_edges) * width + 800. * n_nodes);
}

// f(path, its column in the tile)
template <class F>
void for_each_path(int level, F f) {
  int column = 0;
  for (int p = 0; p < n_tensor_paths(level); ++p) {
    f(kTensorPaths[p], column);
    column += kTensorPaths[p].d_in * kTensorPaths[p].n_out;
  }
}

// P_j = W x_j
template <class T>
void mix_tile(const Convolution<T>& conv, int sender, T* tile) {
  const Weights<T>& w = conv.weights;
  const int width = mixed_width(conv.level);
  for_each_path(conv.level, [&](const TensorPath& path, int column) {
    expand<T>(path.d_in, path.n_in, path.n_out, w.n_k, {conv.x_MF.row(sender) + path.in, 0},
              {w.by_in + path.weight, w.n}, {tile + column, width});
  });
}

}  // namespace

template <class T>
void forward_by_sender(Cpu be, const Convolution<T>& conv, View<T, 2> out_NF) {
  const GraphView& g = conv.g;
  const Weights<T>& w = conv.weights;
  const int width = mixed_width(conv.level), pitch = w.padded_n_k;
  const std::size_t tile_size = static_cast<std::size_t>(pitch * width);
  const std::size_t lot_size = static_cast<std::size_t>(kEdgeTile * (pitch + width));
  std::fill(out_NF.begin(), out_NF.end(), T(0));
  for_each_node<T>(
      be, g.n_src, work_of(g.n_edges, g.n_src, w.n_k, width), tile_size + lot_size, [&](int j, T* scratch) {
        T *tile = scratch, *hidden = tile + tile_size, *mixed = hidden + kEdgeTile * pitch;
        if (g.src_offset[j] == g.src_offset[j + 1]) return;
        mix_tile(conv, j, tile);
        for (int begin = g.src_offset[j]; begin < g.src_offset[j + 1]; begin += kEdgeTile) {
          const int n = std::min(kEdgeTile, g.src_offset[j + 1] - begin);
          load_hidden(
              conv, n, [&](int t) { return g.by_src[begin + t]; }, hidden);
          small_gemm(n, width, w.n_k, hidden, pitch, 1, tile, width, mixed, width, false);
          for (int t = 0; t < n; ++t) {
            const int e = g.by_src[begin + t];
            // the only edge of its receiver
            couple_mixed(conv.level, Harmonics<T>(conv.y_E9.row(e)), mixed + t * width, out_NF.row(g.dst[e]));
          }
        }
      });
}

template <class T>
void backward_by_sender(Cpu be, const Convolution<T>& conv, const Gradients<T>& grad) {
  const GraphView& g = conv.g;
  const Weights<T>& w = conv.weights;
  const int width = mixed_width(conv.level), n_out = feature_width(conv.level + 1), pitch = w.padded_n_k;
  const std::size_t tile_size = static_cast<std::size_t>(pitch * width);
  const std::size_t lot_size = static_cast<std::size_t>(kEdgeTile * (2 * pitch + width));
  const std::size_t size = 3 * tile_size + lot_size + static_cast<std::size_t>(n_out);
  for_each_node<T>(
      be, g.n_src, conv, grad, 3 * work_of(g.n_edges, g.n_src, w.n_k, width), size,
      [&](int j, T* dweights, T* scratch) {
        T *tile = scratch, *dtile = tile + tile_size, *tile_t = dtile + tile_size,
          *hidden = tile_t + tile_size;
        T *dhidden = hidden + kEdgeTile * pitch, *dmixed = dhidden + kEdgeTile * pitch;
        T* dout = dmixed + kEdgeTile * width;
        if (g.src_offset[j] == g.src_offset[j + 1]) return;
        mix_tile(conv, j, tile);
        for (int k = 0; k < pitch; ++k)
          for (int c = 0; c < width; ++c) tile_t[c * pitch + k] = k < w.n_k ? tile[k * width + c] : T(0);

        for (int begin = g.src_offset[j]; begin < g.src_offset[j + 1]; begin += kEdgeTile) {
          const int n = std::min(kEdgeTile, g.src_offset[j + 1] - begin);
          load_hidden(
              conv, n, [&](int t) { return g.by_src[begin + t]; }, hidden);
          for (int t = 0; t < n; ++t) {
            const int e = g.by_src[begin + t], i = g.dst[e];
            const T mean = T(1) / static_cast<T>(g.offset[i + 1] - g.offset[i]);
            for (int c = 0; c < n_out; ++c) dout[c] = grad.dout_NF(i, c) * mean;
            couple_mixed_back(conv.level, Harmonics<T>(conv.y_E9.row(e)), dout, dmixed + t * width);
          }
          small_gemm(n, pitch, width, dmixed, width, 1, tile_t, pitch, dhidden, pitch, false);
          for (int t = 0; t < n; ++t) {
            T* dh = grad.dh_EK.row(g.by_src[begin + t]);
            for (int k = 0; k + 1 < w.n_k; ++k) dh[k] += dhidden[t * pitch + k];
          }
          small_gemm(pitch, width, n, hidden, 1, pitch, dmixed, width, dtile, width, begin > g.src_offset[j]);
        }

        // dx = W dP, dW = x dP
        for_each_path(conv.level, [&](const TensorPath& path, int column) {
          contract<T>(path.d_in, path.n_out, path.n_in, w.n_k, {dtile + column, width},
                      {w.by_out + path.weight, w.n}, grad.dx_MF.row(j) + path.in);
          add_outer<T>(path.d_in, path.n_in, path.n_out, w.n_k, {conv.x_MF.row(j) + path.in, 0},
                       {dtile + column, width}, {dweights + path.weight, w.n});
        });
      });
}

#define REGRAIN_INSTANTIATE(T)                                                \
  template void forward_by_sender<T>(Cpu, const Convolution<T>&, View<T, 2>); \
  template void backward_by_sender<T>(Cpu, const Convolution<T>&, const Gradients<T>&);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels::tensor_product
