// From the atoms a file states to the atoms regrain works with.
//
// Proteins: heavy atoms of known residues under their PDB names, one alternative location each; of unknown
// ones the CA where it is asked for. Bead files: everything as it stands.
#pragma once

#include <string>
#include <vector>

#include "io/frame.hpp"
#include "io/raw_model.hpp"
#include "io/structure.hpp"
#include "io/topology.hpp"

namespace regrain::io {

struct CleanModel {
  Topology topology;
  std::vector<int> source_A;  // ascending indices of the atoms kept among those of the file's model
  Frame frame;
};

// Counts into report. Throws Error(input) naming file and line.
CleanModel clean_model(const RawModel& raw, const std::string& path, const ReadOptions& options,
                       ReadReport& report);

// Throws Error(input) naming the first difference unless both are the same atoms in the same order.
void check_same_atoms(const Topology& expected, const Topology& found, const std::string& path,
                      const std::string& model_label);

}  // namespace regrain::io
