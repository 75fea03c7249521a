// What stays the same over the frames of a protein: residues, atoms in their slots, bonds.
//
// The first and the last residue of the file have no CA neighbour on one side: they are kept in the CA
// trace, which places the others, and have no atoms here. Inner ends of chains are placed, but from the
// wrong neighbours, so no loss counts them.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace regrain::models {

struct Protein {
  // every residue of the file, in order
  std::vector<int> type;  // see residues.hpp
  std::vector<bool> at_chain_end;

  // atoms of the residues 1 .. n - 2, grouped by residue
  std::vector<int> source_atom;  // index in the caller's list
  std::vector<int> residue;      // 0 is the second residue of the file
  std::vector<int> slot;
  std::vector<int> atomic_number;
  std::vector<std::pair<int, int>> near_pairs;      // i < j, one or two bonds apart
  std::vector<std::pair<int, int>> backbone_pairs;  // (N of a residue, O of the one before it)

  int n_trace() const { return static_cast<int>(type.size()); }
  int n_residues() const { return n_trace() - 2; }
  int n_atoms() const { return static_cast<int>(slot.size()); }
};

struct ResidueName {
  std::string name;  // "ALA"
  int chain = 0;
  int number = 0;  // as in the file
};
struct AtomName {
  std::string name;  // "CA"
  int residue = 0;   // ascending
};

// Hydrogens, OXT and other atoms no residue type knows are left out. `disulfides` are pairs of indices into
// `atoms`. Throws Error(input) on an unknown residue, a residue without CA or fewer than three residues.
Protein make_protein(const std::vector<ResidueName>& residues, const std::vector<AtomName>& atoms,
                     const std::vector<std::pair<int, int>>& disulfides = {});

}  // namespace regrain::models
