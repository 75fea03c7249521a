#include "driver/trainer.hpp"

#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <numeric>

#include "driver/cgvae_stage.hpp"
#include "driver/checkpoint.hpp"
#include "driver/interrupt.hpp"
#include "driver/stage_config.hpp"
#include "driver/training_log.hpp"
#include "engine/errors.hpp"
#include "engine/trace.hpp"
#include "io/atomic_file.hpp"

namespace regrain::driver {

namespace {

namespace fs = std::filesystem;

// DrawKey::purpose
constexpr std::uint16_t kTrainNoise = 1, kValidationNoise = 2, kFrameOrder = 3;

constexpr const char* kFinished =
    "training has ended: the validation loss no longer falls, or the learning rate reached train.min_learning_rate";

// TrainingState::sums
enum Sum { kFrames, kNorm, kSteps, kSkipped, kTotal, kFirstTerm };

// Values the model needs but the file leaves open are measured on the training frames, and written into
// the resolved configuration.
io::Config resolve(Context& context, const io::Config& config, const Dataset& data) {
  if (config.text("model.kind") != "cgvae" || config.text("model.conformance") == "reference") return config;
  std::vector<std::string> resolved;
  if (config.number("model.atom_neighbors") > 0 && config.number("model.bead_neighbors") > 0) return config;
  std::vector<int> some;
  const int step = std::max(1, static_cast<int>(data.split.train.size()) / 16);
  for (std::size_t i = 0; i < data.split.train.size(); i += step) some.push_back(data.split.train[i]);
  const NeighborCounts counts = count_neighbors(context, data.setup.map, data.pick(some), config.number("model.atom_cutoff"),
                                                config.number("model.bead_cutoff"));
  if (config.number("model.atom_neighbors") == 0) resolved.push_back("model.atom_neighbors=" + exact(counts.atoms));
  if (config.number("model.bead_neighbors") == 0) resolved.push_back("model.bead_neighbors=" + exact(counts.beads));
  return io::Config::parse(config.effective_json(), config.file(), training_schema("cgvae"), resolved);
}

class Trainer {
 public:
  Trainer(const io::Config& config, const TrainOptions& options, const Talk& talk)
      : options_(options),
        talk_(talk),
        context_(options.n_threads),
        dir_(options.out_dir),
        checkpoint_path_((dir_ / "checkpoint.safetensors").string()),
        model_path_((dir_ / "model.safetensors").string()),
        config_(config) {
    open_folder();
    try {
      if (options.resume) load_run();
      else start_run();
    } catch (...) {
      // a run that can't start leaves no empty folder
      std::error_code ignored;
      for (const fs::path& folder : made_) fs::remove(folder, ignored);
      throw;
    }
  }

  TrainResult run() {
    TrainingLog log((dir_ / "log.csv").string(), stage_->term_names(), state_.epoch);
    const int epochs = static_cast<int>(config_.integer("train.epochs"));
    while (state_.epoch < epochs && !state_.finished) {
      train_epoch();
      const std::vector<double> validation = validate();
      // before anything is saved: the last good state stays
      if (!std::isfinite(validation[0]) && std::isinf(stage_->skip_above())) stop_on_bad_numbers("the validation loss", -1);
      finish_epoch(log, validation);
    }
    return {state_.epoch, state_.best};
  }

 private:
  void open_folder() {
    if (options_.resume && !fs::exists(checkpoint_path_))
      fail(ErrorKind::input, dir_.string(), ": holds no checkpoint to resume from; start without --resume");
    std::error_code error;
    for (fs::path p = fs::absolute(dir_); !fs::exists(p, error) && p != p.parent_path(); p = p.parent_path()) made_.push_back(p);
    fs::create_directories(dir_, error);
    if (error || !fs::is_directory(dir_))
      fail(ErrorKind::output, dir_.string(), ": can't make this folder (", error.message(), "); choose another with --out");
    if (::access(dir_.c_str(), W_OK) != 0)
      fail(ErrorKind::output, dir_.string(), ": this folder can't be written to; choose another with --out");
    const bool used = fs::exists(checkpoint_path_) || fs::exists(model_path_);
    if (used && !options_.resume && !options_.force)
      fail(ErrorKind::output, dir_.string(), ": holds a training run already; --resume goes on with it, --force starts anew");
  }

