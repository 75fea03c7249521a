// A stage in a file: weights by name, the resolved configuration, the map and both topologies, or which list it was
// trained on; and, while it is trained, the optimiser's state, so that a run goes on as if it had never stopped.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "autodiff/adam.hpp"
#include "autodiff/schedules.hpp"
#include "driver/stage.hpp"

namespace regrain::driver {

// Frames a run is trained on.
struct FrameCounts {
  int train = 0, validation = 0, test = 0;
  int all() const { return train + validation + test; }
  bool operator==(const FrameCounts&) const = default;
};

// Everything that changes during training beside weights and moments.
struct TrainingState {
  int epoch = 0;              // the one under way
  long long batches_done = 0; // of that epoch
  long long step = 0;         // optimiser steps taken
  std::vector<double> sums;   // the epoch's running sums: frames, norm, steps, skipped, total, terms
  std::vector<double> validation;  // one value an epoch
  double best = 1e300;
  PlateauSchedule::State plateau{};
  EarlyStopping::State early_stop{};
  bool finished = false;
};

struct StageFile {
  io::Config config;
  TrainedOn trained_on;
  std::unique_ptr<Stage> stage;
  std::string note;  // "epoch 12, validation 0.53": for people
  std::optional<FrameCounts> frames;  // of a checkpoint; the first ones didn't hold it
};

// Weights, from where the context's kernels work, and description; `note` says where they come from.
void save_model(Context& context, const std::string& path, Stage& stage, const io::Config& config, const TrainedOn& trained_on,
                const std::string& note);
// The same with the optimiser and the state.
void save_checkpoint(Context& context, const std::string& path, Stage& stage, const io::Config& config, const TrainedOn& trained_on,
                     Adam<float>& adam, const TrainingState& state, const FrameCounts& frames);

// Throws Error(checkpoint) on a damaged file, one of another program, or weights that don't fit.
StageFile load_stage(const std::string& path);
// Puts optimiser and state back, on the host. Throws Error(checkpoint) if the file holds none.
TrainingState load_training_state(const std::string& path, Stage& stage, Adam<float>& adam);

}  // namespace regrain::driver
