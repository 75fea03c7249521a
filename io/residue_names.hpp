// The names regrain works with, and what other programs call the same things.
//
// Known residues are the twenty amino acids, SEP and TPO, with the atom names of the PDB. CHARMM,
// AMBER and GROMACS have their own names for protonation states and terminal oxygens.
#pragma once

#include <string>
#include <string_view>

namespace regrain::io {

enum class ResidueKind {
  amino_acid,  // known, under its own name or an alias
  water,
  ion,  // as MD packages name them in ATOM records
  cap,  // ACE, NME, NH2: ends of a chain that are no residue
  unknown,
};

ResidueKind residue_kind(std::string_view name);

// "HSD" -> "HIS"; the name itself where there is no alias.
std::string_view canonical_residue(std::string_view name);

// Atom name after canonical naming of its residue: CD -> CD1 in ILE, SE -> SD in MSE, OT1 -> O, ...
// residue is the name as in the file.
std::string_view canonical_atom(std::string_view residue, std::string_view atom);

// True for names of four letters that belong to one residue (TIP3, LYSH), as opposed to three letters
// followed by the first of two letters of a chain.
bool is_four_letter_residue(std::string_view name);

// Element of an atom of an amino acid, from its name: no such heavy atom starts with H or D.
std::string element_of_protein_atom(std::string_view name);

}  // namespace regrain::io
