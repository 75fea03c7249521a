#include "kernels/residue_messages.hpp"

#include <algorithm>

#include "engine/errors.hpp"
#include "kernels/activation_functions.hpp"
#include "kernels/parallel.hpp"
#include "kernels/small_gemm.hpp"

namespace regrain::kernels {

template <class T>
void check_residue_messages(GraphView g, const ResidueGeometry<T>& geometry, const ResidueMessages<T>& in) {
  const int n = in.a_NH.dim(0), h = in.a_NH.dim(1);
  REGRAIN_CHECK(g.n_dst == n && g.n_src == n && geometry.rows_NG.dim(0) == n && geometry.rows_NG.dim(1) == kGeometry &&
                    geometry.place_N.dim(0) == n,
                "residue_messages: ", n, " residues, a graph ", g.n_src, " -> ", g.n_dst, ", geometry of ",
                geometry.rows_NG.dim(0), " x ", geometry.rows_NG.dim(1), " and ", geometry.place_N.dim(0), " places");
  REGRAIN_CHECK(h % 16 == 0 && in.b_NH.dim(0) == n && in.b_NH.dim(1) == h && in.weight_HE.dim(0) == h &&
                    in.weight_HE.dim(1) == kEdgeFeatures,
                "residue_messages: a is ", n, " x ", h, " (a multiple of 16), b ", in.b_NH.dim(0), " x ", in.b_NH.dim(1),
                ", the weight ", in.weight_HE.dim(0), " x ", in.weight_HE.dim(1));
}

namespace {

constexpr int kLot = 32;    // edges at a time
constexpr int kTile = 64;   // of their channels

// Edges at hand: a lot of them, and one tile of what goes into silu.
template <class T>
struct Lot {
  alignas(64) T features[kLot * kEdgeFeatures];
  alignas(64) T rows[kLot * kTile];
  int dst[kLot], src[kLot];
  int count = 0;
};

template <class T>
struct Layer {
  GraphView g;
  const ResidueGeometry<T>& geometry;
  const ResidueMessages<T>& in;
  const T* weight_EH;
  int width;

  double work() const { return 2.0 * g.n_edges * (kEdgeFeatures + 10) * width; }

  void add_edge(Lot<T>& lot, int dst, int src) const {
    edge_features(geometry.rows_NG.row(dst), geometry.rows_NG.row(src), geometry.place_N(src) - geometry.place_N(dst),
                  lot.features + lot.count * kEdgeFeatures);
    lot.dst[lot.count] = dst;
    lot.src[lot.count++] = src;
  }
  // rows = a_i + b_j + W e_ij for `columns` channels from `first` on
  void make_rows(Lot<T>& lot, int first, int columns) const {
    for (int t = 0; t < lot.count; ++t) {
      const T *a = in.a_NH.row(lot.dst[t]) + first, *b = in.b_NH.row(lot.src[t]) + first;
      T* row = lot.rows + t * kTile;
      for (int c = 0; c < columns; ++c) row[c] = a[c] + b[c];
    }
    small_gemm(lot.count, columns, kEdgeFeatures, lot.features, kEdgeFeatures, 1, weight_EH + first, width, lot.rows, kTile, true);
  }
};

template <class T>
T* transposed(Cpu be, View<const T, 2> weight_HE) {
  const int h = weight_HE.dim(0), e = weight_HE.dim(1);
  T* out = be.scratch->allocate_array<T>(weight_HE.size());
  for (int i = 0; i < h; ++i)
    for (int k = 0; k < e; ++k) out[k * h + i] = weight_HE(i, k);
  return out;
}

// Sums over the rows of one receiver, kept together: y and q of one place in different arrays may be a multiple of 4 KiB
// apart, and a processor takes the one for the other.
template <class T>
struct Sums {
  alignas(64) T message[kTile], slope[kTile];

