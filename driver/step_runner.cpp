#include "driver/step_runner.hpp"

#include <cmath>

namespace regrain::driver {

bool StepRunner::counts(double total) const { return std::isfinite(total) && total < stage_.skip_above(); }

BatchLoss StepRunner::train(const StageBatch& batch, const TrainingMoment& moment) { return run(batch, moment, TapeMode::record); }
BatchLoss StepRunner::evaluate(const StageBatch& batch, const TrainingMoment& moment) { return run(batch, moment, TapeMode::infer); }

BatchLoss StepRunner::run(const StageBatch& batch, const TrainingMoment& moment, TapeMode mode) {
  // on the CPU nothing is gained by going back for nothing; and where batches may be left out, the host decides
  const bool asks_first = context_.device() == Device::cpu || !std::isinf(stage_.skip_above());
  if (mode == TapeMode::record && asks_first) {
    Tape<float> tape(context_, mode);
    const StageLoss loss = stage_.loss(tape, batch, moment);
    const BatchLoss found = fetch(gather(loss));
    if (counts(found.total)) tape.backward(loss.total);
    context_.wait();
    return found;
  }
  Words words = batch.words();
  for (double w : stage_.loss_weights(moment)) add_words(words, w);
  add_words(words, mode);
  return fetch(recorder_.run(context_, std::move(words), [&] {
    Tape<float> tape(context_, mode);
    const StageLoss loss = stage_.loss(tape, batch, moment);
    const Numbers numbers = gather(loss);
    if (tape.recording()) tape.backward(loss.total);
    return numbers;
  }));
}

StepRunner::Numbers StepRunner::gather(const StageLoss& loss) {
  float* values = context_.values().allocate_array<float>(1 + loss.terms.size());
  context_.copy(values, loss.total.value().data(), sizeof(float));
  for (std::size_t t = 0; t < loss.terms.size(); ++t)
    context_.copy(values + 1 + t, loss.terms[t].value().data(), sizeof(float));
  return {values, loss.terms.size()};
}

BatchLoss StepRunner::fetch(const Numbers& numbers) {
  std::vector<float> values(1 + numbers.n_terms);
  context_.read(values.data(), numbers.values, values.size() * sizeof(float));
  return {static_cast<double>(values.front()), {values.begin() + 1, values.end()}};
}

}  // namespace regrain::driver
