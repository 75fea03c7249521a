#include "driver/training_run.hpp"

#include <filesystem>
#include <utility>

#include "driver/stage_config.hpp"
#include "engine/errors.hpp"
#include "io/atomic_file.hpp"

namespace regrain::driver {

namespace {

io::Config resolve(Context& context, const io::Config& config, const Dataset& data) {
  return resolve_config(context, config, data.trained_on.protein, data.pick(data.split.train));
}

std::string what_they_show(const Dataset& data) {
  if (data.trained_on.list) return concat(data.proteins.size(), " structures with ", data.trained_on.list->residues, " residues");
  const StageSetup& p = data.proteins.front();
  return concat(p.fine.n_atoms(), " particles on ", p.map.n_beads, " beads");
}

// `config` is resolved.
TrainingRun make_run(io::Config config, Dataset data, const Talk& talk) {
  std::unique_ptr<Stage> stage = make_stage(config, data.trained_on.protein);
  talk(concat(stage->kind(), ": ", stage->parameters().n_elements(), " parameters; ", data.split.train.size(), " training, ",
              data.split.validation.size(), " validation and ", data.split.test.size(), " test frames of ", what_they_show(data)));
  for (const std::string& note : stage->notes(data.proteins)) talk(concat(stage->kind(), ": ", note));
  Adam<float> adam(stage->parameters(), {.clip_norm = config.number("train.clip_norm"), .weight_decay = config.number("train.weight_decay")});
  const PlateauSchedule plateau({.learning_rate = config.number("train.learning_rate"),
                                 .factor = config.number("train.plateau_factor"),
                                 .threshold = config.number("train.plateau_threshold"),
                                 .min_learning_rate = config.number("train.min_learning_rate"),
                                 .patience = static_cast<int>(config.integer("train.plateau_patience"))});
  const EarlyStopping early_stop(static_cast<int>(config.integer("train.early_stop")), 0.0);
  return {std::move(config), std::move(data), std::move(stage), std::move(adam), plateau, early_stop, {}};
}

FrameCounts counts_of(const io::Split& split) {
  const auto n = [](const std::vector<int>& part) { return static_cast<int>(part.size()); };
  return {n(split.train), n(split.validation), n(split.test)};
}

// Particles and map may be the same when frames have come or gone; the split is another one then, and
// test frames would be trained on.
void check_frames(const FrameCounts& found, const FrameCounts& expected, const io::Config& config, const RunFolder& folder) {
  if (found == expected) return;
  const auto text = [](const FrameCounts& c) {
    return concat(c.all(), " frames (", c.train, " training, ", c.validation, " validation, ", c.test, " test)");
  };
  const bool list = config.texts("data.trajectory").empty();
  fail(ErrorKind::input, list ? config.text("data.list") : config.texts("data.trajectory").front(), ": gives ", text(found), ", but ",
       folder.checkpoint(), " was started with ", text(expected), "; put the files back that ", list ? "data.list" : "data.trajectory",
       " named then, with data.max_frames as it was, or start anew with --force");
}

// A configuration as text, but for the length of the run.
std::string all_but_length(const io::Config& c) {
  return io::Config::parse(c.effective_json(), "", training_schema(c.text("model.kind")), {"train.epochs=1"}).effective_json();
}

}  // namespace

TrainingRun start_run(Context& context, const io::Config& config, const RunFolder& folder, const Talk& talk) {
  Dataset data = load_dataset(context, config, nullptr, talk);
  io::Config resolved = resolve(context, config, data);
  TrainingRun run = make_run(std::move(resolved), std::move(data), talk);
  run.stage->initialize(static_cast<std::uint64_t>(run.config.integer("train.seed")));
  io::write_file(folder.config(), run.config.effective_json(), true);
  std::error_code ignored;
  for (const std::string& old : {folder.checkpoint(), folder.model(), folder.map()}) std::filesystem::remove(old, ignored);
  if (!run.data.trained_on.list) io::write_bead_map(folder.map(), run.data.trained_on.protein.map, true);
  return run;
}

TrainingRun resume_run(Context& context, const io::Config& config, const RunFolder& folder, const Talk& talk) {
  const StageFile saved = load_stage(folder.checkpoint());
  Dataset data = load_dataset(context, config, &saved.trained_on, talk);
  if (saved.frames) check_frames(counts_of(data.split), *saved.frames, config, folder);
  io::Config resolved = resolve(context, config, data);
  if (all_but_length(resolved) != all_but_length(saved.config))
    fail(ErrorKind::checkpoint, folder.checkpoint(), ": was made with another configuration than ", config.file(),
         " gives (only train.epochs may change); compare it with ", folder.config());
  TrainingRun run = make_run(std::move(resolved), std::move(data), talk);
  run.state = load_training_state(folder.checkpoint(), *run.stage, run.adam);
  run.plateau.restore(run.state.plateau);
  run.early_stop.restore(run.state.early_stop);
  io::write_file(folder.config(), run.config.effective_json(), true);
  if (!run.state.finished) talk(concat("resuming at epoch ", run.state.epoch + 1, ", batch ", run.state.batches_done + 1));
  return run;
}

void save_run(Context& context, TrainingRun& run, const RunFolder& folder) {
  run.state.plateau = run.plateau.state();
  run.state.early_stop = run.early_stop.state();
  save_checkpoint(context, folder.checkpoint(), *run.stage, run.config, run.data.trained_on, run.adam, run.state, counts_of(run.data.split));
}

}  // namespace regrain::driver
