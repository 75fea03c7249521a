// Overlaps of a residue's atoms with all near ones, and the forces from them: for relaxation.cpp.
//
// Coordinates are kept residue by residue, (R + 1, 3, 16): x of its slots, then y, then z; slots that are not in use and
// the last row are far away. Atoms of the residue itself and of those it is linked to stand in whole rows, with a threshold
// for every pair; all other near atoms are in a list by class, padded to whole vectors with the last row.
#pragma once

#include "engine/arena.hpp"
#include "kernels/relaxation_terms.hpp"
#include "kernels/simd.hpp"

namespace regrain::kernels::relaxation {

constexpr int kRow = 16;  // places for a residue's slots
constexpr double kFarAway = 1e6;
constexpr double kNoOverlap = -100;  // threshold of pairs that don't count

// Thresholds of slots of a residue with rows of slots: of its own, and of linked residues by the number of bonds from the
// slot to the linking atom, 3 for all that are more.
template <class T>
struct ThresholdRows {
  T* own;       // (types, 14, 16)
  T* next;      // (types of the next residue, 4, classes, 16)
  T* previous;  // (types of the previous residue, 4, classes, 16)

  ThresholdRows(const SideChainTables<T>& tables, Arena& arena) {
    const std::size_t types = static_cast<std::size_t>(tables.n_types);
    own = arena.allocate_array<T>(types * kResidueSlots * kRow);
    next = arena.allocate_array<T>(types * 4 * kAtomClasses * kRow);
    previous = arena.allocate_array<T>(types * 4 * kAtomClasses * kRow);
    for (int type = 0; type < tables.n_types; ++type)
      for (int b = 0; b < kRow; ++b) {
        const bool used = b < tables.n_slots[type];
        for (int a = 0; a < kResidueSlots; ++a)
          own[(type * kResidueSlots + a) * kRow + b] =
              used && a < tables.n_slots[type] && overlap::bonds_inside(tables, type, a, b) > overlap::kMostBonds
                  ? overlap::threshold_of(tables, type, a, type, b)
                  : T(kNoOverlap);
        for (int away = 0; away < 4; ++away)
          for (int c = 0; c < kAtomClasses; ++c) {
            const int at = ((type * 4 + away) * kAtomClasses + c) * kRow + b;
            next[at] = previous[at] = T(kNoOverlap);
            if (!used) continue;
            const T t = static_cast<T>(
                overlap::threshold(static_cast<AtomClass>(c), overlap::class_of(tables, type, b)));
            if (away + 1 + overlap::bonds_inside(tables, type, kAtN, b) > overlap::kMostBonds) next[at] = t;
            if (away + 1 + overlap::bonds_inside(tables, type, kAtC, b) > overlap::kMostBonds) previous[at] = t;
          }
      }
  }
  static int row(int type, int bonds, int atom_class) {
    return ((type * 4 + (bonds < 3 ? bonds : 3)) * kAtomClasses + atom_class) * kRow;
  }
};

// Classes of the lists: those of atoms, and CB and SG of cysteines, whose pairs have a threshold of their own.
constexpr int kCysteineCb = kAtomClasses, kCysteineSg = kAtomClasses + 1, kListClasses = kAtomClasses + 2;

template <class T>
inline int list_class(const SideChainTables<T>& tables, int type, int slot) {
  if (type == tables.cysteine && slot == kAtCb) return kCysteineCb;
  if (type == tables.cysteine && slot == overlap::kAtSg) return kCysteineSg;
  return static_cast<int>(overlap::class_of(tables, type, slot));
}
constexpr double list_threshold(int a, int b) {
  if ((a == kCysteineCb && b == kCysteineSg) || (a == kCysteineSg && b == kCysteineCb)) return overlap::kDisulfideCbSg;
  const auto plain = [](int c) {
    return c == kCysteineCb ? AtomClass::carbon : c == kCysteineSg ? AtomClass::sulfur : static_cast<AtomClass>(c);
  };
  return overlap::threshold(plain(a), plain(b));
}

// Near atoms of all residues: those of residue i and class c are places [offset[8 i + c], offset[8 i + c + 1]) of `atom`,
// each the place of an x; whole vectors. Rows have room left behind them.
constexpr int kRowOffsets = kListClasses + 1;
struct NearAtoms {
  const int* offset;
  const int* atom;
};

template <class T>
struct Lanes {
  Vec<T> x{}, y{}, z{};
  Vec<T> pairs{}, square{};  // pairs that overlap; squares of overlaps with the buffer
};

template <class Mask>
inline bool any(const Mask& mask) {
  // in pieces of an AVX register
  typedef long long Words __attribute__((vector_size(32), aligned(8), may_alias));
  const Words* piece = reinterpret_cast<const Words*>(&mask);
  Words w = piece[0];
  for (std::size_t i = 1; i < sizeof(Mask) / sizeof(Words); ++i) w |= piece[i];
#ifdef __AVX__
  return !__builtin_ia32_ptestz256(w, w);
#else
  return ((w[0] | w[1]) | (w[2] | w[3])) != 0;
#endif
}

template <class T>
inline Vec<T> sqrt_of(const Vec<T>& v) {
  Vec<T> root;
  for (int l = 0; l < kLanes<T>; ++l) root[l] = std::sqrt(v[l]);
  return root;
}

// sums += what point p meets in the points x, y, z with thresholds t; forces are derivatives over the weight
template <class T>
inline void meet(const T* p, const Vec<T>& x, const Vec<T>& y, const Vec<T>& z, const Vec<T>& t, T buffer,
                 Lanes<T>& sums) {
  const Vec<T> dx = p[0] - x, dy = p[1] - y, dz = p[2] - z;
  const Vec<T> d2 = dx * dx + dy * dy + dz * dz;
  const Vec<T> zero{};
  Vec<T> reach = t + buffer;
  reach = reach > zero ? reach : zero;
  const auto hit = d2 < reach * reach;
  if (!any(hit)) return;
  const Vec<T> least = zero + T(kLeastSquare);
  const Vec<T> d = sqrt_of<T>(d2 > least ? d2 : least);
  const Vec<T> depth = hit ? reach - d : zero;
  const Vec<T> pull = T(-2) * depth / d;
  sums.x += pull * dx;
  sums.y += pull * dy;
  sums.z += pull * dz;
  sums.square += depth * depth;
  sums.pairs += d < t ? zero + T(1) : zero;
}

template <class T>
inline T sum_of(const Vec<T>& v) {
  T sum = T(0);
  for (int l = 0; l < kLanes<T>; ++l) sum += v[l];
  return sum;
}

}  // namespace regrain::kernels::relaxation
