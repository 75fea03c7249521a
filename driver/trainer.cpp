#include "driver/trainer.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "driver/batch_stream.hpp"
#include "autodiff/schedules.hpp"
#include "driver/frames_that_fit.hpp"
#include "driver/interrupt.hpp"
#include "driver/stage_config.hpp"
#include "driver/step_runner.hpp"
#include "driver/training_log.hpp"
#include "driver/training_run.hpp"
#include "engine/errors.hpp"
#include "engine/philox.hpp"
#include "engine/trace.hpp"

namespace regrain::driver {

namespace {

// DrawKey::purpose
constexpr std::uint16_t kTrainNoise = 1, kValidationNoise = 2, kFrameOrder = 3;

constexpr const char* kFinished =
    "training has ended: the validation loss no longer falls, or the learning rate reached train.min_learning_rate";

// TrainingState::sums
enum Sum { kFrames, kNorm, kSteps, kSkipped, kTotal, kFirstTerm };

class Trainer {
 public:
  Trainer(const io::Config& config, const TrainOptions& options, const Talk& talk)
      : options_(options),
        talk_(talk),
        context_(options.device.device, options.n_threads, options.device.index),
        folder_(options.out_dir, options.resume, options.force),
        run_(options.resume ? resume_run(context_, config, folder_, talk) : start_run(context_, config, folder_, talk)) {
    folder_.keep();
    context_.use_tensor_cores(options.device.tensor_cores);
    if (context_.device() == Device::cpu) return;
    try {
      stage_.parameters().move_to(context_);
      run_.adam.move_to(context_);
    } catch (const OutOfMemory&) {
      throw OutOfMemory(concat(folder_.name(), ": the model's parameters, with gradients and moments of Adam ", 16 * stage_.parameters().n_elements() >> 20,
                               " MiB, do not fit into the memory of ", options.device.text(),
                               "; take a smaller model (model.*), a device with more memory or --device cpu"));
    }
    talk(concat("training on ", options.device.text()));
  }

  TrainResult train() {
    TrainingLog log(folder_.log(), stage_.term_names(), state_.epoch);
    const int epochs = static_cast<int>(config_.integer("train.epochs"));
    while (state_.epoch < epochs && !state_.finished) {
      train_epoch();
      const std::vector<double> validation = validate();
      // before anything is saved: the last good state stays
      if (!std::isfinite(validation[0]) && std::isinf(stage_.skip_above())) stop_on_bad_numbers("the validation loss", -1);
      finish_epoch(log, validation);
    }
    if (state_.finished) talk_(kFinished);
    return {state_.epoch, state_.best};
  }

 private:
  std::vector<int> epoch_order() const {
    std::vector<int> order = run_.data.split.train;
    if (!config_.flag("train.shuffle")) return order;
    const Rng rng{static_cast<std::uint64_t>(config_.integer("train.seed")), static_cast<std::uint32_t>(state_.epoch), kFrameOrder, 0};
    for (std::size_t i = order.size(); i > 1; --i)
      std::swap(order[i - 1], order[rng.below(static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(i))]);
    return order;
  }

  // The training batches that are left of the epoch, then those of validation.
  void ask_for_batches() {
    const std::uint64_t seed = static_cast<std::uint64_t>(config_.integer("train.seed"));
    const std::vector<int> order = epoch_order();
    const std::vector<int>& validation = run_.data.split.validation;
    std::vector<BatchRequest> requests;
    for (long long b = state_.batches_done; b < n_batches(order); ++b) {
      BatchRequest& r = requests.emplace_back(BatchRequest{{batch_begin(order, b), batch_begin(order, b + 1)}, {}});
      // fresh each step
      const std::uint32_t number = static_cast<std::uint32_t>(state_.epoch * n_batches(order) + b);
      for (std::size_t k = 0; k < r.frames.size(); ++k) r.keys.push_back({seed, number, static_cast<std::uint16_t>(k), kTrainNoise, true});
    }
    for (long long b = 0; b < n_batches(validation); ++b) {
      BatchRequest& r = requests.emplace_back(BatchRequest{{batch_begin(validation, b), batch_begin(validation, b + 1)}, {}});
      // belongs to the frame, so epochs compare
      for (int f : r.frames) r.keys.push_back({seed, static_cast<std::uint32_t>(f), 0, kValidationNoise});
    }
    batches_.start(std::move(requests));
  }

  long long n_batches(const std::vector<int>& frames) const {
    return (static_cast<long long>(frames.size()) + batch_size_ - 1) / batch_size_;
  }
  std::vector<int>::const_iterator batch_begin(const std::vector<int>& frames, long long b) const {
    return frames.begin() + std::min(b * batch_size_, static_cast<long long>(frames.size()));
  }
  std::size_t n_frames(const std::vector<int>& frames, long long b) const {
    return static_cast<std::size_t>(batch_begin(frames, b + 1) - batch_begin(frames, b));
  }

