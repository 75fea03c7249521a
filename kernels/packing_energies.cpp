#include "kernels/packing_energies.hpp"

#include <algorithm>
#include <cmath>

#include "engine/errors.hpp"
#include "kernels/packing_terms.hpp"
#include "kernels/parallel.hpp"

namespace regrain::kernels {

namespace {

using packing::bonds_between;
using packing::kDisulfideBond;
using packing::kDisulfideWidth;
using packing::kFromCa;
using packing::kProlineBond;
using packing::square_between;
using packing::square_from;

// e[k] += energy of point p with the points x[k], y[k], z[k]
template <class T>
inline void add_overlaps(const T* p, const T* __restrict x, T threshold, int stride, int width, T* __restrict e) {
  const T px = p[0], py = p[1], pz = p[2];
  const T* __restrict y = x + stride;
  const T* __restrict z = y + stride;
  for (int k = 0; k < width; ++k) {
    const T dx = x[k] - px, dy = y[k] - py, dz = z[k] - pz;
    e[k] += overlap::energy(threshold - std::sqrt(dx * dx + dy * dy + dz * dz));
  }
}

// e (stride) += energies of the draws of i, all in `box`, with the atoms of j that don't move
template <class T>
void add_fixed(const DrawsView<T>& r, int i, int j, const T* box, T* e) {
  const int type = r.type[i], other = r.type[j], n_slots = r.tables.n_slots[type], width = r.width(i);
  const T far = (r.moving[j] ? T(kFromCa) : r.tables.reach[other]) + T(overlap::kMostDistance);
  if (square_from(box, r.atoms + (j * kResidueSlots + kAtCa) * 3) > far * far) return;
  const int n_fixed = r.moving[j] ? std::min(kFirstMoving, r.tables.n_slots[other]) : r.tables.n_slots[other];
  for (int b = 0; b < n_fixed; ++b) {
    const T* p = r.atoms + (j * kResidueSlots + b) * 3;
    if (square_from(box, p) >= T(overlap::kMostDistance * overlap::kMostDistance)) continue;
    for (int a = kFirstMoving; a < n_slots; ++a) {
      const int row = i * kMovingSlots + a - kFirstMoving;
      const T t = overlap::threshold_of(r.tables, type, a, other, b);
      if (square_from(r.boxes + row * 6, p) >= t * t || bonds_between(r, i, a, j, b) <= overlap::kMostBonds) continue;
      add_overlaps(p, r.draws + std::ptrdiff_t{3} * row * r.stride, t, r.stride, width, e);
    }
  }
}

// the pairs of atoms inside the side chains of i, and the ring of a proline
template <class T>
void add_inside(const DrawsView<T>& r, int i, T ring_closure, T* e) {
  const int type = r.type[i], n_slots = r.tables.n_slots[type], n_draws = r.count[i];
  const T* draws = r.draws + std::ptrdiff_t{3} * i * kMovingSlots * r.stride;
  for (int a = kFirstMoving; a < n_slots; ++a) {
    const T* x = draws + 3 * (a - kFirstMoving) * r.stride;
    for (int b = a + 1; b < n_slots; ++b) {
      if (overlap::bonds_inside(r.tables, type, a, b) <= overlap::kMostBonds) continue;
      const T* y = draws + 3 * (b - kFirstMoving) * r.stride;
      const T t = overlap::threshold_of(r.tables, type, a, type, b);
      for (int k = 0; k < n_draws; ++k) {
        const T dx = x[k] - y[k], dy = x[r.stride + k] - y[r.stride + k], dz = x[2 * r.stride + k] - y[2 * r.stride + k];
        e[k] += overlap::energy(t - std::sqrt(dx * dx + dy * dy + dz * dz));
      }
    }
    // a bond to N that no placement made closes a ring
    if (overlap::bonds_inside(r.tables, type, a, kAtN) != 1) continue;
    const T* n = r.atoms + (i * kResidueSlots + kAtN) * 3;
    for (int k = 0; k < n_draws; ++k) {
      const T dx = x[k] - n[0], dy = x[r.stride + k] - n[1], dz = x[2 * r.stride + k] - n[2];
      const T off = std::sqrt(dx * dx + dy * dy + dz * dz) - T(kProlineBond);
      e[k] += ring_closure * off * off;
    }
  }
}

// e (draws of i, width of j) = energies of the draws of i with those of j, where used becomes 1; no other row is written
template <class T>
void pair_rows(const DrawsView<T>& r, int i, int j, T disulfide, T* e, char* used) {
  const int type = r.type[i], other = r.type[j], n_draws = r.count[i], n_others = r.count[j], width = r.width(j);
  std::fill_n(used, n_draws, char{0});
  for (int a = kFirstMoving; a < r.tables.n_slots[type]; ++a)
    for (int b = kFirstMoving; b < r.tables.n_slots[other]; ++b) {
      if (bonds_between(r, i, a, j, b) <= overlap::kMostBonds) continue;
      const T t = overlap::threshold_of(r.tables, type, a, other, b);
      const T* x = r.draws + std::ptrdiff_t{3} * (i * kMovingSlots + a - kFirstMoving) * r.stride;
      const T* y = r.draws + std::ptrdiff_t{3} * (j * kMovingSlots + b - kFirstMoving) * r.stride;
      const T* box = r.boxes + (j * kMovingSlots + b - kFirstMoving) * 6;
      const bool sulfurs = type == r.tables.cysteine && other == type;
      const T range = sulfurs ? T(kDisulfideBond + kDisulfideWidth) : t;
      if (square_between(r.boxes + (i * kMovingSlots + a - kFirstMoving) * 6, box) >= range * range) continue;
      for (int s = 0; s < n_draws; ++s) {
        const T p[3] = {x[s], x[r.stride + s], x[2 * r.stride + s]};
        if (square_from(box, p) >= range * range) continue;
        T* row = e + s * width;
        if (!used[s]) std::fill_n(row, width, T(0)), used[s] = 1;
        add_overlaps(p, y, t, r.stride, width, row);
        if (!sulfurs) continue;
        for (int k = 0; k < n_others; ++k) {
          const T dx = y[k] - p[0], dy = y[r.stride + k] - p[1], dz = y[2 * r.stride + k] - p[2];
          const T off = (std::sqrt(dx * dx + dy * dy + dz * dz) - T(kDisulfideBond)) / T(kDisulfideWidth);
          row[k] -= disulfide * std::max(T(1) - off * off, T(0));
        }
      }
    }
}

}  // namespace

template <class T>
void self_energies(Cpu be, DrawsView<T> residues, GraphView near, PackingWeights weights, View<T, 2> energy_RS) {
  const int n = residues.n_residues, stride = residues.stride;
  REGRAIN_CHECK(near.n_dst == n && energy_RS.dim(0) == n && energy_RS.dim(1) == stride, "self_energies: room for ",
                energy_RS.dim(0), " rows of ", energy_RS.dim(1), ", expected ", n, " of ", stride);
  parallel_for_ragged(be, n, 20.0 * near.n_edges * stride, [&](int i) {
    T* e = energy_RS.row(i);
    std::fill_n(e, stride, T(0));
    if (!residues.moving[i]) return;
    add_inside(residues, i, static_cast<T>(weights.ring_closure), e);
    T box[6];
    std::copy_n(residues.boxes + i * kMovingSlots * 6, 6, box);
    for (int a = 1; a < residues.tables.n_slots[residues.type[i]] - kFirstMoving; ++a)
      for (int k = 0; k < 3; ++k) {
        const T* slot = residues.boxes + (i * kMovingSlots + a) * 6;
        box[k] = std::min(box[k], slot[k]);
        box[3 + k] = std::max(box[3 + k], slot[3 + k]);
      }
    add_fixed(residues, i, i, box, e);
    for (int k = near.offset[i]; k < near.offset[i + 1]; ++k) add_fixed(residues, i, near.src[k], box, e);
    std::fill(e + residues.count[i], e + stride, T(0));
  });
}

template <class T>
void pair_energies(Cpu be, DrawsView<T> residues, PackingPairs pairs, PackingWeights weights, View<T, 1> energy_E, View<char, 1> used) {
  REGRAIN_CHECK(energy_E.dim(0) == pairs.n_energies, "pair_energies: room for ", energy_E.dim(0), ", expected ", pairs.n_energies);
  const int n_marks = pairs.n_energies / residues.pitch;
  const bool marked = used.data();
  REGRAIN_CHECK(!marked || used.dim(0) == n_marks, "pair_energies: ", used.dim(0), " marks, expected ", n_marks);
  Arena::Scope scope(*be.scratch);
  char* marks = marked ? used.data() : be.scratch->allocate_array<char>(static_cast<std::size_t>(n_marks));
  parallel_for_ragged(be, residues.n_residues, 10.0 * pairs.n_energies, [&](int i) {
    for (int k = pairs.offset[i]; k < pairs.offset[i + 1]; ++k) {
      const int j = pairs.partner[k], first = pairs.first[pairs.table[k]], width = residues.width(j);
      if (j < i) continue;
      T* e = energy_E.data() + first;
      char* rows = marks + mark_of(first, residues.pitch, 0);
      pair_rows(residues, i, j, static_cast<T>(weights.disulfide), e, rows);
      for (int s = 0; !marked && s < residues.count[i]; ++s)
        if (!rows[s]) std::fill_n(e + s * width, width, T(0));
    }
  });
}

#define REGRAIN_INSTANTIATE(T)                                                                   \
  template void self_energies<T>(Cpu, DrawsView<T>, GraphView, PackingWeights, View<T, 2>);      \
  template void pair_energies<T>(Cpu, DrawsView<T>, PackingPairs, PackingWeights, View<T, 1>, View<char, 1>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