  void start_run() {
    data_ = load_dataset(context_, config_, nullptr, talk_);
    config_ = resolve(context_, config_, data_);
    make_run();
    stage_->initialize(static_cast<std::uint64_t>(config_.integer("train.seed")));
    io::write_file((dir_ / "effective.json").string(), config_.effective_json(), true);
    io::write_bead_map((dir_ / "map.json").string(), data_.setup.map, true);
    std::error_code ignored;
    fs::remove(checkpoint_path_, ignored);
    fs::remove(model_path_, ignored);
  }

  // Goes on where a checkpoint stopped. The run's own configuration counts; only its length may grow.
  void load_run() {
    StageFile saved = load_stage(checkpoint_path_);
    const auto same_but_length = [](const io::Config& c) {
      return io::Config::parse(c.effective_json(), "", training_schema(c.text("model.kind")), {"train.epochs=1"}).effective_json();
    };
    data_ = load_dataset(context_, config_, &saved.setup, talk_);
    config_ = resolve(context_, config_, data_);
    if (same_but_length(config_) != same_but_length(saved.config))
      fail(ErrorKind::checkpoint, checkpoint_path_, ": was made with another configuration than ", config_.file(),
           " gives (only train.epochs may change); compare it with ", (dir_ / "effective.json").string());
    make_run();
    state_ = load_training_state(checkpoint_path_, *stage_, *adam_);
    plateau_->restore(state_.plateau);
    early_stop_->restore(state_.early_stop);
    io::write_file((dir_ / "effective.json").string(), config_.effective_json(), true);
    if (state_.finished) talk_(kFinished);
    else talk_(concat("resuming at epoch ", state_.epoch + 1, ", batch ", state_.batches_done + 1));
  }

  void make_run() {
    stage_ = make_stage(config_, data_.setup);
    adam_ = std::make_unique<Adam<float>>(stage_->parameters(), AdamSettings{.clip_norm = config_.number("train.clip_norm")});
    plateau_ = std::make_unique<PlateauSchedule>(PlateauSchedule::Settings{
        .learning_rate = config_.number("train.learning_rate"),
        .factor = config_.number("train.plateau_factor"),
        .threshold = config_.number("train.plateau_threshold"),
        .min_learning_rate = config_.number("train.min_learning_rate"),
        .patience = static_cast<int>(config_.integer("train.plateau_patience"))});
    early_stop_ = std::make_unique<EarlyStopping>(static_cast<int>(config_.integer("train.early_stop")), 0.0);
    talk_(concat(stage_->kind(), ": ", stage_->parameters().n_elements(), " parameters; ", data_.split.train.size(), " training, ",
                 data_.split.validation.size(), " validation and ", data_.split.test.size(), " test frames of ",
                 data_.setup.fine.n_atoms(), " particles on ", data_.setup.map.n_beads, " beads"));
  }

  std::vector<int> epoch_order() const {
    std::vector<int> order = data_.split.train;
    if (!config_.flag("train.shuffle")) return order;
    const Rng rng{static_cast<std::uint64_t>(config_.integer("train.seed")), static_cast<std::uint32_t>(state_.epoch), kFrameOrder, 0};
    for (std::size_t i = order.size(); i > 1; --i)
      std::swap(order[i - 1], order[rng.below(static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(i))]);
    return order;
  }