  void train_epoch() {
    ask_for_batches();
    const std::vector<int>& frames = run_.data.split.train;
    const long long n = n_batches(frames), accumulate = config_.integer("train.accumulate");
    if (state_.batches_done == 0) state_.sums.assign(kFirstTerm + stage_.term_names().size(), 0.0);
    int in_step = 0;
    stage_.parameters().zero_grads(context_);
    for (long long b = state_.batches_done; b < n; ++b) {
      const TraceScope trace("training batch");
      const StageBatch& batch = next_batch(n_frames(frames, b));
      const BatchLoss loss = fitting(n_frames(frames, b), [&] { return steps_.train(batch, {state_.epoch, state_.step, true}); });
      if (!std::isfinite(loss.total) && std::isinf(stage_.skip_above())) stop_on_bad_numbers("the loss", b);
      if (!steps_.counts(loss.total)) {
        state_.sums[kSkipped] += 1;
      } else {
        add_to_sums(loss, n_frames(frames, b));
        ++in_step;
      }
      if (in_step == accumulate || (b + 1 == n && in_step > 0)) {
        take_step(b);
        in_step = 0;
      }
      if (in_step == 0) {
        state_.batches_done = b + 1;
        if (interrupted()) {
          save_run(context_, run_, folder_);
          stop_interrupted();
        }
      }
      show_progress(b + 1, n);
    }
    if (state_.sums[kSkipped] == static_cast<double>(n))
      fail(ErrorKind::numbers, folder_.name(), ": every batch of epoch ", state_.epoch + 1, " was left out because its loss is ",
           stage_.skip_above(), " or more; lower train.learning_rate, raise the geometry weight, or use conformance \"corrected\"");
  }

  void add_to_sums(const BatchLoss& loss, std::size_t n_frames) {
    const double n = static_cast<double>(n_frames);
    state_.sums[kFrames] += n;
    state_.sums[kTotal] += n * loss.total;
    for (std::size_t t = 0; t < loss.terms.size(); ++t) state_.sums[kFirstTerm + t] += n * loss.terms[t];
  }

  const StageBatch& next_batch(std::size_t n_frames) {
    return fitting(n_frames, [&]() -> const StageBatch& { return batches_.next(); });
  }

  // f(), which works on a batch of some frames; where a device has too little memory, says how many would fit.
  template <class F>
  auto fitting(std::size_t n_frames, F f) -> decltype(f()) {
    try {
      return f();
    } catch (const OutOfMemory& e) {
      if (context_.device() == Device::cpu) throw;
      throw OutOfMemory(out_of_memory_advice(e.what(), n_frames));
    }
  }

  // The run has come to its end: its memory is given back before a frame is tried.
  std::string out_of_memory_advice(const std::string& what, std::size_t n_frames) {
    const std::string place = concat(folder_.name(), ": a batch of ", n_frames, n_frames == 1 ? " frame" : " frames",
                                     " (train.batch) does not fit into the memory of ", options_.device.text());
    const std::string kept = folder_.has_checkpoint() ? "; the last saved state is kept, --resume goes on from it with the same train.batch alone" : "";
    if (n_frames < 2) return concat(place, "; take a device with more memory or --device cpu", kept, " (", what, ")");
    batches_.stop();
    context_.release_memory();
    const int largest = *std::ranges::max_element(run_.data.split.train, {}, [&](int f) { return run_.data.frames[static_cast<std::size_t>(f)].n_atoms(); });
    const std::size_t fit = frames_that_fit(stage_, run_.data.protein_of(largest), run_.data.frames[static_cast<std::size_t>(largest)], {state_.epoch, state_.step, true}, options_.device);
    return concat(place, fit == 0 ? "; nor does one frame: take a device with more memory or --device cpu"
                                  : concat("; set train.batch=", std::min(fit, n_frames - 1), ", and train.accumulate for steps of as many frames"),
                  kept, " (", what, ")");
  }

  // of the step to be taken
  double learning_rate() const {
    const double rate = run_.plateau.learning_rate();
    const long long warmup = config_.integer("train.warmup_steps");
    const double rise = state_.step < warmup ? static_cast<double>(state_.step + 1) / static_cast<double>(warmup) : 1;
    if (!by_cosine_) return rise * rate;
    const long long in_epoch = n_batches(run_.data.split.train) / config_.integer("train.accumulate") + 1;
    return rise * rate * half_cosine(state_.step, in_epoch * config_.integer("train.epochs"));
  }

  void take_step(long long batch) {
    const double norm = run_.adam.step(context_, stage_.parameters(), learning_rate());
    if (!std::isfinite(norm)) stop_on_bad_numbers("the gradient", batch);
    state_.sums[kNorm] += norm;
    state_.sums[kSteps] += 1;
    ++state_.step;
    stage_.parameters().zero_grads(context_);
  }

