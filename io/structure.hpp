// Structures from PDB and mmCIF files, and back.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "io/frame.hpp"
#include "io/topology.hpp"

namespace regrain::io {

struct ReadOptions {
  // Any residue and atom name, every atom kept: for coarse bead files. Otherwise protein rules.
  bool beads = false;
  // Leave unknown residues of ATOM records out (and count them) instead of failing.
  bool drop_unknown = false;
  // Keep the CA of unknown residues of a chain, under their own names, instead of failing: for traces. drop_unknown goes
  // before it.
  bool unknown_as_ca = false;
  // Read this many models at most; 0: all. One is enough for a topology.
  int max_models = 0;
  // With protein rules: the atoms of this chain alone, whatever is in others; empty: all chains.
  std::string chain{};
};

// What protein rules changed or left out, in the first model. Nothing here is an error.
struct ReadReport {
  int models = 0;
  int hydrogens_dropped = 0;
  int altlocs_dropped = 0;   // atoms of alternative locations not chosen
  int waters_dropped = 0;    // atoms
  int hetatms_dropped = 0;   // atoms of HETATM records and of ions that are neither water nor known residues
  int caps_dropped = 0;      // atoms of ACE, NME and the like
  int unknown_dropped = 0;   // atoms, with drop_unknown or unknown_as_ca only
  int mse_converted = 0;     // residues
  int residues_renamed = 0;  // HSD -> HIS and the like, residues
  int atoms_renamed = 0;     // ILE CD -> CD1, OT1 -> O and the like
  std::map<std::string, int> residues_dropped;  // residue name -> atoms dropped

  // Adds the counts of another file.
  void add(const ReadReport& other);
  // One line for people; empty if nothing was changed.
  std::string summary() const;
};

struct Structure {
  Topology topology;
  std::vector<Frame> frames;  // one a model, at least one
  ReadReport report;
  // Atom i of the topology is atom source_A[i] of the n_source_atoms of the file, counted from 0: for
  // trajectories that belong to all atoms of the file.
  std::vector<int> source_A;
  int n_source_atoms = 0;
};

// PDB or mmCIF, plain or gzipped. Throws Error(input) naming file and line.
Structure read_structure(const std::string& path, const ReadOptions& options = {});

struct WriteOptions {
  bool force = false;          // replace an existing file
  bool connect_beads = false;  // PDB: CONECT records between consecutive residues of one atom each
  double timestep = 1;         // DCD: picoseconds between frames, since the format stores no times
  std::vector<std::string> remarks{};  // lines for people: REMARK records in PDB, comments in mmCIF; DCD and XTC have no place
};

// By the extension (.pdb .ent .cif .mmcif); several frames become several models.
void write_structure(const std::string& path, const Topology& topology, const std::vector<Frame>& frames,
                     const WriteOptions& options = {});

}  // namespace regrain::io
