// What the Cpu and the Cuda overloads of packing share: who is bonded to whom, boxes, and energies of single draws.
#pragma once

#include <cmath>

#include "engine/errors.hpp"
#include "kernels/overlap.hpp"
#include "kernels/packing_energies.hpp"
#include "kernels/side_chain_placement.hpp"

namespace regrain::kernels::packing {

constexpr double kFarAway = 1e6;
constexpr double kProlineBond = 1.473;
constexpr double kDisulfideBond = 2.05, kDisulfideWidth = 0.35;
constexpr double kFromCa = 2.6;  // Angstrom; no atom of a backbone and no CB is further from CA

template <class T>
REGRAIN_HD inline T larger(T a, T b) {
  return a > b ? a : b;
}

// squared distance of a point from a box (low xyz, high xyz)
template <class T>
REGRAIN_HD inline T square_from(const T* box, const T* p) {
  T square = T(0);
  for (int k = 0; k < 3; ++k) {
    const T gap = larger(larger(box[k] - p[k], p[k] - box[3 + k]), T(0));
    square += gap * gap;
  }
  return square;
}
// squared distance of two boxes
template <class T>
REGRAIN_HD inline T square_between(const T* a, const T* b) {
  T square = T(0);
  for (int k = 0; k < 3; ++k) {
    const T gap = larger(larger(a[k] - b[3 + k], b[k] - a[3 + k]), T(0));
    square += gap * gap;
  }
  return square;
}

// Can any draw of residue i touch any of residue j > i?
template <class T>
REGRAIN_HD inline bool can_touch(const DrawsView<T>& r, int i, int j) {
  const T square = T(overlap::kMostDistance * overlap::kMostDistance);
  const int n_i = r.tables.n_slots[r.type[i]] - kFirstMoving, n_j = r.tables.n_slots[r.type[j]] - kFirstMoving;
  const T* ca = r.atoms + (i * kResidueSlots + kAtCa) * 3;
  const T* other = r.atoms + (j * kResidueSlots + kAtCa) * 3;
  const T reach = r.tables.reach[r.type[i]] + r.tables.reach[r.type[j]] + T(overlap::kMostDistance);
  T d2 = T(0);
  for (int k = 0; k < 3; ++k) d2 += (ca[k] - other[k]) * (ca[k] - other[k]);
  if (d2 > reach * reach) return false;
  const T* box = r.boxes + i * kMovingSlots * 6;
  for (int a = 0; a < n_i; ++a)
    for (int b = 0; b < n_j; ++b)
      if (square_between(box + 6 * a, r.boxes + (j * kMovingSlots + b) * 6) < square) return true;
  return false;
}

// bonds between slot a of residue i and slot b of residue j
template <class T>
REGRAIN_HD inline int bonds_between(const DrawsView<T>& r, int i, int a, int j, int b) {
  if (i == j) return overlap::bonds_inside(r.tables, r.type[i], a, b);
  if (j == i + 1 && r.linked[i]) return overlap::bonds_across(r.tables, r.type[i], a, r.type[j], b);
  if (i == j + 1 && r.linked[j]) return overlap::bonds_across(r.tables, r.type[j], b, r.type[i], a);
  return kFarApart;
}

// x of slot a, draw s of residue i; y and z stand `stride` and twice as far behind it
template <class T>
REGRAIN_HD inline const T* drawn(const DrawsView<T>& r, int i, int a) {
  return r.draws + std::ptrdiff_t{3} * (i * kMovingSlots + a - kFirstMoving) * r.stride;
}
template <class T>
REGRAIN_HD inline T distance(const DrawsView<T>& r, const T* x, int s, const T* y, int t, int of_y) {
  const T dx = x[s] - y[t], dy = x[r.stride + s] - y[of_y + t], dz = x[2 * r.stride + s] - y[2 * of_y + t];
  return std::sqrt(dx * dx + dy * dy + dz * dz);
}

// What draw s of residue i gains or loses by itself.
template <class T>
REGRAIN_HD inline T self_energy(const DrawsView<T>& r, const GraphView& near, const PackingWeights& weights, int i, int s) {
  const int type = r.type[i], n_slots = r.tables.n_slots[type];
  T energy = T(0);
  for (int a = kFirstMoving; a < n_slots; ++a) {
    const T* x = drawn(r, i, a);
    for (int b = a + 1; b < n_slots; ++b)
      if (overlap::bonds_inside(r.tables, type, a, b) > overlap::kMostBonds)
        energy += overlap::energy(overlap::threshold_of(r.tables, type, a, type, b) -
                                  distance(r, x, s, drawn(r, i, b), s, r.stride));
    if (overlap::bonds_inside(r.tables, type, a, kAtN) == 1) {
      const T off = distance(r, x, s, r.atoms + i * kResidueSlots * 3, 0, 1) - T(kProlineBond);
      energy += static_cast<T>(weights.ring_closure) * off * off;
    }
  }
  for (int e = near.offset[i] - 1; e < near.offset[i + 1]; ++e) {
    const int j = e < near.offset[i] ? i : near.src[e], other = r.type[j];  // itself first
    const int n_fixed = r.moving[j] && r.tables.n_slots[other] > kFirstMoving ? kFirstMoving : r.tables.n_slots[other];
    for (int b = 0; b < n_fixed; ++b)
      for (int a = kFirstMoving; a < n_slots; ++a) {
        if (bonds_between(r, i, a, j, b) <= overlap::kMostBonds) continue;
        const T d = distance(r, drawn(r, i, a), s, r.atoms + (j * kResidueSlots + b) * 3, 0, 1);
        energy += overlap::energy(overlap::threshold_of(r.tables, type, a, other, b) - d);
      }
  }
  return energy;
}

// What draw s of residue i and draw t of residue j > i gain or lose by each other.
template <class T>
REGRAIN_HD inline T pair_energy(const DrawsView<T>& r, const PackingWeights& weights, int i, int j, int s, int t) {
  const int type = r.type[i], other = r.type[j];
  const bool sulfurs = type == r.tables.cysteine && other == type;
  T energy = T(0);
  for (int a = kFirstMoving; a < r.tables.n_slots[type]; ++a)
    for (int b = kFirstMoving; b < r.tables.n_slots[other]; ++b) {
      if (bonds_between(r, i, a, j, b) <= overlap::kMostBonds) continue;
      const T d = distance(r, drawn(r, i, a), s, drawn(r, j, b), t, r.stride);
      energy += overlap::energy(overlap::threshold_of(r.tables, type, a, other, b) - d);
      if (!sulfurs) continue;
      const T off = (d - T(kDisulfideBond)) / T(kDisulfideWidth);
      energy -= static_cast<T>(weights.disulfide) * larger(T(1) - off * off, T(0));
    }
  return energy;
}

// see take_draws
template <class T>
REGRAIN_HD inline T turn_of(const SideChainTables<T>& tables, View<const int, 1> type_R, View<const char, 1> moving_R,
                            View<const T, 3> chi_RS4, View<const int, 1> pick_R, int i, int k) {
  return moving_R(i) && k < tables.n_chi[type_R(i)] ? chi_RS4(i, pick_R(i), k) : T(0);
}
template <class T>
void check_take(View<const int, 1> type_R, View<const char, 1> moving_R, View<const T, 3> chi_RS4, View<const int, 1> pick_R,
                View<T, 2> turns_RK) {
  const int n = type_R.dim(0);
  REGRAIN_CHECK(moving_R.dim(0) == n && chi_RS4.dim(0) == n && chi_RS4.dim(2) == kChi && pick_R.dim(0) == n && turns_RK.dim(0) == n &&
                    turns_RK.dim(1) >= kChi,
                "take_draws: draws of ", chi_RS4.dim(0), " and turns of ", turns_RK.dim(0), " residues for ", n);
}

// error of draw s of residue i: see expected_errors
template <class T>
REGRAIN_HD inline T expected_error(const DrawsView<T>& r, const T* marginal, int i, int s) {
  const int type = r.type[i], n_slots = r.tables.n_slots[type], n_draws = r.count[i];
  const int* exchange = r.tables.exchange + type * kResidueSlots;
  T error = T(0);
  for (int t = 0; t < n_draws; ++t) {
    int renamed[kResidueSlots];
    for (int a = 0; a < kResidueSlots; ++a) renamed[a] = a;
    T least = T(0);
    for (int turn = 0; turn < r.tables.symmetry[type]; ++turn) {
      T square = T(0);
      for (int a = kFirstMoving; a < n_slots; ++a) {
        const T* p = drawn(r, i, renamed[a]);
        const T* x = drawn(r, i, a);
        const T dx = x[t] - p[s], dy = x[r.stride + t] - p[r.stride + s], dz = x[2 * r.stride + t] - p[2 * r.stride + s];
        square += dx * dx + dy * dy + dz * dz;
      }
      least = turn && least < square ? least : square;
      for (int a = 0; a < kResidueSlots; ++a) renamed[a] = exchange[renamed[a]];
    }
    error += marginal[t] * least;
  }
  return error;
}

}  // namespace regrain::kernels::packing