  // batch -1: not of one batch
  [[noreturn]] void stop_on_bad_numbers(const char* what, long long batch) {
    const std::string kept = folder_.has_checkpoint() ? concat("the state of epoch ", state_.epoch, " is kept in ", folder_.checkpoint())
                                                      : std::string("no epoch was finished");
    fail(ErrorKind::numbers, folder_.name(), ": ", what, " is not a finite number in epoch ", state_.epoch + 1,
         batch < 0 ? "" : concat(", batch ", batch + 1), "; ", kept, "; lower train.learning_rate or train.clip_norm");
  }

  // Goes on with the batches train_epoch asked for. Means over the validation frames: total, then the terms. The
  // training means where there are none.
  std::vector<double> validate() {
    const TraceScope trace("validation");
    const std::vector<int>& frames = run_.data.split.validation;
    std::vector<double> sums(1 + stage_.term_names().size());
    for (long long b = 0; b < n_batches(frames); ++b) {
      const StageBatch& batch = next_batch(n_frames(frames, b));
      const BatchLoss loss =
          fitting(n_frames(frames, b), [&] { return steps_.evaluate(batch, {state_.epoch, state_.step, false}); });
      const double n = static_cast<double>(n_frames(frames, b));
      sums[0] += n * loss.total;
      for (std::size_t t = 0; t < loss.terms.size(); ++t) sums[1 + t] += n * loss.terms[t];
    }
    const double n = frames.empty() ? state_.sums[kFrames] : static_cast<double>(frames.size());
    if (frames.empty()) std::copy(state_.sums.begin() + kTotal, state_.sums.end(), sums.begin());
    for (double& s : sums) s /= n;
    return sums;
  }

  void finish_epoch(TrainingLog& log, const std::vector<double>& validation) {
    const double frames = std::max(state_.sums[kFrames], 1.0), steps = std::max(state_.sums[kSteps], 1.0);
    std::vector<double> row{learning_rate(), state_.sums[kNorm] / steps, state_.sums[kSkipped]};
    for (std::size_t i = kTotal; i < state_.sums.size(); ++i) row.push_back(state_.sums[i] / frames);
    row.insert(row.end(), validation.begin(), validation.end());
    log.add(state_.epoch, row);
    talk_(concat("epoch ", state_.epoch + 1, ": training ", row[3], ", validation ", validation[0], ", learning rate ", row[0]));

    const bool last_counts = is_reference(config_);
    if (std::isfinite(validation[0]) && (last_counts || validation[0] < state_.best)) {
      save_model(context_, folder_.model(), stage_, config_, run_.data.trained_on, concat("epoch ", state_.epoch + 1, ", validation loss ", validation[0]));
    }
    // reference conformance goes on over an epoch that ended in NaN; it is no progress and no history
    if (std::isfinite(validation[0])) {
      state_.best = std::min(state_.best, validation[0]);
      state_.validation.push_back(validation[0]);
      const double smooth = lowess(state_.validation).back(), rate = run_.plateau.learning_rate();
      const bool lowered = !by_cosine_ && (run_.plateau.observe(smooth) || rate < config_.number("train.learning_rate"));
      state_.finished = run_.early_stop.observe(smooth) ||
                        (lowered && run_.plateau.learning_rate() <= 1.5 * config_.number("train.min_learning_rate"));
    }
    ++state_.epoch;
    state_.batches_done = 0;
    save_run(context_, run_, folder_);
    if (interrupted()) stop_interrupted();
  }

  [[noreturn]] void stop_interrupted() {
    fail(ErrorKind::interrupted, folder_.name(), ": interrupted; the state is saved, --resume goes on from it");
  }

  void show_progress(long long done, long long of) const {
    if (!options_.progress_bar) return;
    const int width = 30, filled = static_cast<int>(width * done / of);
    std::fprintf(stderr, "\repoch %d [%s%s] %lld/%lld%s", state_.epoch + 1, std::string(filled, '#').c_str(),
                 std::string(width - filled, '.').c_str(), done, of, done == of ? "\r\033[K" : "");
    std::fflush(stderr);
  }

  TrainOptions options_;
  Talk talk_;
  Context context_;
  RunFolder folder_;
  TrainingRun run_;
  // parts of it by shorter names
  const io::Config& config_ = run_.config;
  Stage& stage_ = *run_.stage;
  TrainingState& state_ = run_.state;
  const bool by_cosine_ = config_.text("train.schedule") == "cosine";
  const long long batch_size_ = config_.integer("train.batch");
  StepRunner steps_{context_, stage_};
  BatchStream batches_{stage_,
                       run_.data,
                       {.cache_bytes = options_.cache_mib << 20,
                        .n_threads = context_.n_threads(),
                        .device = context_.device(),
                        .device_index = context_.device_index()}};
};

}  // namespace

TrainResult train(const io::Config& config, const TrainOptions& options, const Talk& talk) {
  return Trainer(config, options, talk).train();
}

}  // namespace regrain::driver
