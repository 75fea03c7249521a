// What is written of an all-atom structure: its heavy atoms, hydrogens if asked for, in a force field's names and order.
//
// Made once from a topology and the first structure: all structures of a file have the same atoms, so that disulfides,
// which only coordinates tell of, are those of the first.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "driver/atom_naming.hpp"
#include "engine/backend.hpp"
#include "io/frame.hpp"
#include "io/topology.hpp"
#include "models/allatom/hydrogen_placement.hpp"

namespace regrain::driver {

struct OutputOptions {
  bool hydrogens = false;
  Naming naming = Naming::pdb;

  bool as_made() const { return !hydrogens && naming == Naming::pdb; }
};

// Throws Error(usage) if hydrogens or names are asked for and this is no all-atom structure.
void check_output_atoms(const io::Topology& made, const OutputOptions& options);

class OutputAtoms {
 public:
  // `first`, if given, is a frame of `made`. Histidines have HE2, unless Residue::alias names another state.
  OutputAtoms(const io::Topology& made, const OutputOptions& options, const io::Frame* first);

  const io::Topology& topology() const { return topology_; }
  // For people, a line each: disulfides, hydrogens that can't be placed.
  const std::vector<std::string>& notes() const { return notes_; }
  // The atoms of topology() from a frame of `made`. The result is good until the next call, or until `made` goes.
  const io::Frame& convert(Cpu be, const io::Frame& made);

 private:
  OutputOptions options_;
  io::Topology topology_;
  std::vector<std::string> notes_;
  std::vector<int> source_;  // of every atom: the heavy atom made, or ~hydrogen
  std::optional<models::allatom::HydrogenPlacement> placement_;
  std::vector<float> hydrogens_;  // (H, 3)
  io::Frame frame_;
};

}  // namespace regrain::driver
