// Trains a stage on its own ELBO and leaves a run folder:
//   model.safetensors       weights to use: the best by validation (the last, in reference conformance)
//   checkpoint.safetensors  the whole state, written after each epoch and on SIGINT or SIGTERM
//   log.csv                 every loss term of each epoch, training and validation
//   effective.json          the configuration with every default filled in; map.json, the bead map of one protein
#pragma once

#include <string>
#include <vector>

#include "driver/dataset.hpp"
#include "engine/device_choice.hpp"

namespace regrain::driver {

// Threads and cache don't change the result; a device gives another rounding.
struct TrainOptions {
  std::string out_dir;
  bool resume = false;
  bool force = false;           // start anew in a folder that holds a run
  DeviceChoice device;
  int n_threads = 0;            // with more than one the next batch is made ahead, by a further one
  std::size_t cache_mib = 512;  // for what frames bring to their batches; those that don't fit are prepared each time
  bool progress_bar = false;
};

struct TrainResult {
  int epochs = 0;
  double best_validation = 0;
};

// Throws Error(interrupted) after saving when a signal came, Error(numbers) when the loss is not finite.
TrainResult train(const io::Config& config, const TrainOptions& options, const Talk& talk);

}  // namespace regrain::driver
