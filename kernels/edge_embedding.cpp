#include "kernels/edge_embedding.hpp"

#include <algorithm>

#include "engine/arena.hpp"
#include "engine/errors.hpp"
#include "kernels/parallel.hpp"
#include "kernels/small_gemm.hpp"

namespace regrain::kernels {

namespace {

constexpr int kLot = 64;  // edges

// The weights with rows of whole vectors, the padding zero.
template <class T>
struct Prepared {
  int n_in, n_hidden, n_out, hidden_pitch, out_pitch;
  T *first_IH, *first_bias, *last_HO, *last_bias;  // forward: inputs first
  T* last_OH;                                      // backward

  Prepared(Cpu be, const EmbeddingNetwork<T>& net)
      : n_in(net.first_HI.dim(1)),
        n_hidden(net.first_HI.dim(0)),
        n_out(net.last_OH.dim(0)),
        hidden_pitch(row_pitch(n_hidden)),
        out_pitch(row_pitch(n_out)) {
    const auto zeros = [&](int rows, int cols) {
      const std::size_t size = static_cast<std::size_t>(rows) * static_cast<std::size_t>(cols);
      T* p = be.scratch->allocate_array<T>(size);
      std::fill_n(p, size, T(0));
      return p;
    };
    first_IH = zeros(n_in, hidden_pitch);
    first_bias = zeros(1, hidden_pitch);
    last_HO = zeros(n_hidden, out_pitch);
    last_bias = zeros(1, out_pitch);
    last_OH = zeros(n_out, hidden_pitch);
    for (int h = 0; h < n_hidden; ++h) {
      first_bias[h] = net.first_bias_H(h);
      for (int i = 0; i < n_in; ++i) first_IH[i * hidden_pitch + h] = net.first_HI(h, i);
      for (int o = 0; o < n_out; ++o) last_OH[o * hidden_pitch + h] = last_HO[h * out_pitch + o] = net.last_OH(o, h);
    }
    for (int o = 0; o < n_out; ++o) last_bias[o] = net.last_bias_O(o);
  }

