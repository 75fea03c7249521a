// Hydrogens of the 20 standard residues, SEP and TPO: their names in the PDB, what they are bonded to, and which heavy
// atoms say where they stand.
//
// A table of groups: all hydrogens of one heavy atom are a row. Numbers 2 and 3 of a methylene are those of the IUPAC
// rules for L amino acids: with p the neighbour on the side of the backbone and q the other one, 3 lies on the side of
// (p - x) x (q - x) and 2 opposite to it. Protonation is that of pH 7: chain ends, ASP, GLU, LYS and ARG are charged,
// phosphates bear no proton, HIS is as asked for.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "models/allatom/side_chain_templates.hpp"

namespace regrain::models::allatom {

enum class HydrogenKind {
  methine,    // opposite to three heavy neighbours
  methylene,  // one of two, in the plane that halves the angle of two heavy neighbours
  planar,     // in the plane of two heavy neighbours, opposite to both
  peptide,    // the same on N, with C of the residue before
  threefold,  // one of three on an end: methyl and ammonium, staggered
  twofold,    // one of two on a flat end: amide and guanidinium; number 0 trans to the second reference, number 1 cis
  hydroxyl,   // on O of a tetrahedral carbon, which it turns about
  phenol,     // on O of a ring, in its plane
  thiol,
};

// Atoms of the residue before, beside the slots of the residue itself.
constexpr int kPreviousC = kResidueSlots, kPreviousCa = kResidueSlots + 1;
constexpr int kHydrogenReferences = 4;

struct Hydrogen {
  std::string_view name;  // in the PDB
  HydrogenKind kind = HydrogenKind::methine;
  int number = 0;     // among those of its parent, from 0
  double length = 0;  // to the parent, Angstrom
  int parent = 0;     // slot
  std::array<int, kHydrogenReferences> reference{-1, -1, -1, -1};  // slots or the above; -1: not in use
};

enum class Histidine { epsilon, delta, charged };  // HE2 alone, HD1 alone, both

// What is known of a residue beyond its type.
struct ResidueForm {
  int type = 0;        // of side_chain_templates.hpp
  bool first = false;  // of its chain: NH3+, or NH2+ of PRO
  bool disulfide = false;
  Histidine histidine = Histidine::epsilon;
};

// Those of one residue in the order of the PDB: of N, of CA, along the side chain.
std::vector<Hydrogen> hydrogens_of(const ResidueForm& form);

}  // namespace regrain::models::allatom
