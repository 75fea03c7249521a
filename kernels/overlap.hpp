// When two atoms overlap, and what that costs: the rule of the vdW overlaps of regrain evaluate, by class of atom.
//
// Pairs up to three bonds apart don't count. Two of N and O may share a hydrogen and come 0.5 A closer. Two SG may be
// bonded, and each is then three bonds from the other's CA and two from its CB; whether they are isn't known before they
// are placed, so pairs of two cysteines have thresholds a disulfide keeps.
#pragma once

#include "engine/host_device.hpp"
#include "kernels/side_chains.hpp"

namespace regrain::kernels::overlap {

constexpr double kMostDistance = 3.2;  // of all thresholds

REGRAIN_HD constexpr double radius(AtomClass c) {
  switch (c) {
    case AtomClass::nitrogen:
      return 1.55;
    case AtomClass::oxygen:
      return 1.52;
    case AtomClass::sulfur:
    case AtomClass::phosphorus:
      return 1.80;
    default:
      return 1.70;
  }
}
REGRAIN_HD constexpr bool polar(AtomClass c) { return c == AtomClass::nitrogen || c == AtomClass::oxygen; }

// Angstrom
REGRAIN_HD constexpr double threshold(AtomClass a, AtomClass b) {
  if (a == AtomClass::sulfur && b == AtomClass::sulfur) return 1.9;
  return radius(a) + radius(b) - (polar(a) && polar(b) ? 0.9 : 0.4);
}

template <class T>
REGRAIN_HD inline AtomClass class_of(const SideChainTables<T>& tables, int type, int slot) {
  return static_cast<AtomClass>(tables.atom_class[type * kResidueSlots + slot]);
}

constexpr int kAtSg = 5;
constexpr double kDisulfideCbSg = 2.8;  // threshold of CB and SG of two cysteines, 3.05 A apart in a disulfide

// of slot a of a residue of type s and slot b of another one of type t, more than three bonds apart
template <class T>
REGRAIN_HD inline T threshold_of(const SideChainTables<T>& tables, int s, int a, int t, int b) {
  if (s == tables.cysteine && t == tables.cysteine &&
      ((a == kAtSg && b == kAtCb) || (a == kAtCb && b == kAtSg)))
    return T(kDisulfideCbSg);
  return static_cast<T>(threshold(class_of(tables, s, a), class_of(tables, t, b)));
}

template <class T>
REGRAIN_HD inline int bonds_inside(const SideChainTables<T>& tables, int type, int a, int b) {
  return tables.bonds[(type * kResidueSlots + a) * kResidueSlots + b];
}
// from slot a of a residue to slot b of the next one it is linked to
template <class T>
REGRAIN_HD inline int bonds_across(const SideChainTables<T>& tables, int type, int a, int next_type, int b) {
  return bonds_inside(tables, type, a, kAtC) + 1 + bonds_inside(tables, next_type, kAtN, b);
}
constexpr int kMostBonds = 3;

// of an overlap of `depth` Angstrom
template <class T>
REGRAIN_HD inline T energy(T depth) {
  const T d = depth > T(0) ? depth : T(0);
  return T(4) * d * d + (d > T(0.1) ? T(0.5) : T(0));
}

}  // namespace regrain::kernels::overlap