  // relu(first x + bias) of `n` rows
  void hidden(int n, const T* x, T* rows) const {
    for (int t = 0; t < n; ++t) std::copy_n(first_bias, hidden_pitch, rows + t * hidden_pitch);
    small_gemm(n, hidden_pitch, n_in, x, n_in, 1, first_IH, hidden_pitch, rows, hidden_pitch, true);
    for (int i = 0; i < n * hidden_pitch; ++i) rows[i] = std::max(rows[i], T(0));
  }
  double work(int n_edges) const { return 2.0 * n_edges * n_hidden * (n_in + n_out); }
};

// y += sum over the rows, in order
template <class T>
void add_rows(int n, int pitch, const T* rows, T* y) {
  for (int t = 0; t < n; ++t)
    for (int k = 0; k < pitch; k += kLanes<T>) store_vec(y + k, load_vec(y + k) + load_vec(rows + t * pitch + k));
}

}  // namespace

template <class T>
void check_embedding(int inputs, const EmbeddingNetwork<T>& net, int outputs) {
  REGRAIN_CHECK(net.first_HI.dim(1) == inputs && net.first_bias_H.dim(0) == net.first_HI.dim(0) &&
                    net.last_OH.dim(1) == net.first_HI.dim(0) && net.last_bias_O.dim(0) == net.last_OH.dim(0) &&
                    net.last_OH.dim(0) == outputs,
                "edge_embedding: ", inputs, " inputs, ", outputs, " outputs, first is ", net.first_HI.dim(0), "x",
                net.first_HI.dim(1), ", last ", net.last_OH.dim(0), "x", net.last_OH.dim(1));
}

namespace {

template <class T>
void check(View<const T, 2> x, const EmbeddingNetwork<T>& net, View<const T, 2> y) {
  check_embedding(x.dim(1), net, y.dim(1));
  REGRAIN_CHECK(y.dim(0) == x.dim(0), "edge_embedding: ", x.dim(0), " rows of inputs, ", y.dim(0), " of outputs");
}

}  // namespace

template <class T>
void edge_embedding(Cpu be, View<const T, 2> x_EI, const EmbeddingNetwork<T>& network, View<T, 2> y_EO) {
  check<T>(x_EI, network, y_EO);
  const Arena::Scope scope(*be.scratch);
  const Prepared<T> net(be, network);
  const int n_edges = x_EI.dim(0), lots = (n_edges + kLot - 1) / kLot, size = kLot * (net.hidden_pitch + net.out_pitch);
  T* scratch = be.scratch->allocate_array<T>(static_cast<std::size_t>(size * kSumChunks));
  parallel_for(be, kSumChunks, net.work(n_edges), [&](int chunk) {
    T *hidden = scratch + chunk * size, *out = hidden + kLot * net.hidden_pitch;
    const auto n = static_cast<std::size_t>(lots);
    for (std::size_t lot = chunk_begin(n, chunk); lot < chunk_begin(n, chunk + 1); ++lot) {
      const int first = static_cast<int>(lot) * kLot, count = std::min(kLot, n_edges - first);
      net.hidden(count, x_EI.row(first), hidden);
      for (int t = 0; t < count; ++t) std::copy_n(net.last_bias, net.out_pitch, out + t * net.out_pitch);
      small_gemm(count, net.out_pitch, net.n_hidden, hidden, net.hidden_pitch, 1, net.last_HO, net.out_pitch, out,
                 net.out_pitch, true);
      for (int t = 0; t < count; ++t) {
        T* y = y_EO.row(first + t);
        for (int o = 0; o < net.n_out; ++o) y[o] = out[t * net.out_pitch + o];
      }
    }
  });
}

template <class T>
void edge_embedding_backward(Cpu be, View<const T, 2> x_EI, const EmbeddingNetwork<T>& network, View<const T, 2> dy_EO,
                             const EmbeddingGradient<T>& grad) {
  check<T>(x_EI, network, dy_EO);
  const Arena::Scope scope(*be.scratch);
  const Prepared<T> net(be, network);
  const int n_edges = x_EI.dim(0), lots = (n_edges + kLot - 1) / kLot, hp = net.hidden_pitch, op = net.out_pitch;
  // lots in a fixed number of chunks, each with sums of its own: d first (I, H), its bias, d last (O, H), its bias
  const int sums = net.n_in * hp + hp + net.n_out * hp + op, rows = kLot * (2 * hp + op);
  T* scratch = be.scratch->allocate_array<T>(static_cast<std::size_t>((sums + rows) * kSumChunks));
  parallel_for(be, kSumChunks, 3 * net.work(n_edges), [&](int chunk) {
    T *dfirst = scratch + chunk * (sums + rows), *dfirst_bias = dfirst + net.n_in * hp, *dlast = dfirst_bias + hp,
      *dlast_bias = dlast + net.n_out * hp, *hidden = dlast_bias + op, *dhidden = hidden + kLot * hp, *dy = dhidden + kLot * hp;
    std::fill_n(dfirst, sums, T(0));
    std::fill_n(dy, kLot * op, T(0));
    const auto n = static_cast<std::size_t>(lots);
    for (std::size_t lot = chunk_begin(n, chunk); lot < chunk_begin(n, chunk + 1); ++lot) {
      const int first = static_cast<int>(lot) * kLot, count = std::min(kLot, n_edges - first);
      const T* x = x_EI.row(first);
      net.hidden(count, x, hidden);
      for (int t = 0; t < count; ++t)
        for (int o = 0; o < net.n_out; ++o) dy[t * op + o] = dy_EO.row(first + t)[o];
      small_gemm(net.n_out, hp, count, dy, 1, op, hidden, hp, dlast, hp, true);
      add_rows(count, op, dy, dlast_bias);
      small_gemm(count, hp, net.n_out, dy, op, 1, net.last_OH, hp, dhidden, hp, false);
      for (int i = 0; i < count * hp; ++i) dhidden[i] = hidden[i] > T(0) ? dhidden[i] : T(0);
      small_gemm(net.n_in, hp, count, x, 1, net.n_in, dhidden, hp, dfirst, hp, true);
      add_rows(count, hp, dhidden, dfirst_bias);
    }
  });
  for (int chunk = 0; chunk < kSumChunks; ++chunk) {
    const T *dfirst = scratch + chunk * (sums + rows), *dfirst_bias = dfirst + net.n_in * hp, *dlast = dfirst_bias + hp,
            *dlast_bias = dlast + net.n_out * hp;
    for (int h = 0; h < net.n_hidden; ++h) {
      grad.dfirst_bias_H(h) += dfirst_bias[h];
      for (int i = 0; i < net.n_in; ++i) grad.dfirst_HI(h, i) += dfirst[i * hp + h];
      for (int o = 0; o < net.n_out; ++o) grad.dlast_OH(o, h) += dlast[o * hp + h];
    }
    for (int o = 0; o < net.n_out; ++o) grad.dlast_bias_O(o) += dlast_bias[o];
  }
}

#define REGRAIN_INSTANTIATE(T)                                                                                          \
  template void check_embedding<T>(int, const EmbeddingNetwork<T>&, int);                                               \
  template void edge_embedding<T>(Cpu, View<const T, 2>, const EmbeddingNetwork<T>&, View<T, 2>);                       \
  template void edge_embedding_backward<T>(Cpu, View<const T, 2>, const EmbeddingNetwork<T>&, View<const T, 2>,         \
                                           const EmbeddingGradient<T>&);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
