// What the sparse filter's kernels share: a warp does one gate and a tile of 32 channels, 8 lanes by 4
// channels each, with 4 groups of lanes by 4 edges each. The 16 filters of a lane stay in registers, between
// the radial basis and the table's slice they are made of, both in shared memory, and their use.
// Filters and the table's gradient are matrix products, done by MultiplyAdds below or by tensor cores
// (filter_tile_tensor.cuh), which have groups and edges in another order.
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>

#include "kernels/cuda/four.cuh"
#include "kernels/cuda/gate_rows.cuh"
#include "kernels/cuda/lane_groups.cuh"
#include "kernels/cuda/sums.cuh"
#include "kernels/edge_filter_forms.hpp"

namespace regrain::kernels::filter_tile {

constexpr int kChannels = 32;     // of a tile
constexpr int kQuad = 4;          // channels or edges a lane takes side by side
constexpr int kLot = 32;          // edges staged at once
constexpr int kPass = 16;         // of them done at once by a warp
constexpr int kPitch = kLot + 4;  // of the basis: whole quads, and rows that begin in different banks
constexpr int kGates = 3;         // of a block, a warp each
constexpr unsigned kThreads = 32 * kGates;

// Channels of a lane. With `whole`, rows are whole quads, 16-byte aligned, and lanes beyond the last channel
// read the tile's first four; otherwise they read nothing. Neither writes.
template <class By, bool whole>
struct Lane {
  int group;      // which of the four groups of lanes
  int place;      // in the group
  int quad;       // first of its channels in the tile
  int channel;    // first channel to read
  int n_written;  // channels that exist

  __device__ Lane(int tile, int f) {
    const int lane = static_cast<int>(threadIdx.x % 32);
    group = By::group_of(lane);
    place = By::place_of(lane);
    quad = place * kQuad;
    n_written = std::max(0, std::min(int{kQuad}, f - tile * kChannels - quad));
    channel = tile * kChannels + (whole && n_written == 0 ? 0 : quad);
  }

  template <class T>
  __device__ Four<T> load(const T* row) const {
    if constexpr (whole) {
      return load_four(row + channel);
    } else {
      Four<T> q;
      REGRAIN_UNROLL
      for (int v = 0; v < kQuad; ++v) q.v[v] = v < n_written ? row[channel + v] : T(0);
      return q;
    }
  }
  template <class T>
  __device__ void store(T* row, const T (&value)[kQuad]) const {
    if constexpr (whole) {
      if (n_written > 0)
        *reinterpret_cast<Four<T>*>(row + channel) = {{value[0], value[1], value[2], value[3]}};
    } else {
      REGRAIN_UNROLL
      for (int v = 0; v < kQuad; ++v)
        if (v < n_written) row[channel + v] = value[v];
    }
  }
};

// Edges in the order of a walk: `order` is null for the receivers' own order, by_src for the senders'.
template <class T>
struct Walk {
  int n_nodes;
  const int *offset, *order, *other;
  const T *d_E, *unit_E3;
  const RadialAngle<T>* angle_E;
  T cutoff;
  int n_rbf;
  const char* is_dense;  // nodes that another form does; may be null

  static Walk receivers(const FilterGraph<T>& g) {
    return Walk(g, g.graph.n_dst, g.graph.offset, nullptr, g.graph.src);
  }
  static Walk senders(const FilterGraph<T>& g) {
    return Walk(g, g.graph.n_src, g.graph.src_offset, g.graph.by_src.data(), g.graph.dst);
  }

 private:
  Walk(const FilterGraph<T>& g, int n, const Tensor<int>& offsets, const int* edges,
       const Tensor<int>& others)
      : n_nodes(n),
        offset(offsets.data()),
        order(edges),
        other(others.data()),
        d_E(g.geometry.d_E.data()),
        unit_E3(g.geometry.unit_E3.data()),
        angle_E(g.angle_E.data()),
        cutoff(g.cutoff),
        n_rbf(g.n_rbf),
        is_dense(g.node_is_dense.data()) {}
};

// The staged edges of a node, in shared memory.
template <class By, class T = typename By::Scalar>
struct Lot {
  T* basis;   // (padded rows, kPitch): a row for every radial function, the envelope in row 0
  T* unit;    // (3, kLot)
  int* node;  // (kLot), at the other end

  REGRAIN_HD static std::size_t bytes(int n_rows) {
    return sizeof(T) * static_cast<std::size_t>(By::padded_rows(n_rows) * kPitch + 3 * kLot) + sizeof(int) * kLot;
  }
  __device__ Lot(unsigned char* memory, int n_rows)
      : basis(reinterpret_cast<T*>(memory)),
        unit(basis + By::padded_rows(n_rows) * kPitch),
        node(reinterpret_cast<int*>(unit + 3 * kLot)) {}

