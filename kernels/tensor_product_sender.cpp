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

// P_j = W x_j
template <int Level, class T>
void mix_tile(const Convolution<T>& conv, int sender, T* tile) {
  const Weights<T>& w = conv.weights;
  for_each_path<Level>([&](auto p) {
    constexpr TensorPath path = kTensorPaths[p];
    expand<path.d_in, path.n_in, path.n_out, T>(w.n_k, {conv.x_MF.row(sender) + path.in, 0}, {w.by_in + path.weight, w.n},
                                                {tile + mixed_column(p), mixed_width(Level)});
  });
}

}  // namespace

template <int Level, class T>
void forward_by_sender(Cpu be, const Convolution<T>& conv, View<T, 2> out_NF) {
  const GraphView& g = conv.g;
  const Weights<T>& w = conv.weights;
  constexpr int width = mixed_width(Level);
  const int pitch = conv.hidden.pitch;
  const std::size_t tile_size = static_cast<std::size_t>(pitch * width);
  const std::size_t size = tile_size + conv.hidden_size() + conv.gathered_size() + kEdgeTile * width;
  std::fill(out_NF.begin(), out_NF.end(), T(0));
  for_each_node<T>(be, g.n_src, work_of(g.n_edges, g.n_src, w.n_k, width), size, [&](int j, T* scratch) {
    T *tile = scratch, *hidden = tile + tile_size, *mixed = hidden + conv.hidden_size(),
      *gathered = mixed + kEdgeTile * width;
    if (g.src_offset[j] == g.src_offset[j + 1]) return;
    mix_tile<Level>(conv, j, tile);
    for_each_lot(g.src_offset[j], g.src_offset[j + 1], [&](int first, int n) {
      prefetch_sent(conv, first + n, n);
      conv.hidden.make(n, [&](int t) { return g.by_src[first + t]; }, gathered, hidden);
      small_gemm(n, width, w.n_k, hidden, pitch, 1, tile, width, mixed, width, false);
      for (int t = 0; t < n; ++t) {
        const int e = g.by_src[first + t];
        // the only edge of its receiver
        couple_mixed<Level>(Harmonics<T>(conv.y_E9.row(e)), mixed + t * width, out_NF.row(g.dst[e]));
      }
    });
  });
}

template <int Level, class T>
void backward_by_sender(Cpu be, const Convolution<T>& conv, const Gradients<T>& grad) {
  const GraphView& g = conv.g;
  const Weights<T>& w = conv.weights;
  constexpr int width = mixed_width(Level);
  const int pitch = conv.hidden.pitch;
  const std::size_t tile_size = static_cast<std::size_t>(pitch * width);
  const std::size_t size = 3 * tile_size + 2 * conv.hidden_size() + conv.gathered_size() + kEdgeTile * width +
                           grad.network.lot_size(kEdgeTile);
  for_each_node<T>(
      be, g.n_src, conv, grad, 3 * work_of(g.n_edges, g.n_src, w.n_k, width), size,
      [&](int j, int chunk, T* dweights, T* scratch) {
        T *tile = scratch, *dtile = tile + tile_size, *tile_t = dtile + tile_size, *hidden = tile_t + tile_size;
        T *dhidden = hidden + conv.hidden_size(), *dmixed = dhidden + conv.hidden_size();
        T *gathered = dmixed + kEdgeTile * width, *lot = gathered + conv.gathered_size();
        const int begin = g.src_offset[j], end = g.src_offset[j + 1];
        if (begin == end) return;
        mix_tile<Level>(conv, j, tile);
        transpose_tile(conv.hidden.n_k, pitch, width, tile, tile_t);

        for_each_lot(begin, end, [&](int first, int n) {
          prefetch_sent<T>(conv, first + n, n, grad.network.dedge_EC.data());
          const auto edge = [&](int t) { return g.by_src[first + t]; };
          conv.hidden.make(n, edge, gathered, hidden);
          for (int t = 0; t < n; ++t) {
            const int e = edge(t);
            couple_mixed_back<Level>(Harmonics<T>(conv.y_E9.row(e)), grad.dmean_NF.row(g.dst[e]), dmixed + t * width);
          }
          small_gemm(n, pitch, width, dmixed, width, 1, tile_t, pitch, dhidden, pitch, false);
          grad.network.add(conv.hidden, chunk, n, edge, gathered, hidden, dhidden, lot);
          small_gemm(w.n_k, width, n, hidden, 1, pitch, dmixed, width, dtile, width, first > begin);
        });

        // dx = W dP, dW = x dP
        for_each_path<Level>([&](auto p) {
          constexpr TensorPath path = kTensorPaths[p];
          if (grad.dx_MF.data())
            contract<path.d_in, path.n_out, path.n_in, T>(w.n_k, {dtile + mixed_column(p), width},
                                                          {w.by_out + path.weight, w.n}, grad.dx_MF.row(j) + path.in);
          add_outer<path.d_in, path.n_in, path.n_out, T>(w.n_k, {conv.x_MF.row(j) + path.in, 0},
                                                         {dtile + mixed_column(p), width}, {dweights + path.weight, w.n});
        });
      });
}

REGRAIN_INSTANTIATE_LEVELS(by_sender)

}  // namespace regrain::kernels::tensor_product
