#include "driver/step_runner.hpp"

#include <cmath>

#include "engine/trace.hpp"

namespace regrain::driver {

namespace {

// A run has few shapes of batches, each in two places of memory; what is more than this is noise.
constexpr std::size_t kMostRecordings = 32, kMostSeen = 1024;

// Total and terms one after another in the backend's memory, so that the host fetches them at once.
float* gather(Context& context, const StageLoss& loss) {
  float* numbers = context.values().allocate_array<float>(1 + loss.terms.size());
  context.copy(numbers, loss.total.value().data(), sizeof(float));
  for (std::size_t t = 0; t < loss.terms.size(); ++t)
    context.copy(numbers + 1 + t, loss.terms[t].value().data(), sizeof(float));
  return numbers;
}

BatchLoss fetch(Context& context, const float* numbers, std::size_t n_terms) {
  std::vector<float> values(1 + n_terms);
  context.read(values.data(), numbers, values.size() * sizeof(float));
  return {static_cast<double>(values.front()), {values.begin() + 1, values.end()}};
}

}  // namespace

bool StepRunner::counts(double total) const { return std::isfinite(total) && total < stage_.skip_above(); }

BatchLoss StepRunner::train(const StageBatch& batch, const TrainingMoment& moment) { return run(batch, moment, TapeMode::record); }
BatchLoss StepRunner::evaluate(const StageBatch& batch, const TrainingMoment& moment) { return run(batch, moment, TapeMode::infer); }

BatchLoss StepRunner::run(const StageBatch& batch, const TrainingMoment& moment, TapeMode mode) {
  // where batches may be left out, the host has to see the loss before the gradient
  const bool decides = mode == TapeMode::record && !std::isinf(stage_.skip_above());
  if (context_.device() == Device::cpu || decides) return run_eagerly(batch, moment, mode);
  Words words = batch.words();
  for (double w : stage_.loss_weights(moment)) add_words(words, w);
  add_words(words, mode);
  forget_old();
  if (const auto it = recorded_.find(words); it != recorded_.end()) return replay(it->second);
  if (seen_.size() == kMostSeen) seen_.clear();
  if (seen_.insert(words).second || recorded_.size() == kMostRecordings) return run_eagerly(batch, moment, mode);
  context_.begin_step();  // may move the memory that the step before has grown
  forget_old();
  return replay(recorded_.emplace(std::move(words), record(batch, moment, mode)).first->second);
}

BatchLoss StepRunner::run_eagerly(const StageBatch& batch, const TrainingMoment& moment, TapeMode mode) {
  Tape<float> tape(context_, mode);
  const StageLoss loss = stage_.loss(tape, batch, moment);
  const BatchLoss found = fetch(context_, gather(context_, loss), loss.terms.size());
  if (tape.recording() && counts(found.total)) tape.backward(loss.total);
  return found;
}

StepRunner::Recorded StepRunner::record(const StageBatch& batch, const TrainingMoment& moment, TapeMode mode) {
  const TraceScope trace("recording a step");
  Recorded recorded;
  recorded.recording = context_.record([&] {
    Tape<float> tape(context_, mode);
    const StageLoss loss = stage_.loss(tape, batch, moment);
    recorded.numbers = gather(context_, loss);
    recorded.n_terms = loss.terms.size();
    if (tape.recording()) tape.backward(loss.total);
  });
  return recorded;
}

BatchLoss StepRunner::replay(const Recorded& recorded) {
  context_.replay(recorded.recording);
  ++n_replays_;
  return fetch(context_, recorded.numbers, recorded.n_terms);
}

void StepRunner::forget_old() {
  if (generation_ == context_.memory_generation()) return;
  recorded_.clear();
  generation_ = context_.memory_generation();
}

}  // namespace regrain::driver
