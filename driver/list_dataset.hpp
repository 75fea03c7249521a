// Training data from a list of structures (driver/structure_list.hpp).
#pragma once

#include "driver/dataset.hpp"

namespace regrain::driver {

// What a stage to all heavy atoms learns from: bonds and map of a protein, disulfides as in `frame`. Throws Error(input)
// naming `file` on alpha carbons alone, fewer than three residues or one without CA.
StageSetup protein_of_atoms(io::Topology fine, const io::Frame& frame, const std::string& file);

// Reads what data.list names, with the context's threads, in the order of the list. One line of `talk` tells what was
// changed in all files together. A structure that can't be used throws Error(input), or Error(numbers), of the first such
// of the list; with data.skip_bad it is left out. Chains end where the next residue is too far away to be bonded, whatever
// the file's numbers say: what a crystal doesn't show is no bond to learn.
Dataset load_list(const Context& context, const io::Config& config, const Talk& talk);

}  // namespace regrain::driver