  StageLoss batch_loss(Tape<float>& tape, const std::vector<int>& frames, std::uint32_t number, std::uint16_t purpose, bool training) {
    std::vector<DrawKey> keys;
    const std::uint64_t seed = static_cast<std::uint64_t>(config_.integer("train.seed"));
    for (std::size_t k = 0; k < frames.size(); ++k)
      // training noise is fresh each step; validation noise belongs to the frame, so epochs compare
      keys.push_back({seed, training ? number : static_cast<std::uint32_t>(frames[k]), static_cast<std::uint16_t>(training ? k : 0), purpose});
    batch_ = stage_->make_batch(context_, data_.pick(frames), keys);
    return stage_->loss(tape, *batch_, {state_.epoch, state_.step, training});
  }

  void train_epoch() {
    const std::vector<int> order = epoch_order();
    const long long size = config_.integer("train.batch"), accumulate = config_.integer("train.accumulate");
    const long long n_batches = (static_cast<long long>(order.size()) + size - 1) / size;
    if (state_.batches_done == 0) state_.sums.assign(kFirstTerm + stage_->term_names().size(), 0.0);
    int in_step = 0;
    stage_->parameters().zero_grads();
    for (long long b = state_.batches_done; b < n_batches; ++b) {
      const TraceScope trace("training batch");
      const auto begin = order.begin() + b * size;
      const std::vector<int> frames(begin, begin + std::min<long long>(size, order.end() - begin));
      Tape<float> tape(context_);
      const std::uint32_t number = static_cast<std::uint32_t>(state_.epoch * n_batches + b);
      const StageLoss loss = batch_loss(tape, frames, number, kTrainNoise, true);
      const double total = static_cast<double>(loss.total.item());
      if (!std::isfinite(total) && std::isinf(stage_->skip_above())) stop_on_bad_numbers("the loss", b);
      if (!std::isfinite(total) || total >= stage_->skip_above()) {
        state_.sums[kSkipped] += 1;
      } else {
        tape.backward(loss.total);
        add_to_sums(loss, frames.size());
        ++in_step;
      }
      if (in_step == accumulate || (b + 1 == n_batches && in_step > 0)) {
        take_step(b);
        in_step = 0;
      }
      if (in_step == 0) {
        state_.batches_done = b + 1;
        if (interrupted()) save_and_stop();
      }
      show_progress(b + 1, n_batches);
    }
    if (state_.sums[kSkipped] == static_cast<double>(n_batches))
      fail(ErrorKind::numbers, dir_.string(), ": every batch of epoch ", state_.epoch + 1, " was left out because its loss is ",
           stage_->skip_above(), " or more; lower train.learning_rate, raise the geometry weight, or use conformance \"corrected\"");
  }

  void add_to_sums(const StageLoss& loss, std::size_t n_frames) {
    const double n = static_cast<double>(n_frames);
    state_.sums[kFrames] += n;
    state_.sums[kTotal] += n * static_cast<double>(loss.total.item());
    for (std::size_t t = 0; t < loss.terms.size(); ++t) state_.sums[kFirstTerm + t] += n * static_cast<double>(loss.terms[t].item());
  }

  void take_step(long long batch) {
    const double norm = adam_->step(context_, stage_->parameters(), plateau_->learning_rate());
    if (!std::isfinite(norm)) stop_on_bad_numbers("the gradient", batch);
    state_.sums[kNorm] += norm;
    state_.sums[kSteps] += 1;
    ++state_.step;
    stage_->parameters().zero_grads();
  }

  // batch -1: not of one batch
  [[noreturn]] void stop_on_bad_numbers(const char* what, long long batch) {
    const std::string kept = fs::exists(checkpoint_path_) ? concat("the state of epoch ", state_.epoch, " is kept in ", checkpoint_path_)
                                                          : std::string("no epoch was finished");
    fail(ErrorKind::numbers, dir_.string(), ": ", what, " is not a finite number in epoch ", state_.epoch + 1,
         batch < 0 ? "" : concat(", batch ", batch + 1), "; ", kept, "; lower train.learning_rate or train.clip_norm");
  }

