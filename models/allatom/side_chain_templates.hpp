// The 20 standard residues, SEP and TPO as stage 2 builds them: atoms by slot, bonds, and how each side-chain atom is
// placed from backbone and chi angles.
//
// Slots are 0 N, 1 CA, 2 C, 3 O, 4 CB, then the side chain in the order of the PDB. Types are in alphabetical order of
// their three-letter names, 0 ALA ... 19 VAL, then 20 SEP, 21 TPO. Every atom is placed from the three atoms of a path
// of bonds, branches from the same chi plus a constant, so errors don't run along a branch. Lengths, angles and
// constants are those of the type: rebuilt from their own backbone and chi, crystal side chains bring whole
// chains within 0.16 A of the truth.
#pragma once

#include <array>
#include <string_view>
#include <utility>

#include "kernels/side_chains.hpp"

namespace regrain::models::allatom {

using kernels::kChi;
using kernels::kResidueSlots;
using kernels::kSideChainSlots;
using kernels::SideChainTables;

constexpr int kTypes = 22, kStandardTypes = 20;

// Atom `slot` stands at `length` from `bonded`, at `angle` to it and `angle_atom`, and turned about their bond by
// `offset` + chi[chi] (chi -1: by `offset` alone) against `torsion_atom`. Angstrom, radians.
struct Placement {
  int bonded = 0, angle_atom = 0, torsion_atom = 0;
  double length = 0, angle = 0;
  int chi = -1;
  double offset = 0;
};

struct ResidueTemplate {
  std::string_view name;
  int n_slots = 0, n_chi = 0;
  std::array<std::string_view, kResidueSlots> atom{};  // names by slot
  std::array<Placement, kSideChainSlots> placement{};  // of slot 4 + s
  std::array<std::array<int, 4>, kChi> chi_slots{};    // the four atoms of a chi
  // Turning the last chi by 2 pi / symmetry gives the same residue, its atoms renamed: slot s becomes exchange[s].
  int symmetry = 1;
  std::array<int, kResidueSlots> exchange{};
  std::array<std::pair<int, int>, 16> bond{};  // slots, inside the residue
  int n_bonds = 0;
};

const std::array<ResidueTemplate, kTypes>& residue_templates();

// -1 if the name is unknown
int type_of_residue(std::string_view name);
// -1 if the type has no such atom. Phosphate oxygens may be called OE1, OP1 or O1P, ILE CD1 may be called CD.
int slot_of_atom(int type, std::string_view atom);
kernels::AtomClass class_of_slot(int type, int slot);

// What the kernels take of all this. Views of constants that live as long as the program.
template <class T>
SideChainTables<T> side_chain_tables();

}  // namespace regrain::models::allatom