  struct Column {
    T* first;
    __device__ T& operator[](int k) const { return first[k * kPitch]; }
  };

  // Lane t of one warp stages edge first + t of the walk. Beyond the last edge that one comes again, with a
  // filter of zero like those at the cutoff.
  __device__ void stage(const Walk<T>& walk, int first, int last, int n_rows) const {
    const int t = static_cast<int>(threadIdx.x % 32), s = std::min(first + t, last - 1);
    const int e = walk.order ? walk.order[s] : s;
    node[t] = walk.other[e];
    const T d = walk.d_E[e];
    const Column column{basis + t};
    const bool counts = first + t < last && d < walk.cutoff;
    if (counts) radial_basis(d, walk.angle_E[e], walk.n_rbf, column);
    for (int k = counts ? n_rows : 0; k < By::padded_rows(n_rows); ++k) column[k] = T(0);
    if (walk.unit_E3)
      for (int axis = 0; axis < 3; ++axis)
        unit[axis * kLot + t] =
            walk.unit_E3[3 * static_cast<std::size_t>(e) + static_cast<std::size_t>(axis)];
  }
};

// edges that the passes over a lot take, the repeated ones with them
__device__ inline int staged(int first, int last) {
  return std::min(int{kLot}, (last - first + kPass - 1) / kPass * kPass);
}

// slice(k, c) = table(k, gate, first channel of the tile + c), zero beyond the channels and the table; by the
// warp that reads it
template <class By, class T>
__device__ inline void load_slice(FilterTable<T> table, int gate, int tile, int f, T* slice) {
  const int c = static_cast<int>(threadIdx.x % 32), channel = tile * kChannels + c;
  for (int k = 0; k < By::slice_rows(table.n_rows); ++k)
    By::keep(slice, table.n_rows, k, c, channel < f && k < table.n_rows ? *table.row(k, gate, channel) : T(0));
}

// A group's edges lie side by side.
template <class T>
struct MultiplyAdds : NeighbouringLanes {
  using Scalar = T;
  static constexpr int kGradientPitch = kChannels;  // of a lot's d loss / d filter, an edge a row
  // blocks an SM shall hold: leaves 128 registers a thread in float and 168 in double
  static constexpr unsigned kResident = sizeof(T) == 4 ? 5 : 4;
  // and of the derivative, which keeps more in registers: the most for which none spills
  static constexpr unsigned kResidentBackward = sizeof(T) == 4 ? 4 : 2;

  // rows of the table with those that fill up the last quad
  REGRAIN_HD static constexpr int padded_rows(int n_rows) { return (n_rows + kQuad - 1) / kQuad * kQuad; }
  REGRAIN_HD static constexpr int slice_rows(int n_rows) { return n_rows; }
  REGRAIN_HD static constexpr int slice_size(int n_rows) { return n_rows * kChannels; }
  static __device__ void keep(T* slice, int, int k, int c, T w) { slice[k * kChannels + c] = w; }
  // the lot's edge that is number r of a group's in the pass that begins with edge `first`
  static __device__ int edge(int first, int group, int r) { return first + kQuad * group + r; }