  // sums of silu, and of its slopes if wanted
  template <bool slopes>
  void add(const Lot<T>& lot, int columns) {
    for (int t = 0; t < lot.count; ++t) {
      const T* __restrict x = lot.rows + t * kTile;
#pragma omp simd
      for (int c = 0; c < columns; ++c) {
        const T s = sigmoid(x[c]);
        message[c] += x[c] * s;
        if constexpr (slopes) slope[c] += s * (T(1) + x[c] * (T(1) - s));
      }
    }
  }
};

}  // namespace

template <class T>
void residue_messages(Cpu be, GraphView g, const ResidueGeometry<T>& geometry, const ResidueMessages<T>& in, View<T, 2> y_NH,
                      View<T, 2> slope_NH) {
  check_residue_messages(g, geometry, in);
  const Arena::Scope scope(*be.scratch);
  const Layer<T> layer{g, geometry, in, transposed(be, in.weight_HE), in.a_NH.dim(1)};
  parallel_for_ragged(be, g.n_dst, layer.work(), [&](int i) {
    T *y = y_NH.row(i), *q = slope_NH.data() ? slope_NH.row(i) : nullptr;
    std::fill_n(y, layer.width, T(0));
    if (q) std::fill_n(q, layer.width, T(0));
    Lot<T> lot;
    Sums<T> sums;
    for (int begin = g.offset[i]; begin < g.offset[i + 1]; begin += kLot) {
      lot.count = 0;
      for (int e = begin; e < std::min(begin + kLot, g.offset[i + 1]); ++e) layer.add_edge(lot, i, g.src[e]);
      for (int first = 0; first < layer.width; first += kTile) {
        const int columns = std::min(kTile, layer.width - first);
        layer.make_rows(lot, first, columns);
        std::copy_n(y + first, columns, sums.message);
        if (q) {
          std::copy_n(q + first, columns, sums.slope);
          sums.template add<true>(lot, columns);
          std::copy_n(sums.slope, columns, q + first);
        } else {
          sums.template add<false>(lot, columns);
        }
        std::copy_n(sums.message, columns, y + first);
      }
    }
  });
}

namespace {

// Edges out of senders in their order, and the sums of a chunk of senders.
template <class T>
void lot_backward(const Layer<T>& layer, Lot<T>& lot, View<const T, 2> dy_NH, View<T, 2> db_NH, T* dweight_EH) {
  for (int first = 0; first < layer.width; first += kTile) {
    const int columns = std::min(kTile, layer.width - first);
    layer.make_rows(lot, first, columns);
    for (int t = 0; t < lot.count; ++t) {
      T* __restrict row = lot.rows + t * kTile;
      const T* __restrict dy = dy_NH.row(lot.dst[t]) + first;
      T* __restrict db = db_NH.row(lot.src[t]) + first;
#pragma omp simd
      for (int c = 0; c < columns; ++c) {
        row[c] = dy[c] * SwishFunction<T>::slope(row[c]);
        db[c] += row[c];
      }
    }
    small_gemm(kEdgeFeatures, columns, lot.count, lot.features, 1, kEdgeFeatures, lot.rows, kTile, dweight_EH + first, layer.width,
               true);
  }
  lot.count = 0;
}

}  // namespace

template <class T>
void residue_messages_backward(Cpu be, GraphView g, const ResidueGeometry<T>& geometry, const ResidueMessages<T>& in,
                               View<const T, 2> slope_NH, View<const T, 2> dy_NH, const ResidueMessagesGradient<T>& grad) {
  check_residue_messages(g, geometry, in);
  const Arena::Scope scope(*be.scratch);
  const Layer<T> layer{g, geometry, in, transposed(be, in.weight_HE), in.a_NH.dim(1)};
  const std::size_t size = in.weight_HE.size();
  T* dweight = be.scratch->allocate_array<T>(size * kSumChunks);
  // a sender is one chunk's: its row of db has one writer
  parallel_for(be, kSumChunks, 2 * layer.work(), [&](int chunk) {
    T* sums = dweight + static_cast<std::size_t>(chunk) * size;
    std::fill_n(sums, size, T(0));
    const auto n = static_cast<std::size_t>(g.n_src);
    Lot<T> lot;
    for (std::size_t j = chunk_begin(n, chunk); j < chunk_begin(n, chunk + 1); ++j)
      for (int s = g.src_offset[j]; s < g.src_offset[j + 1]; ++s) {
        layer.add_edge(lot, g.dst[g.by_src[s]], static_cast<int>(j));
        if (lot.count == kLot) lot_backward(layer, lot, dy_NH, grad.db_NH, sums);
      }
    if (lot.count) lot_backward(layer, lot, dy_NH, grad.db_NH, sums);
  });
  for (int h = 0; h < layer.width; ++h)
    for (int e = 0; e < kEdgeFeatures; ++e) {
      T sum = T(0);
      for (int chunk = 0; chunk < kSumChunks; ++chunk) sum += dweight[static_cast<std::size_t>(chunk) * size + static_cast<std::size_t>(e * layer.width + h)];
      grad.dweight_HE(h, e) += sum;
    }
  parallel_for_stretches(be, dy_NH.size(), 2.0 * static_cast<double>(dy_NH.size()), [&](std::size_t begin, std::size_t end) {
    const T *dy = dy_NH.data(), *q = slope_NH.data();
    T* da = grad.da_NH.data();
    for (std::size_t i = begin; i < end; ++i) da[i] += dy[i] * q[i];
  });
}

#define REGRAIN_INSTANTIATE(T)                                                                                               \
  template void check_residue_messages<T>(GraphView, const ResidueGeometry<T>&, const ResidueMessages<T>&);                  \
  template void residue_messages<T>(Cpu, GraphView, const ResidueGeometry<T>&, const ResidueMessages<T>&, View<T, 2>,        \
                                    View<T, 2>);                                                                             \
  template void residue_messages_backward<T>(Cpu, GraphView, const ResidueGeometry<T>&, const ResidueMessages<T>&,           \
                                             View<const T, 2>, View<const T, 2>, const ResidueMessagesGradient<T>&);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
