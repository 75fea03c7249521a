// A training run as it stands: what it is made from, the stage with its optimiser, and how far it has got.
//
// It is begun anew or taken up from a checkpoint here, and nowhere else; what happens in an epoch is the
// trainer's.
#pragma once

#include <memory>

#include "driver/checkpoint.hpp"
#include "driver/dataset.hpp"
#include "driver/run_folder.hpp"

namespace regrain::driver {

struct TrainingRun {
  io::Config config;  // resolved
  Dataset data;
  std::unique_ptr<Stage> stage;
  Adam<float> adam;
  PlateauSchedule plateau;
  EarlyStopping early_stop;
  TrainingState state;
};

// Writes the configuration and, of one protein, the map into the folder; weights of an older run there are removed.
TrainingRun start_run(Context& context, const io::Config& config, const RunFolder& folder, const Talk& talk);
// Goes on where the folder's checkpoint stopped. The run's own configuration counts; only its length may
// grow. Throws Error(checkpoint) if `config` says otherwise, Error(input) if particles or frames are others.
TrainingRun resume_run(Context& context, const io::Config& config, const RunFolder& folder, const Talk& talk);
// The whole state into the folder's checkpoint.
void save_run(Context& context, TrainingRun& run, const RunFolder& folder);

}  // namespace regrain::driver
