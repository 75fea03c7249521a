// Between topologies, which name their atoms, and the all-atom model, which has fourteen slots a residue.
#pragma once

#include <string>
#include <vector>

#include "driver/stage.hpp"
#include "io/frame.hpp"
#include "io/topology.hpp"
#include "models/allatom/trace.hpp"

namespace regrain::driver {

// Residues without a template: an error, or alanines to the networks and to packing, of which the CA alone is written.
enum class UnknownResidues { refused, as_alanine };

// Types and chains of a trace. Throws Error(input) naming `file` where it isn't one, or on a residue without a template,
// unless it is to be an alanine and its particle is a CA.
models::allatom::Sequence sequence_of_trace(const io::Topology& trace, const std::string& file, UnknownResidues unknown);

// The residues of a trace that have no template.
std::vector<int> unknown_residues(const io::Topology& trace);

// All heavy atoms of the residues of a trace in the order of the PDB, OXT with the last residue of a chain; of residues
// without a template the CA, under the name that the trace has for the residue. Throws Error(input) as above.
io::Topology all_atoms_of_trace(const io::Topology& trace, const std::string& file);

// Which atoms of a structure tell something of the residues of a trace, whose alpha carbons `traced` names.
struct SideBeads {
  std::vector<char> bead_of_N;               // a models::allatom::SideBead
  std::vector<std::vector<int>> particle_N;  // whose mean the bead is
  int n_side_chains = 0, n_residues = 0;
};
// Beads by their names: SC, or SC1 to SC5 of one residue together, of a side chain; CM of a residue.
SideBeads side_beads(const io::Topology& structure, const std::vector<int>& traced);

// Atoms of a frame that are to stay.
void know_atoms(const io::Topology& structure, const std::vector<int>& traced, const io::Frame& frame, KnownAtoms& known);
// Places of a frame's beads.
void know_beads(const SideBeads& beads, const io::Frame& frame, KnownAtoms& known);

// (residues, 14, 3): the atoms of a frame by slot, NaN where the frame has none.
std::vector<float> atoms_by_slot(const io::Topology& topology, const io::Frame& frame);

// The way back, for all_atoms_of_trace: xyz (atoms, 3). OXT stands opposite to O, or where it is known, (N, 3), to be.
void write_atoms(const io::Topology& all_atoms, const float* atoms_N14_3, const float* known_oxt_N3, std::vector<float>& xyz_A3);

// Alpha carbons stay where the trace has them, to the bit.
void keep_alpha_carbons(const io::Topology& all_atoms, const io::Frame& trace, io::Frame& frame);

}  // namespace regrain::driver
