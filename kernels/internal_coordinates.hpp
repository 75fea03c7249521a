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
constexpr int kInternalRows = 13;
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

// xyz_A3(atom) for every slot in use; X = p1 + |d| (cos(a) u - sin(a) cos(t) m + sin(a) sin(t) n) with
// u = unit(p2 - p1), n = unit((p2 - p1) x (p2 - p3)), m = n x u
template <class T>
void place_atoms(Cpu, PlacementView residues, View<const T, 2> trace_N3, View<const T, 3> ic_RT3,
                 View<T, 2> xyz_A3);
// dic_RT3 += derivative; the trace is data
template <class T>
void place_atoms_backward(Cpu, PlacementView residues, View<const T, 2> trace_N3, View<const T, 3> ic_RT3,
                          View<const T, 2> dxyz_A3, View<T, 3> dic_RT3);

// The inverse, torsions in [0, 2 pi); rows of slots without an atom are 0.
template <class T>
void internal_coordinates(Cpu, PlacementView residues, View<const T, 2> trace_N3, View<const T, 2> xyz_A3,
                          View<T, 3> ic_RT3);

}  // namespace regrain::kernels
