// What topologies leave to be known: elements as numbers, bonds, and which atoms a residue has.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "io/frame.hpp"
#include "io/topology.hpp"

namespace regrain::driver {

// An element that isn't known counts as carbon, as every bead does.
std::vector<int> atomic_numbers(const io::Topology& topology);

// Bonded pairs i < j: inside residues by the templates of the standard residues, along the chain C-N.
// Where every residue is one particle, trace or beads, each is bonded to the next of its chain.
std::vector<std::pair<int, int>> bonds_of(const io::Topology& topology);

// Pairs i < j of cysteine sulfurs nearer than 3 Angstrom in this frame: a disulfide is 2.05 long, and two
// sulfurs that only touch are 3.5 apart.
std::vector<std::pair<int, int>> disulfides_of(const io::Topology& topology, const io::Frame& frame);

// The heavy atoms that a residue should have and lacks, by name; empty for a residue without a template.
std::vector<std::string> missing_atoms(const io::Topology& topology, int residue);

// All heavy atoms of the residues of a trace, in the order of the PDB; the first and the last residue
// keep their CA alone. Throws Error(input) naming `file` on a residue without a template.
io::Topology atoms_of_trace(const io::Topology& trace, const std::string& file);

// Indices of those atoms of `all` that `wanted` lists, residue by residue and name by name. Throws
// Error(input) naming `file` and what is missing.
std::vector<int> match_atoms(const io::Topology& all, const io::Topology& wanted, const std::string& file);

// The coordinates of some atoms.
io::Frame select_atoms(const io::Frame& frame, const std::vector<int>& atoms);

// JSON of a topology and back, for checkpoints. Throws Error(checkpoint) naming `place`.
std::string topology_to_json(const io::Topology& topology);
io::Topology topology_from_json(const std::string& text, const std::string& place);

// "ALA GLY ..." of all residues, as one-letter codes; X where there is none.
std::string sequence_of(const io::Topology& topology);
// The standard residue of a one-letter code, upper case; empty where there is none.
std::string residue_of_letter(char letter);

// "A/CYS 3, A/CYS 40 and 2 more": at most so many by name.
std::string labels_of(const io::Topology& topology, const std::vector<int>& residues, std::size_t most);

}  // namespace regrain::driver
