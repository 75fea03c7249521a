// One batch through a stage: its loss, and forward and backward for training. On a device batches that are shaped like
// one before are replayed (engine/recorder.hpp): one call instead of some hundred, and one wait, for the losses.
#pragma once

#include <vector>

#include "driver/stage.hpp"
#include "engine/context.hpp"
#include "engine/recorder.hpp"

namespace regrain::driver {

// What the host gets to know of a batch.
struct BatchLoss {
  double total = 0;
  std::vector<double> terms;
};

class StepRunner {
 public:
  StepRunner(Context& context, const Stage& stage) : context_(context), stage_(stage) {}

  // When these return, the batch is read no more: another thread may take its memory.
  // The gradient is added to the parameters' if `counts(total)`; where the loss is no finite number, they may hold
  // anything.
  BatchLoss train(const StageBatch& batch, const TrainingMoment& moment);
  // without a gradient
  BatchLoss evaluate(const StageBatch& batch, const TrainingMoment& moment);

  // Is a batch of this loss to be trained on?
  bool counts(double total) const;

  std::size_t n_recordings() const { return recorder_.n_recordings(); }
  long long n_replays() const { return recorder_.n_replays(); }

 private:
  // Total and terms one after another in the backend's memory, so that the host fetches them at once.
  struct Numbers {
    float* values;
    std::size_t n_terms;
  };

  BatchLoss run(const StageBatch& batch, const TrainingMoment& moment, TapeMode mode);
  Numbers gather(const StageLoss& loss);
  BatchLoss fetch(const Numbers& numbers);

  Context& context_;
  const Stage& stage_;
  Recorder<Numbers> recorder_;
};

}  // namespace regrain::driver
