// Which bead each atom belongs to, and bead positions as the mean of a bead's atoms.
#pragma once

#include <string>
#include <vector>

#include "io/frame.hpp"
#include "io/topology.hpp"

namespace regrain::io {

struct BeadMap {
  std::vector<int> bead_of_atom;  // -1: the atom belongs to no bead
  int n_beads = 0;
  bool centroid = true;  // beads sit at the mean of their atoms; false: somewhere else, known to the maker

  int n_atoms() const { return static_cast<int>(bead_of_atom.size()); }
  // Throws Error(input) naming place unless every bead has an atom and every index is a bead's or -1.
  void check(const std::string& place) const;
};

// Equal pieces along the sequence: bead(i) = floor(i n_beads / n_atoms).
BeadMap contiguous_map(int n_atoms, int n_beads);
// One bead a residue, at its alpha carbon; all other atoms belong to none.
BeadMap ca_map(const Topology& topology, const std::string& file);

// {"n_atoms": .., "n_beads": .., "centroid": true, "bead_of_atom": [..]}, or that list alone.
// n_atoms: what the map must have; -1: any. Throws Error(input).
BeadMap read_bead_map(const std::string& path, int n_atoms = -1);
BeadMap parse_bead_map(const std::string& text, const std::string& path, int n_atoms = -1);
void write_bead_map(const std::string& path, const BeadMap& map, bool force = false);

// Mean of each bead's atoms; box, time and step stay.
Frame apply(const BeadMap& map, const Frame& frame);

// One residue BEA with one atom BB a bead, so that a bead trajectory can be written as a structure.
// A bead takes the chain of its first atom; order follows the bead index.
Topology bead_topology(const BeadMap& map, const Topology& atoms);

}  // namespace regrain::io
