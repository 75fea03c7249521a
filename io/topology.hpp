// What a structure file says about its particles, without coordinates.
//
// Plain structs with the field's words. Atoms of a residue and residues of a chain are contiguous.
#pragma once

#include <string>
#include <vector>

namespace regrain::io {

struct Atom {
  std::string name;     // "CA", as in the PDB
  std::string element;  // "C", upper case; "X" where the file doesn't say and the name doesn't tell
  int residue = 0;      // index into Topology::residues
};

struct Residue {
  std::string name;      // "ALA"
  int number = 0;        // as in the file
  char insertion = ' ';  // insertion code, blank if none
  int chain = 0;         // index into Topology::chains
  int first_atom = 0;
  int n_atoms = 0;
  std::string alias{};  // what the file calls it, where that is another program's name: "HSD" of a HIS; empty otherwise
};

struct Chain {
  std::string id;
  int first_residue = 0;
  int n_residues = 0;
};

struct Topology {
  std::vector<Atom> atoms;
  std::vector<Residue> residues;
  std::vector<Chain> chains;

  int n_atoms() const { return static_cast<int>(atoms.size()); }
  int n_residues() const { return static_cast<int>(residues.size()); }

  // Index of the atom of that name in residue r, or -1.
  int find_atom(int r, const std::string& name) const;
  // "A/LYS 47" or "A/LYS 47B": how messages name a residue.
  std::string residue_label(int r) const;
  // Throws Error(internal) if the contiguity promises above are broken.
  void check() const;
};

// The topology of the atoms kept (ascending indices); residues and chains left without atoms go.
Topology subset(const Topology& topology, const std::vector<int>& atom_indices);

// Indices of the CA atoms, one per residue. Throws Error(input) naming the residue that has none.
std::vector<int> alpha_carbons(const Topology& topology, const std::string& file);

}  // namespace regrain::io
