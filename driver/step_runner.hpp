// One batch through a stage: its loss, and forward and backward for training.
//
// On a device a batch that is shaped like one before runs as a recording (Context::record), put in order at once
// instead of some hundred kernels one by one. The first of its shape runs kernel by kernel, the second is written down.
// Another batch is "like" the first if all arrays lie where they lay and are as large, and the loss has the same
// weights; so nothing that a recording holds can be out of date.
#pragma once

#include <map>
#include <set>
#include <utility>
#include <vector>

#include "driver/stage.hpp"
#include "engine/context.hpp"

namespace regrain::driver {

// What the host gets to know of a batch.
struct BatchLoss {
  double total = 0;
  std::vector<double> terms;
};

class StepRunner {
 public:
  StepRunner(Context& context, const Stage& stage) : context_(context), stage_(stage) {}

  // The gradient is added to the parameters' if `counts(total)`; where the loss is no finite number, they may hold
  // anything.
  BatchLoss train(const StageBatch& batch, const TrainingMoment& moment);
  // without a gradient
  BatchLoss evaluate(const StageBatch& batch, const TrainingMoment& moment);

  // Is a batch of this loss to be trained on?
  bool counts(double total) const;

  std::size_t n_recordings() const { return recorded_.size(); }
  long long n_replays() const { return n_replays_; }

 private:
  struct Recorded {
    Context::Recording recording;
    float* numbers;  // total and terms, where the recording leaves them
    std::size_t n_terms;
  };

  BatchLoss run(const StageBatch& batch, const TrainingMoment& moment, TapeMode mode);
  BatchLoss run_eagerly(const StageBatch& batch, const TrainingMoment& moment, TapeMode mode);
  Recorded record(const StageBatch& batch, const TrainingMoment& moment, TapeMode mode);
  BatchLoss replay(const Recorded& recorded);
  // Drops recordings whose memory has moved.
  void forget_old();

  Context& context_;
  const Stage& stage_;
  std::map<Words, Recorded> recorded_;
  std::set<Words> seen_;
  int generation_ = 0;
  long long n_replays_ = 0;
};

}  // namespace regrain::driver
