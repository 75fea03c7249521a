#include "kernels/packing_draws.hpp"

#include <algorithm>
#include <limits>

#include "engine/errors.hpp"
#include "kernels/packing_terms.hpp"
#include "kernels/parallel.hpp"
#include "kernels/simd.hpp"

namespace regrain::kernels {

namespace {

using packing::can_touch;
using packing::kFarAway;

}  // namespace

int draws_pitch() { return row_pitch(1); }
int draws_stride(int n_draws) { return row_pitch(n_draws); }

template <class T>
void lay_out_draws(Cpu be, SideChainTables<T> tables, View<const int, 1> type_R, View<const char, 1> moving_R,
                   View<const T, 3> backbone_R43, View<const T, 3> chi_RS4, View<const int, 1> count_R, View<T, 3> atoms_R14_3,
                   View<T, 4> draws_R9_3S, View<T, 3> boxes_R9_6) {
  const int n = type_R.dim(0), n_draws = chi_RS4.dim(1), stride = draws_R9_3S.dim(3);
  REGRAIN_CHECK(moving_R.dim(0) == n && backbone_R43.dim(0) == n && chi_RS4.dim(0) == n && count_R.dim(0) == n && atoms_R14_3.dim(0) == n &&
                    draws_R9_3S.dim(0) == n && boxes_R9_6.dim(0) == n && stride == draws_stride(n_draws),
                "lay_out_draws: ", n_draws, " draws of ", chi_RS4.dim(0), " residues in rows of ", stride, " for ", n,
                " residues");
  parallel_for(be, n, 500.0 * n * n_draws, [&](int r) {
    if (!moving_R(r)) return;
    const int type = type_R(r), n_slots = tables.n_slots[type], count = count_R(r), width = row_pitch(count);
    T* atoms = atoms_R14_3.row(r);
    T x[kResidueSlots * 3];
    std::copy_n(backbone_R43.row(r), 12, x);
    // CB is the same for all draws, and its row of the tables the first: nothing after it is needed for it
    for (int d = 0; d < width; ++d) {
      if (d < count) side_chains::place_residue(tables, type, backbone_R43.row(r), &chi_RS4(r, d, 0), x);
      for (int s = kFirstMoving; s < n_slots; ++s)
        for (int k = 0; k < 3; ++k)
          draws_R9_3S(r, s - kFirstMoving, k, d) = d < count ? x[3 * s + k] : T(kFarAway) * T(1 + d);
    }
    std::copy_n(x, 3 * kFirstMoving, atoms);
    for (int s = 0; s < n_slots - kFirstMoving; ++s)
      for (int k = 0; k < 3; ++k) {
        const T* along = &draws_R9_3S(r, s, k, 0);
        const auto [low, high] = std::minmax_element(along, along + count);
        boxes_R9_6(r, s, k) = *low;
        boxes_R9_6(r, s, 3 + k) = *high;
      }
  });
}

template <class T>
void keep_in_reach(SideChainTables<T> tables, View<const int, 1> type_R, View<const T, 2> ca_R3, T beyond, Graph& near) {
  int kept = 0;
  for (int i = 0, e = 0; i < near.n_dst; ++i) {
    const T* a = ca_R3.row(i);
    const T reach = tables.reach[type_R(i)] + beyond;
    for (const int end = near.offset[static_cast<std::size_t>(i) + 1]; e < end; ++e) {
      const int j = near.src[static_cast<std::size_t>(e)];
      const T* b = ca_R3.row(j);
      const T far = reach + tables.reach[type_R(j)];
      const T dx = a[0] - b[0], dy = a[1] - b[1], dz = a[2] - b[2];
      near.src[static_cast<std::size_t>(kept)] = j;
      kept += dx * dx + dy * dy + dz * dz < far * far;
    }
    near.offset[static_cast<std::size_t>(i) + 1] = kept;
  }
  near.src.reshape_unset({kept});
}

template <class T>
PackingPairs packing_pairs(Cpu be, DrawsView<T> residues, GraphView near, Arena& arena) {
  const int n = residues.n_residues;
  REGRAIN_CHECK(near.n_dst == n, "packing_pairs: a graph of ", near.n_dst, " residues for ", n);
  const double work = 30.0 * near.n_edges;
  int* offset = arena.allocate_array<int>(static_cast<std::size_t>(n) + 1);
  char* touch = arena.allocate_array<char>(static_cast<std::size_t>(near.n_edges));
  parallel_for_ragged(be, n, work, [&](int i) {
    int count = 0;
    for (int e = near.offset[i]; e < near.offset[i + 1]; ++e) {
      const int j = near.src[e];
      touch[e] = residues.moving[i] && residues.moving[j] && can_touch(residues, std::min(i, j), std::max(i, j));
      count += touch[e];
    }
    offset[i + 1] = count;
  });
  offset[0] = 0;
  long long total = 0;
  for (int i = 0; i < n; ++i) {
    total += offset[i + 1];
    if (total > std::numeric_limits<int>::max())
      fail(ErrorKind::device, "packing_pairs: more pairs of ", n, " residues than can be counted; take fewer residues");
    offset[i + 1] = static_cast<int>(total);
  }
  int* partner = arena.allocate_array<int>(static_cast<std::size_t>(offset[n]));
  int* table = arena.allocate_array<int>(static_cast<std::size_t>(offset[n]));
  int* lower = arena.allocate_array<int>(static_cast<std::size_t>(offset[n]) / 2);
  int* higher = arena.allocate_array<int>(static_cast<std::size_t>(offset[n]) / 2);
  int* first = arena.allocate_array<int>(static_cast<std::size_t>(offset[n]) / 2);
  int n_tables = 0;
  long long n_energies = 0;
  for (int i = 0; i < n; ++i) {
    int to = offset[i];
    for (int e = near.offset[i]; e < near.offset[i + 1]; ++e)
      if (touch[e]) {
        const int j = near.src[e];
        partner[to] = j;
        if (j > i) {
          lower[n_tables] = i;
          higher[n_tables] = j;
          first[n_tables] = static_cast<int>(n_energies);
          n_energies += static_cast<long long>(residues.count[i]) * residues.width(j);
          if (n_energies > std::numeric_limits<int>::max())
            fail(ErrorKind::device, "packing_pairs: more energies of pairs of ", n, " residues than can be counted; take fewer draws or residues");
          table[to] = n_tables++;
        } else {  // it came first and has given the table its number
          table[to] = table[std::lower_bound(partner + offset[j], partner + offset[j + 1], i) - partner];
        }
        ++to;
      }
  }
  return {n_tables, static_cast<int>(n_energies), offset, partner, table, lower, higher, first};
}

#define REGRAIN_INSTANTIATE(T)                                                                                       \
  template void lay_out_draws<T>(Cpu, SideChainTables<T>, View<const int, 1>, View<const char, 1>, View<const T, 3>, \
                                 View<const T, 3>, View<const int, 1>, View<T, 3>, View<T, 4>, View<T, 3>);          \
  template void keep_in_reach<T>(SideChainTables<T>, View<const int, 1>, View<const T, 2>, T, Graph&);               \
  template PackingPairs packing_pairs<T>(Cpu, DrawsView<T>, GraphView, Arena&);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