  // w[r][v] = filter of edge number r and channel v of the lane; 16 multiply-adds for two quads of shared memory
  template <bool whole>
  static __device__ __forceinline__ void make_filters(const Lot<MultiplyAdds>& lot, const T* slice, int n_rows, int first,
                                                      const Lane<MultiplyAdds, whole>& lane, T (&w)[kQuad][kQuad]) {
    REGRAIN_UNROLL
    for (int r = 0; r < kQuad; ++r) {
      REGRAIN_UNROLL
      for (int v = 0; v < kQuad; ++v) w[r][v] = T(0);
    }
    for (int k = 0; k < n_rows; ++k) {
      const Four<T> b = load_four(lot.basis + k * kPitch + edge(first, lane.group, 0)),
                    t = load_four(slice + k * kChannels + lane.quad);
      REGRAIN_UNROLL
      for (int r = 0; r < kQuad; ++r) {
        REGRAIN_UNROLL
        for (int v = 0; v < kQuad; ++v) w[r][v] += b.v[r] * t.v[v];
      }
    }
  }
  // sums(k, channel) += sum over a lot's edges of basis(k, edge) p(edge, channel); group a does every fourth k
  // from a on, four of them at once: 64 multiply-adds for 8 quads of shared memory.
  template <bool whole>
  static __device__ __forceinline__ void add_table_gradient(const Lot<MultiplyAdds>& lot, int n_edges, const T* p, int n_rows,
                                                            const Lane<MultiplyAdds, whole>& lane, T* sums) {
    for (int base = lane.group; base - lane.group < n_rows; base += kQuad * kQuad) {
      T sum[kQuad][kQuad] = {};
      for (int edge = 0; edge < n_edges; edge += kQuad) {
        Four<T> grad[kQuad];
        REGRAIN_UNROLL
        for (int r = 0; r < kQuad; ++r) grad[r] = load_four(p + (edge + r) * kGradientPitch + lane.quad);
        REGRAIN_UNROLL
        for (int k = 0; k < kQuad; ++k) {
          if (base - lane.group + kQuad * k >= n_rows) continue;
          const Four<T> b = load_four(lot.basis + (base + kQuad * k) * kPitch + edge);
          REGRAIN_UNROLL
          for (int r = 0; r < kQuad; ++r) {
            REGRAIN_UNROLL
            for (int v = 0; v < kQuad; ++v) sum[k][v] += b.v[r] * grad[r].v[v];
          }
        }
      }
      REGRAIN_UNROLL
      for (int k = 0; k < kQuad; ++k) {
        if (base - lane.group + kQuad * k >= n_rows) continue;
        Four<T>* to = reinterpret_cast<Four<T>*>(sums + (base + kQuad * k) * kChannels + lane.quad);
        REGRAIN_UNROLL
        for (int v = 0; v < kQuad; ++v) to->v[v] += sum[k][v];
      }
    }
  }
};

// row = the sum over the four groups of lanes of axis `group`, for the groups 0 to 2. By selection: an index
// that a thread chooses would put the sums into memory.
template <class By, class T>
__device__ __forceinline__ void sum_groups(const T (&sum)[3][kQuad], int group, T (&row)[kQuad]) {
  REGRAIN_UNROLL
  for (int v = 0; v < kQuad; ++v) row[v] = T(0);
  REGRAIN_UNROLL
  for (int axis = 0; axis < 3; ++axis) {
    REGRAIN_UNROLL
    for (int v = 0; v < kQuad; ++v) {
      T x = sum[axis][v];
      x += __shfl_xor_sync(kWholeWarp, x, By::kGroupStep);
      x += __shfl_xor_sync(kWholeWarp, x, 2 * By::kGroupStep);
      row[v] = group == axis ? x : row[v];
    }
  }
}

// f with the gate's kind as a constant
template <class F>
__device__ __forceinline__ void with_kind(Gate kind, F f) {
  if (kind == Gate::scalar)
    f(std::integral_constant<Gate, Gate::scalar>{});
  else if (kind == Gate::direction)
    f(std::integral_constant<Gate, Gate::direction>{});
  else
    f(std::integral_constant<Gate, Gate::vector>{});
}

// Blocks of a grid: parts of the nodes, for every tile of channels, for every three gates. Blocks that run
// together are of one tile, whose rows of all nodes stay in L2.
struct Grid {
  int parts, tiles, gate_groups;

  Grid(const GateLayout& layout, int f)
      : parts(1),
        tiles((f + kChannels - 1) / kChannels),
        gate_groups((layout.n_gates + kGates - 1) / kGates) {}
  dim3 blocks() const {
    return blocks_for(static_cast<std::size_t>(parts) * static_cast<std::size_t>(tiles * gate_groups), 1);
  }
  static unsigned threads(const GateLayout& layout) {
    return 32u * static_cast<unsigned>(std::min(layout.n_gates, kGates));
  }

  // of the running thread; the gate may not exist
  __device__ int part() const { return static_cast<int>(blockIdx.x % static_cast<unsigned>(parts)); }
  __device__ int tile() const {
    return static_cast<int>(blockIdx.x / static_cast<unsigned>(parts) % static_cast<unsigned>(tiles));
  }
  __device__ int gate() const {
    return static_cast<int>(blockIdx.x / static_cast<unsigned>(parts * tiles)) * kGates +
           static_cast<int>(threadIdx.x / 32);
  }
  // first node of a part of n
  __device__ int begin(int part, int n) const {
    return static_cast<int>(static_cast<long long>(n) * part / parts);
  }
};

// Can rows of f channels be read by quads?
inline bool whole_quads(int f, std::initializer_list<const void*> arrays) {
  return f % kQuad == 0 && std::all_of(arrays.begin(), arrays.end(), [](const void* p) {
           return reinterpret_cast<std::uintptr_t>(p) % 16 == 0;
         });
}

}  // namespace regrain::kernels::filter_tile
