// Residues from internal coordinates and back: distance, angle and torsion of each atom to three atoms
// placed before it.
//
// Slots of a residue are 0 O, 1 N, 2 C, 3 CA, then the side chain; CA is given. Rows of internal
// coordinates are N, C, O, then the side chain. N and C hang on the CA trace alone, everything else on
// its own residue, so residues are independent: one loop iteration each, forward and backward. Angles
// are in radians.
#pragma once

#include "engine/backend.hpp"
#include "engine/view.hpp"

namespace regrain::kernels {

constexpr int kSlots = 14;
constexpr int kSideSlots = 10;
constexpr int kBackboneRows = 3;
constexpr int kInternalRows = kBackboneRows + kSideSlots;
enum BackboneSlot { kSlotO = 0, kSlotN = 1, kSlotC = 2, kSlotCa = 3 };
// row of internal coordinates that places a slot; CA has none
constexpr int internal_row(int slot) {
  return slot == kSlotN ? 0 : slot == kSlotC ? 1 : slot == kSlotO ? 2 : slot - 1;
}

// Who is placed from whom; the arrays must outlive the use.
struct PlacementView {
  int n_residues;
  const int* type;     // (R) row of the tables of types
  const int* trace;    // (R) the residue's CA in the trace; its neighbours stand right before and after
  const int* atom;     // (R, 14) the atom in a slot, -1 if there is none
  const int* n_slots;  // (types) slots in use
  const int* parents;  // (types, 10, 3) of slot 4 + s: bonded atom, angle atom, torsion atom
};

// The three columns of internal coordinates of the same rows, each (R, rows); those of a gradient may be null.
template <class T>
struct InternalColumnsView {
  View<T, 2> length, angle, torsion;
};

// ic_RT3 from the columns of the backbone (3 rows) and of the side chain (10 rows)
template <class T>
void join_internal(Cpu, InternalColumnsView<const T> backbone, InternalColumnsView<const T> side, View<T, 3> ic_RT3);
template <class T>
void join_internal(Cuda, InternalColumnsView<const T> backbone, InternalColumnsView<const T> side, View<T, 3> ic_RT3);
// columns += derivative
template <class T>
void join_internal_backward(Cpu, View<const T, 3> dic_RT3, InternalColumnsView<T> dbackbone,
                            InternalColumnsView<T> dside);
template <class T>
void join_internal_backward(Cuda, View<const T, 3> dic_RT3, InternalColumnsView<T> dbackbone,
                            InternalColumnsView<T> dside);

// xyz_A3(atom) for every slot in use; X = p1 + |d| (cos(a) u - sin(a) cos(t) m + sin(a) sin(t) n) with
// u = unit(p2 - p1), n = unit((p2 - p1) x (p2 - p3)), m = n x u. That every residue has a CA on both sides is checked
// on the Cpu alone.
template <class T>
void place_atoms(Cpu, PlacementView residues, View<const T, 2> trace_N3, View<const T, 3> ic_RT3,
                 View<T, 2> xyz_A3);
template <class T>
void place_atoms(Cuda, PlacementView residues, View<const T, 2> trace_N3, View<const T, 3> ic_RT3,
                 View<T, 2> xyz_A3);
// dic_RT3 += derivative; the trace is data
template <class T>
void place_atoms_backward(Cpu, PlacementView residues, View<const T, 2> trace_N3, View<const T, 3> ic_RT3,
                          View<const T, 2> dxyz_A3, View<T, 3> dic_RT3);
template <class T>
void place_atoms_backward(Cuda, PlacementView residues, View<const T, 2> trace_N3, View<const T, 3> ic_RT3,
                          View<const T, 2> dxyz_A3, View<T, 3> dic_RT3);

// The inverse, torsions in [0, 2 pi); rows of slots without an atom are 0.
template <class T>
void internal_coordinates(Cpu, PlacementView residues, View<const T, 2> trace_N3, View<const T, 2> xyz_A3,
                          View<T, 3> ic_RT3);
template <class T>
void internal_coordinates(Cuda, PlacementView residues, View<const T, 2> trace_N3, View<const T, 2> xyz_A3,
                          View<T, 3> ic_RT3);

}  // namespace regrain::kernels
