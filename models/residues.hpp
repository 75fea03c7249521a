// The 22 residues of stage 2: which heavy atoms they have, how these are bonded, and in which order and
// from which three earlier atoms each is placed (Yang & Gomez-Bombarelli 2023).
//
// Slots are 0 O, 1 N, 2 C, 3 CA, then the side chain in the order of placement. The atom a placement
// starts from isn't always a bonded one: ILE CG1 is placed from CG2, ARG NH2 from NH1.
#pragma once

#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "kernels/internal_coordinates.hpp"

namespace regrain::models {

using kernels::kSlots;

constexpr int kResidueTypes = 22;

struct ResidueTemplate {
  std::string_view name;
  int n_slots = 0;
  std::array<std::string_view, kSlots> atom{};                    // names by slot
  std::array<std::array<int, 3>, kernels::kSideSlots> parents{};  // of slot 4 + s
  std::array<std::pair<int, int>, 16> bond{};                     // slots, inside the residue
  int n_bonds = 0;
};

// By residue type, the number the networks embed: 0 ASN, 1 HIS, 2 ALA, ... 21 SEP.
const std::array<ResidueTemplate, kResidueTypes>& residue_templates();

// -1 if the name is unknown. Phosphate oxygens may be called O1P or OE1.
int residue_type(std::string_view name);
int slot_of_atom(int type, std::string_view atom);
int atomic_number_of_slot(int type, int slot);

// (types, 10, 3) and (types), as kernels::PlacementView wants them
const std::vector<int>& placement_parents();
const std::vector<int>& placement_slots();

}  // namespace regrain::models
