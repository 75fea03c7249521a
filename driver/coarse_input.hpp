// Coarse frames of a file, and what they are frames of.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "driver/bead_trace.hpp"
#include "driver/stage.hpp"
#include "io/trajectory.hpp"

namespace regrain::driver {

struct CoarseFiles {
  std::string beads, top;     // pdb or cif, or dcd or xtc and what names its particles
  std::string sequence;       // of a trace whose file names no residues; driver/given_sequence.hpp
  bool drop_unknown = false;
};

struct CoarseInput {
  io::Topology topology;
  io::TrajectoryReader reader;
  std::vector<int> atoms;  // the topology's, of a file's frame
  io::Topology file;       // all of it; empty for beads whose names the stage knows, and beside a sequence
  std::optional<BeadTrace> bead_trace;  // the atoms are no alpha carbons and have to be brought there
};

// Frames for the first stage of a chain: its own beads, or a trace, or any structure that has one; an allatom stage takes traces of
// CB and of CM too. Throws Error(usage) where
// names are missing, Error(input) naming file and residue where a trace has no CA.
CoarseInput open_coarse(const CoarseFiles& files, const Stage& first);

}  // namespace regrain::driver
