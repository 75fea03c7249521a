// Draws of side chains laid out on the device, and who can touch whom: the functions of side_chain_placement.hpp and
// packing_terms.hpp.
#include "kernels/packing_draws.hpp"

#include "engine/device.hpp"
#include "kernels/cuda/launch.hpp"
#include "kernels/cuda/sort_scan.hpp"
#include "kernels/packing_terms.hpp"
#include "kernels/simd.hpp"

namespace regrain::kernels {

namespace {

constexpr unsigned kDraws = 64;  // of a block

// Draw d of residue r; that of d = 0 also writes what doesn't move. Grid: thread r * stride + d, so a draw's
// coordinates go beside those of its neighbours. A chain of at most 10 placements: limited by its latency.
template <class T>
__global__ void __launch_bounds__(kDraws)
    lay_out_draws_kernel(SideChainTables<T> tables, View<const int, 1> type_R, View<const char, 1> moving_R,
                         View<const T, 3> backbone_R43, View<const T, 3> chi_RS4, View<const int, 1> count_R,
                         int pitch, View<T, 3> atoms_R14_3, View<T, 4> draws_R9_3S) {
  const std::size_t at = thread_of_grid();
  const int stride = draws_R9_3S.dim(3);
  if (at >= static_cast<std::size_t>(type_R.dim(0)) * stride) return;
  const int r = static_cast<int>(at / stride), d = static_cast<int>(at % stride), type = type_R(r);
  const int count = count_R(r);
  if (!moving_R(r) || d >= (count + pitch - 1) / pitch * pitch) return;
  T x[kResidueSlots * 3];
  side_chains::place_residue(tables, type, backbone_R43.row(r), &chi_RS4(r, d < count ? d : 0, 0), x);
  for (int s = kFirstMoving; s < tables.n_slots[type]; ++s)
    for (int k = 0; k < 3; ++k)
      draws_R9_3S(r, s - kFirstMoving, k, d) = d < count ? x[3 * s + k] : T(packing::kFarAway) * T(1 + d);
  if (d == 0)
    for (int i = 0; i < 3 * kFirstMoving; ++i) atoms_R14_3.row(r)[i] = x[i];
}

// The box of a slot. Grid: thread (residue, slot, axis). Reads all draws once.
template <class T>
__global__ void __launch_bounds__(kBlock)
    box_draws_kernel(SideChainTables<T> tables, View<const int, 1> type_R, View<const char, 1> moving_R, View<const int, 1> count_R,
                     View<const T, 4> draws_R9_3S, View<T, 3> boxes_R9_6) {
  const std::size_t at = thread_of_grid();
  if (at >= static_cast<std::size_t>(type_R.dim(0)) * kMovingSlots * 3) return;
  const int k = static_cast<int>(at % 3), s = static_cast<int>(at / 3 % kMovingSlots),
            r = static_cast<int>(at / 3 / kMovingSlots);
  if (!moving_R(r) || s >= tables.n_slots[type_R(r)] - kFirstMoving) return;
  const T* x = &draws_R9_3S(r, s, k, 0);
  T low = x[0], high = x[0];
  for (int d = 1; d < count_R(r); ++d) {
    low = x[d] < low ? x[d] : low;
    high = x[d] > high ? x[d] : high;
  }
  boxes_R9_6(r, s, k) = low;
  boxes_R9_6(r, s, 3 + k) = high;
}

// touch(e), the number of pairs and of pairs with higher residues of each row, and the size of the tables of these. Grid: thread i, which walks its row.
template <class T>
__global__ void __launch_bounds__(kBlock)
    touching_kernel(DrawsView<T> r, GraphView near, char* touch, long long* all, long long* higher, long long* energies) {
  const std::size_t at = thread_of_grid();
  if (at >= static_cast<std::size_t>(r.n_residues)) return;
  const int i = static_cast<int>(at);
  int n_all = 0, n_higher = 0;
  long long n_energies = 0;
  for (int e = near.offset[i]; e < near.offset[i + 1]; ++e) {
    const int j = near.src[e];
    touch[e] = r.moving[i] && r.moving[j] && packing::can_touch(r, i < j ? i : j, i < j ? j : i);
    n_all += touch[e];
    if (!touch[e] || j < i) continue;
    ++n_higher;
    n_energies += static_cast<long long>(r.count[i]) * r.width(j);
  }
  all[i] = n_all;
  higher[i] = n_higher;
  energies[i] = n_energies;
}

struct PairArrays {
  int *offset, *partner, *table, *lower, *higher, *first;
};

// Partners of each row, and the tables of its higher ones. Grid: thread i; thread n ends the offsets.
template <class T>
__global__ void __launch_bounds__(kBlock) write_pairs_kernel(DrawsView<T> r, GraphView near, const char* touch,
                                                             const long long* before, const long long* tables, const long long* energies,
                       PairArrays to) {
  const std::size_t at = thread_of_grid();
  if (at > static_cast<std::size_t>(r.n_residues)) return;
  const int i = static_cast<int>(at);
  to.offset[i] = static_cast<int>(before[i]);
  if (i == r.n_residues) return;
  int k = static_cast<int>(before[i]), table = static_cast<int>(tables[i]), first = static_cast<int>(energies[i]);
  for (int e = near.offset[i]; e < near.offset[i + 1]; ++e) {
    if (!touch[e]) continue;
    const int j = near.src[e];
    to.partner[k] = j;
    if (j > i) {
      to.table[k] = table;
      to.lower[table] = i;
      to.first[table] = first;
      to.higher[table++] = j;
      first += r.count[i] * r.width(j);
    }
    ++k;
  }
}

// ... and of its lower ones, which have numbered them. Grid: thread i; looks its own number up in the partner's row.
__global__ void __launch_bounds__(kBlock) lower_tables_kernel(int n, PairArrays to) {
  const std::size_t at = thread_of_grid();
  if (at >= static_cast<std::size_t>(n)) return;
  const int i = static_cast<int>(at);
  for (int k = to.offset[i]; k < to.offset[i + 1] && to.partner[k] < i; ++k) {
    const int j = to.partner[k];
    int low = to.offset[j], high = to.offset[j + 1];
    while (low < high) {
      const int middle = (low + high) / 2;
      if (to.partner[middle] < i)
        low = middle + 1;
      else
        high = middle;
    }
    to.table[k] = to.table[low];
  }
}

}  // namespace

template <class T>
void lay_out_draws(Cuda be, SideChainTables<T> tables, View<const int, 1> type_R, View<const char, 1> moving_R,
                   View<const T, 3> backbone_R43, View<const T, 3> chi_RS4, View<const int, 1> count_R, View<T, 3> atoms_R14_3,
                   View<T, 4> draws_R9_3S, View<T, 3> boxes_R9_6) {
  const int n = type_R.dim(0), n_draws = chi_RS4.dim(1), stride = draws_R9_3S.dim(3);
  REGRAIN_CHECK(moving_R.dim(0) == n && backbone_R43.dim(0) == n && chi_RS4.dim(0) == n && count_R.dim(0) == n && atoms_R14_3.dim(0) == n &&
                    draws_R9_3S.dim(0) == n && boxes_R9_6.dim(0) == n && stride == draws_stride(n_draws),
                "lay_out_draws: ", n_draws, " draws of ", chi_RS4.dim(0), " residues in rows of ", stride, " for ", n,
                " residues");
  launch<lay_out_draws_kernel<T>>(be, blocks_for(static_cast<std::size_t>(n) * stride, kDraws), kDraws, 0, tables, type_R,
                                  moving_R, backbone_R43, chi_RS4, count_R, draws_pitch(), atoms_R14_3, draws_R9_3S);
  launch<box_draws_kernel<T>>(be, blocks_for(static_cast<std::size_t>(n) * kMovingSlots * 3), kBlock, 0, tables, type_R,
                              moving_R, count_R, View<const T, 4>(draws_R9_3S), boxes_R9_6);
}

template <class T>
PackingPairs packing_pairs(Cuda be, DrawsView<T> residues, GraphView near, Arena& arena) {
  const int n = residues.n_residues;
  REGRAIN_CHECK(near.n_dst == n, "packing_pairs: a graph of ", near.n_dst, " residues for ", n);
  const std::size_t rows = static_cast<std::size_t>(n) + 1;
  char* touch = arena.allocate_array<char>(static_cast<std::size_t>(near.n_edges));
  long long* all = arena.allocate_array<long long>(rows);
  long long* higher = arena.allocate_array<long long>(rows);
  long long* energies = arena.allocate_array<long long>(rows);
  launch<touching_kernel<T>>(be, blocks_for(rows - 1), kBlock, 0, residues, near, touch, all, higher, energies);
  for (long long* counts : {all, higher, energies}) exclusive_sum(be, View<long long, 1>(counts, {n + 1}));
  long long n_pairs = 0, n_energies = 0;
  device::copy_to_host(&n_pairs, all + n, sizeof n_pairs, be.stream);
  device::copy_to_host(&n_energies, energies + n, sizeof n_energies, be.stream);
  device::synchronise(be.stream);
  if (n_pairs > 0x7FFFFFFF)
    fail(ErrorKind::device, "packing_pairs: more pairs of ", n, " residues than can be counted; take fewer residues");
  if (n_energies > 0x7FFFFFFF)
    fail(ErrorKind::device, "packing_pairs: more energies of pairs of ", n, " residues than can be counted; take fewer draws or residues");
  const auto ints = [&](long long count) { return arena.allocate_array<int>(static_cast<std::size_t>(count)); };
  const PairArrays to{ints(n + 1), ints(n_pairs), ints(n_pairs), ints(n_pairs / 2), ints(n_pairs / 2), ints(n_pairs / 2)};
  launch<write_pairs_kernel<T>>(be, blocks_for(rows), kBlock, 0, residues, near, static_cast<const char*>(touch),
                                static_cast<const long long*>(all), static_cast<const long long*>(higher), static_cast<const long long*>(energies), to);
  launch<lower_tables_kernel>(be, blocks_for(rows - 1), kBlock, 0, n, to);
  return {static_cast<int>(n_pairs / 2), static_cast<int>(n_energies), to.offset, to.partner, to.table, to.lower, to.higher, to.first};
}

#define REGRAIN_INSTANTIATE(T)                                                                                        \
  template void lay_out_draws<T>(Cuda, SideChainTables<T>, View<const int, 1>, View<const char, 1>, View<const T, 3>, \
                                 View<const T, 3>, View<const int, 1>, View<T, 3>, View<T, 4>, View<T, 3>);           \
  template PackingPairs packing_pairs<T>(Cuda, DrawsView<T>, GraphView, Arena&);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
