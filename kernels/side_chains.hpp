// Side chains from a backbone and chi angles, the chi angles of given atoms, and derivatives with respect to chi.
//
// Slots of a residue are 0 N, 1 CA, 2 C, 3 O, 4 CB, then its side chain. Bond lengths, bond angles and the offsets of
// branches are constants of the residue type, so a chi turns what hangs on its bond as one rigid body: its derivative
// is the bond's axis times the moment of the forces. An atom that is not there has no position: what is beyond n_slots is
// written as 0 and never read.
#pragma once

#include "engine/backend.hpp"
#include "engine/view.hpp"

namespace regrain::kernels {

constexpr int kResidueSlots = 14, kSideChainSlots = 10, kBackboneSlots = 4, kChi = 4;
enum ResidueSlot { kAtN = 0, kAtCa = 1, kAtC = 2, kAtO = 3, kAtCb = 4 };
enum class AtomClass { carbon, nitrogen, oxygen, sulfur, phosphorus };
constexpr int kAtomClasses = 5;
constexpr int kFarApart = 100;  // bonds between slots of which one is not in use

// Constants by residue type; the arrays must outlive the use, on a device they are device memory.
template <class T>
struct SideChainTables {
  int n_types;
  int cysteine;           // the type whose slot 5 may be bonded to another one's, -1: none
  const int* n_slots;     // (types) 4 to 14
  const int* n_chi;       // (types) 0 to 4
  const int* parents;     // (types, 10, 3) of slot 4 + s: bonded atom, angle atom, torsion atom
  const int* chi;         // (types, 10) which chi turns slot 4 + s about its bond, -1: none
  const T* geometry;      // (types, 10, 4): -length cos(angle), length sin(angle), cos(offset), sin(offset)
  const int* chi_slots;   // (types, 4, 4) the four atoms of a chi
  const int* moved_by;    // (types, 14) bit k: chi k moves the atom
  const int* symmetry;    // (types) the last chi has a period of 2 pi / symmetry
  const int* exchange;    // (types, 14) the slot an atom comes to when the last chi is turned by one period
  const int* atom_class;  // (types, 14) an AtomClass
  const int* bonds;       // (types, 14, 14) bonds between two atoms, kFarApart for slots that are not in use
  const T* reach;         // (types) no atom is further away from CA
  const T* lever;         // (types, 4) no atom that a chi turns is further from its axis; 0 without that chi
};

// atoms_R14_3 of chi_R4 on backbone_R43 (N, CA, C, O); radians. Finite for any finite input: where three atoms lie on a
// line a direction is made up.
template <class T>
void place_residues(Cpu, SideChainTables<T> tables, View<const int, 1> type_R, View<const T, 3> backbone_R43,
                    View<const T, 2> chi_R4, View<T, 3> atoms_R14_3);
template <class T>
void place_residues(Cuda, SideChainTables<T> tables, View<const int, 1> type_R, View<const T, 3> backbone_R43,
                    View<const T, 2> chi_R4, View<T, 3> atoms_R14_3);
// dchi += derivative
template <class T>
void place_residues_backward(Cpu, SideChainTables<T> tables, View<const int, 1> type_R, View<const T, 3> atoms_R14_3,
                             View<const T, 3> datoms_R14_3, View<T, 2> dchi_R4);
template <class T>
void place_residues_backward(Cuda, SideChainTables<T> tables, View<const int, 1> type_R, View<const T, 3> atoms_R14_3,
                             View<const T, 3> datoms_R14_3, View<T, 2> dchi_R4);

// The same for S sets of chi a residue, slots 4 to 13 alone: side_RS10_3.
template <class T>
void place_side_chains(Cpu, SideChainTables<T> tables, View<const int, 1> type_R, View<const T, 3> backbone_R43,
                       View<const T, 3> chi_RS4, View<T, 4> side_RS10_3);
template <class T>
void place_side_chains(Cuda, SideChainTables<T> tables, View<const int, 1> type_R, View<const T, 3> backbone_R43,
                       View<const T, 3> chi_RS4, View<T, 4> side_RS10_3);

// The inverse, in (-pi, pi]. valid is 1 where the residue has that chi and its four atoms are finite and span it; the
// other angles are 0. An atom that is missing is given as NaN.
template <class T>
void chi_angles(Cpu, SideChainTables<T> tables, View<const int, 1> type_R, View<const T, 3> atoms_R14_3,
                View<T, 2> chi_R4, View<char, 2> valid_R4);
template <class T>
void chi_angles(Cuda, SideChainTables<T> tables, View<const int, 1> type_R, View<const T, 3> atoms_R14_3,
                View<T, 2> chi_R4, View<char, 2> valid_R4);

}  // namespace regrain::kernels
