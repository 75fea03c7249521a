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

// rows of h and of coupled features of `n` edges from `first` on
template <int Level, class T>
void make_lot(const Convolution<T>& conv, int first, int n, T* gathered, T* hidden, T* coupled) {
  constexpr int width = coupled_width(Level);
  conv.hidden.make(n, [&](int t) { return first + t; }, gathered, hidden);
  for (int t = 0; t < n; ++t)
    couple_row<Level>(Harmonics<T>(conv.y_E9.row(first + t)), conv.x_MF.row(conv.g.src[first + t]), coupled + t * width);
}

// A_i; the tile has `pitch` rows, of which n_k are used
template <int Level, class T>
void gather_tile(const Convolution<T>& conv, int receiver, T* gathered, T* hidden, T* coupled, T* tile) {
  constexpr int width = coupled_width(Level);
  const int begin = conv.g.offset[receiver], end = conv.g.offset[receiver + 1], pitch = conv.hidden.pitch;
  for_each_lot(begin, end, [&](int first, int n) {
    make_lot<Level>(conv, first, n, gathered, hidden, coupled);
    small_gemm(conv.weights.n_k, width, n, hidden, 1, pitch, coupled, width, tile, width, first > begin);
  });
}

}  // namespace

template <int Level, class T>
void forward_by_receiver(Cpu be, const Convolution<T>& conv, View<T, 2> out_NF) {
  const GraphView& g = conv.g;
  const Weights<T>& w = conv.weights;
  constexpr int width = coupled_width(Level), n_out = feature_width(Level + 1);
  const std::size_t tile_size = static_cast<std::size_t>(conv.hidden.pitch * width);
  const std::size_t size = tile_size + conv.hidden_size() + conv.gathered_size() + kEdgeTile * width;
  for_each_node<T>(be, g.n_dst, work_of(g.n_edges, g.n_dst, w.n_k, width), size, [&](int i, T* scratch) {
    T *tile = scratch, *hidden = tile + tile_size, *coupled = hidden + conv.hidden_size(),
      *gathered = coupled + kEdgeTile * width;
    T* out = out_NF.row(i);
    std::fill_n(out, n_out, T(0));
    const int degree = g.offset[i + 1] - g.offset[i];
    if (degree == 0) return;
    gather_tile<Level>(conv, i, gathered, hidden, coupled, tile);
    for_each_path<Level>([&](auto p) {
      constexpr TensorPath path = kTensorPaths[p];
      contract<path.d_out, path.n_in, path.n_out, T>(w.n_k, {tile + coupled_column(p), width},
                                                     {w.by_in + path.weight, w.n}, out + path.out);
    });
    for (int c = 0; c < n_out; ++c) out[c] /= static_cast<T>(degree);
  });
}

template <int Level, class T>
void backward_by_receiver(Cpu be, const Convolution<T>& conv, const Gradients<T>& grad) {
  const GraphView& g = conv.g;
  const Weights<T>& w = conv.weights;
  constexpr int width = coupled_width(Level);
  const int pitch = conv.hidden.pitch;
  const std::size_t tile_size = static_cast<std::size_t>(pitch * width);
  const std::size_t size = 3 * tile_size + 2 * conv.hidden_size() + conv.gathered_size() + 2 * kEdgeTile * width +
                           grad.network.lot_size(kEdgeTile);
  for_each_node<T>(
      be, g.n_dst, conv, grad, 3 * work_of(g.n_edges, g.n_dst, w.n_k, width), size,
      [&](int i, int chunk, T* dweights, T* scratch) {
        T *tile = scratch, *dtile = tile + tile_size, *dtile_t = dtile + tile_size, *hidden = dtile_t + tile_size;
        T *dhidden = hidden + conv.hidden_size(), *coupled = dhidden + conv.hidden_size();
        T *dcoupled = coupled + kEdgeTile * width, *gathered = dcoupled + kEdgeTile * width;
        T* lot = gathered + conv.gathered_size();
        if (g.offset[i + 1] == g.offset[i]) return;
        gather_tile<Level>(conv, i, gathered, hidden, coupled, tile);

        // dA = W dout, dW = A dout
        const T* dout = grad.dmean_NF.row(i);
        for_each_path<Level>([&](auto p) {
          constexpr TensorPath path = kTensorPaths[p];
          expand<path.d_out, path.n_out, path.n_in, T>(w.n_k, {dout + path.out, 0}, {w.by_out + path.weight, w.n},
                                                       {dtile + coupled_column(p), width});
          add_outer<path.d_out, path.n_in, path.n_out, T>(w.n_k, {tile + coupled_column(p), width}, {dout + path.out, 0},
                                                          {dweights + path.weight, w.n});
        });
        transpose_tile(conv.hidden.n_k, pitch, width, dtile, dtile_t);

        for_each_lot(g.offset[i], g.offset[i + 1], [&](int first, int n) {
          make_lot<Level>(conv, first, n, gathered, hidden, coupled);
          small_gemm(n, pitch, width, coupled, width, 1, dtile_t, pitch, dhidden, pitch, false);
          if (grad.dx_MF.data()) small_gemm(n, width, w.n_k, hidden, pitch, 1, dtile, width, dcoupled, width, false);
          grad.network.add(conv.hidden, chunk, n, [&](int t) { return first + t; }, gathered, hidden, dhidden, lot);
          if (!grad.dx_MF.data()) return;
          // the only edge of its sender
          for (int t = 0; t < n; ++t)
            couple_row_back<Level>(Harmonics<T>(conv.y_E9.row(first + t)), dcoupled + t * width,
                                   grad.dx_MF.row(g.src[first + t]));
        });
      });
}

REGRAIN_INSTANTIATE_LEVELS(by_receiver)

}  // namespace regrain::kernels::tensor_product