  // Means over the validation frames: total, then the terms. The training means where there are none.
  std::vector<double> validate() {
    const TraceScope trace("validation");
    const std::vector<int>& frames = data_.split.validation;
    std::vector<double> sums(1 + stage_->term_names().size());
    const std::size_t size = static_cast<std::size_t>(config_.integer("train.batch"));
    for (std::size_t b = 0; b < frames.size(); b += size) {
      const std::vector<int> some(frames.begin() + b, frames.begin() + std::min(b + size, frames.size()));
      Tape<float> tape(context_, TapeMode::infer);
      const StageLoss loss = batch_loss(tape, some, 0, kValidationNoise, false);
      const double n = static_cast<double>(some.size());
      sums[0] += n * static_cast<double>(loss.total.item());
      for (std::size_t t = 0; t < loss.terms.size(); ++t) sums[1 + t] += n * static_cast<double>(loss.terms[t].item());
    }
    const double n = frames.empty() ? state_.sums[kFrames] : static_cast<double>(frames.size());
    if (frames.empty()) std::copy(state_.sums.begin() + kTotal, state_.sums.end(), sums.begin());
    for (double& s : sums) s /= n;
    return sums;
  }

  void finish_epoch(TrainingLog& log, const std::vector<double>& validation) {
    const double frames = std::max(state_.sums[kFrames], 1.0), steps = std::max(state_.sums[kSteps], 1.0);
    std::vector<double> row{plateau_->learning_rate(), state_.sums[kNorm] / steps, state_.sums[kSkipped]};
    for (std::size_t i = kTotal; i < state_.sums.size(); ++i) row.push_back(state_.sums[i] / frames);
    row.insert(row.end(), validation.begin(), validation.end());
    log.add(state_.epoch, row);
    talk_(concat("epoch ", state_.epoch + 1, ": training ", row[3], ", validation ", validation[0], ", learning rate ", row[0]));

    const bool last_counts = config_.text("model.conformance") == "reference";
    if (std::isfinite(validation[0]) && (last_counts || validation[0] < state_.best)) {
      save_model(model_path_, *stage_, config_, data_.setup, concat("epoch ", state_.epoch + 1, ", validation loss ", validation[0]));
    }
    // reference conformance goes on over an epoch that ended in NaN; it is no progress and no history
    if (std::isfinite(validation[0])) {
      state_.best = std::min(state_.best, validation[0]);
      state_.validation.push_back(validation[0]);
      const double smooth = lowess(state_.validation).back(), rate = plateau_->learning_rate();
      const bool lowered = plateau_->observe(smooth) || rate < config_.number("train.learning_rate");
      state_.finished = early_stop_->observe(smooth) ||
                        (lowered && plateau_->learning_rate() <= 1.5 * config_.number("train.min_learning_rate"));
      if (state_.finished) talk_(kFinished);
    }
    ++state_.epoch;
    state_.batches_done = 0;
    save_state();
    if (interrupted()) stop_interrupted();
  }

  void save_state() {
    state_.plateau = plateau_->state();
    state_.early_stop = early_stop_->state();
    save_checkpoint(checkpoint_path_, *stage_, config_, data_.setup, *adam_, state_);
  }
  [[noreturn]] void save_and_stop() {
    save_state();
    stop_interrupted();
  }
  [[noreturn]] void stop_interrupted() {
    fail(ErrorKind::interrupted, dir_.string(), ": interrupted; the state is saved, --resume goes on from it");
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
  fs::path dir_;
  std::vector<fs::path> made_;  // folders that weren't there, deepest first
  std::string checkpoint_path_, model_path_;
  io::Config config_;
  Dataset data_;
  std::unique_ptr<Stage> stage_;
  std::unique_ptr<StageBatch> batch_;
  std::unique_ptr<Adam<float>> adam_;
  std::unique_ptr<PlateauSchedule> plateau_;
  std::unique_ptr<EarlyStopping> early_stop_;
  TrainingState state_;
};

}  // namespace

TrainResult train(const io::Config& config, const TrainOptions& options, const Talk& talk) {
  return Trainer(config, options, talk).run();
}

}  // namespace regrain::driver
