// The inner loops of the sparse form: a few edges of one node with their radial basis, and tiles of 4 edges by three
// vectors of channels whose filters live in registers alone, between the product that makes them and their use.
#pragma once

#include <algorithm>

#include "kernels/edge_filter_forms.hpp"
#include "kernels/small_gemm.hpp"

namespace regrain::kernels::filter_tiles {

constexpr int kLot = 32;    // edges
constexpr int kStrip = 48;  // channels
constexpr int kRows = small_gemm_detail::kRows;

// The edges of a node inside the cutoff.
template <class T>
struct Lot {
  int n = 0;
  int node[kLot];  // at the other end
  alignas(64) T d[kLot], sin[kLot], cos[kLot], unit[3][kLot];
  T* basis;  // (n_rows, kLot): a row for every radial function, the envelope in row 0
  T* p;      // gradient of the filters of a strip, (n, kStrip)

  Lot(T* scratch, int n_rows) : basis(scratch), p(scratch + kLot * n_rows) {}
  static std::size_t size(int n_rows) { return static_cast<std::size_t>(kLot * (n_rows + kStrip)); }

  void add(const FilterGraph<T>& g, int edge, int other) {
    const std::size_t e = static_cast<std::size_t>(edge);
    const T length = g.geometry.d_E[e];
    if (!(length < g.cutoff)) return;
    d[n] = length;
    sin[n] = g.angle_E[e].sin;
    cos[n] = g.angle_E[e].cos;
    if (g.geometry.unit_E3.data())
      for (int axis = 0; axis < 3; ++axis) unit[axis][n] = g.geometry.unit_E3[3 * e + static_cast<std::size_t>(axis)];
    node[n++] = other;
  }

  // The recurrence of radial.hpp, edges side by side in vectors: one after another each step would wait for the last.
  void make_basis(int n_rbf) {
    alignas(64) T before[kLot], now[kLot], scale[kLot];
    const int padded = (n + kLanes<T> - 1) / kLanes<T> * kLanes<T>;
    for (int t = n; t < padded; ++t) d[t] = T(1), sin[t] = cos[t] = T(0);
    for (int t = 0; t < padded; ++t) {
      basis[t] = (cos[t] + T(1)) / T(2);
      scale[t] = basis[t] / d[t];
      before[t] = T(0);
      now[t] = sin[t];
    }
    for (int k = 1; k <= n_rbf; ++k) {
      T* row = basis + k * kLot;
#pragma omp simd
      for (int t = 0; t < padded; ++t) {
        row[t] = now[t] * scale[t];
        const T next = T(2) * cos[t] * now[t] - before[t];
        before[t] = now[t];
        now[t] = next;
      }
    }
  }
};

// Where a tile is: its first edge in the lot and its first channel.
struct Place {
  int edge, channel;
};

// Vectors of channels, and the last one of a row that is no whole vector: half of one, or a few elements.
template <class T>
struct WholeVector {
  Vec<T> load(const T* x) const { return load_vec(x); }
  void store(T* x, Vec<T> v) const { store_vec(x, v); }
};
template <class T>
struct HalfVector {
  static constexpr int kCount = kLanes<T> / 2;
  Vec<T> load(const T* x) const {
    const ShortVec<T> v = load_short_vec(x);
    return __builtin_shufflevector(v, ShortVec<T>{}, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  }
  void store(T* x, Vec<T> v) const { store_short_vec(x, __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7)); }
};
template <class T>
struct PartOfVector {
  int count;
  Vec<T> load(const T* x) const {
    alignas(64) T v[kLanes<T>] = {};
    std::copy_n(x, count, v);
    return load_vec(v);
  }
  void store(T* x, Vec<T> v) const {
    alignas(64) T values[kLanes<T>];
    store_vec(values, v);
    std::copy_n(values, count, x);
  }
};

// Filters w of R edges and V vectors of channels.
template <class T, int R, int V>
[[gnu::always_inline]] inline void make_filters(const Lot<T>& lot, const FilterTable<T>& table, int gate, Place at,
                                                Vec<T> (&w)[R][V]) {
  small_gemm_detail::multiply_tile<T, R, V>(table.n_rows, lot.basis + at.edge, 1, kLot, table.row(0, gate, at.channel),
                                            table.n_columns, w);
}

// f(R, V, io, place) for tiles that cover the lot's edges and `width` channels from `first` on: vectors in threes, the
// last few in twos, one alone only if there is no other or if it reaches beyond the channels.
template <class T, class F>
[[gnu::always_inline]] inline void for_tiles(int n_edges, int first, int width, F f) {
  const auto edges = [&](auto vectors, auto io, int channel) __attribute__((always_inline)) {
    int t = 0;
    for (; t + kRows <= n_edges; t += kRows) f(std::integral_constant<int, kRows>{}, vectors, io, Place{t, channel});
    switch (n_edges - t) {
      case 3: return f(std::integral_constant<int, 3>{}, vectors, io, Place{t, channel});
      case 2: return f(std::integral_constant<int, 2>{}, vectors, io, Place{t, channel});
      case 1: return f(std::integral_constant<int, 1>{}, vectors, io, Place{t, channel});
      default: return;
    }
  };
  int channel = first;
  for (int left = width / kLanes<T>; left > 0;) {
    const int vectors = left == 1 ? 1 : left == 2 || left == 4 ? 2 : 3;
    if (vectors == 3) edges(std::integral_constant<int, 3>{}, WholeVector<T>{}, channel);
    else if (vectors == 2) edges(std::integral_constant<int, 2>{}, WholeVector<T>{}, channel);
    else edges(std::integral_constant<int, 1>{}, WholeVector<T>{}, channel);
    channel += vectors * kLanes<T>;
    left -= vectors;
  }
  int rest = width % kLanes<T>;
  if constexpr (kLanes<T> == 16) {
    if (rest >= HalfVector<T>::kCount) {
      edges(std::integral_constant<int, 1>{}, HalfVector<T>{}, channel);
      channel += HalfVector<T>::kCount;
      rest -= HalfVector<T>::kCount;
    }
  }
  if (rest) edges(std::integral_constant<int, 1>{}, PartOfVector<T>{rest}, channel);
}

}  // namespace regrain::kernels::filter_tiles
