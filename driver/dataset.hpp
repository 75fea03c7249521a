// Training data of a stage: frames of the fine particles, what they are frames of, and the split.
//
// Frames of one protein (data.trajectory), or of the many that a list names (data.list).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "driver/stage.hpp"
#include "engine/context.hpp"
#include "io/split.hpp"

namespace regrain::driver {

using Talk = std::function<void(const std::string&)>;  // a line for people

struct Dataset {
  std::vector<StageSetup> proteins;  // one, or those of the list that could be used, in its order
  std::vector<io::Frame> frames;     // fine particles
  std::vector<int> protein;          // of each frame, in `proteins`
  io::Split split;                   // of frames
  TrainedOn trained_on;

  const StageSetup& protein_of(int frame) const {
    return proteins[static_cast<std::size_t>(protein[static_cast<std::size_t>(frame)])];
  }
  std::vector<const io::Frame*> pick(const std::vector<int>& indices) const;
};

// Reads, checks and maps what data.* of the config names. Throws Error(input) on anything that can't be
// trained on. `resumed`, if given, is what the run to go on with was made from: its map counts, and its
// particles, or the structures of its list, must be the same.
Dataset load_dataset(Context& context, const io::Config& config, const TrainedOn* resumed, const Talk& talk);

// A map by its name on the command line or in a config: ca, fixed, autograin, or a file with an entry
// for each particle or for each residue. `training`
// are the frames a learned map sees.
struct MapRequest {
  std::string map;
  int n_beads = 0;
  std::uint64_t seed = 1;
};
io::BeadMap make_map(Context& context, const MapRequest& request, const io::Topology& particles,
                     const std::vector<const io::Frame*>& training, const std::string& file, const Talk& talk);

}  // namespace regrain::driver
