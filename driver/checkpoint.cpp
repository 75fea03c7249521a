#include "driver/checkpoint.hpp"

#include <limits>
#include <nlohmann/json.hpp>

#include "driver/chemistry.hpp"
#include "driver/stage_config.hpp"
#include "driver/version.hpp"
#include "engine/errors.hpp"
#include "io/safetensors.hpp"

namespace regrain::driver {

namespace {

using nlohmann::json;

std::vector<std::int64_t> dims(const Shape& shape) {
  std::vector<std::int64_t> d;
  for (int i = 0; i < shape.rank(); ++i) d.push_back(shape[i]);
  return d;
}

// Values laid out like the parameters, each slice under its name.
void add_slices(io::SafetensorsWriter& out, const std::string& prefix, Stage& stage, const Tensor<float>& values) {
  const float* base = stage.parameters().values().data();
  for (const auto& p : stage.parameters().all()) out.add(prefix + p.name, dims(p.shape), values.data() + (p.value - base));
}

json list_to_json(const ListSummary& s) {
  return {{"list", s.list}, {"train", s.train}, {"validation", s.validation}, {"test", s.test}, {"residues", s.residues}, {"hash", s.hash}};
}

// The writer refers to `weights`.
void describe(io::SafetensorsWriter& out, Stage& stage, const Tensor<float>& weights, const io::Config& config, const TrainedOn& trained_on,
              const std::string& note) {
  out.set_metadata("format", "regrain-stage-1");
  out.set_metadata("version", kVersion);
  out.set_metadata("kind", stage.kind());
  out.set_metadata("config", config.effective_json());
  if (trained_on.list) {
    out.set_metadata("list", list_to_json(*trained_on.list).dump());
  } else {
    const StageSetup& p = trained_on.protein;
    out.set_metadata("fine_topology", topology_to_json(p.fine));
    out.set_metadata("coarse_topology", topology_to_json(p.coarse));
    out.set_metadata("sequence", sequence_of(p.fine));
    out.set_metadata("map", json{{"n_beads", p.map.n_beads}, {"centroid", p.map.centroid}, {"bead_of_atom", p.map.bead_of_atom}}.dump());
  }
  out.set_metadata("note", note);
  add_slices(out, "", stage, weights);
}

void read_into(const io::Safetensors& file, const std::string& name, const Shape& shape, float* to) {
  if (!file.contains(name))
    fail(ErrorKind::checkpoint, file.path(), ": has no weights \"", name, "\"; it belongs to another model or version");
  if (file.info(name).shape != dims(shape))
    fail(ErrorKind::checkpoint, file.path(), ": \"", name, "\" has another shape than ", shape.text(), "; it belongs to another configuration");
  const std::vector<float> values = file.floats(name);
  std::copy(values.begin(), values.end(), to);
}

const std::string& metadata(const io::Safetensors& file, const std::string& key) {
  const auto it = file.metadata().find(key);
  if (it == file.metadata().end())
    fail(ErrorKind::checkpoint, file.path(), ": is not a stage of regrain (no \"", key, "\" in its header); regrain train makes one");
  return it->second;
}

std::optional<FrameCounts> frame_counts(const io::Safetensors& file) {
  const auto it = file.metadata().find("frames");
  if (it == file.metadata().end()) return {};
  try {
    const json j = json::parse(it->second);
    return FrameCounts{j.at("train"), j.at("validation"), j.at("test")};
  } catch (const json::exception& e) {
    fail(ErrorKind::checkpoint, file.path(), ": the numbers of frames stored in it are damaged (", e.what(), "); train again or take another copy");
  }
}

std::optional<ListSummary> list_of(const io::Safetensors& file) {
  const auto it = file.metadata().find("list");
  if (it == file.metadata().end()) return {};
  try {
    const json j = json::parse(it->second);
    return ListSummary{j.at("list"), j.at("train"), j.at("validation"), j.at("test"), j.at("residues"), j.at("hash")};
  } catch (const json::exception& e) {
    fail(ErrorKind::checkpoint, file.path(), ": what it was trained on is damaged (", e.what(), "); train again or take another copy");
  }
}

json state_to_json(const TrainingState& s) {
  return {{"epoch", s.epoch},
          {"batches_done", s.batches_done},
          {"step", s.step},
          {"sums", s.sums},
          {"validation", s.validation},
          {"best", s.best},
          {"plateau", {s.plateau.learning_rate, s.plateau.best, s.plateau.bad_epochs, s.plateau.cooldown_left}},
          {"early_stop", {s.early_stop.best, s.early_stop.bad_epochs}},
          {"finished", s.finished}};
}

// JSON knows no NaN: it is written as null.
std::vector<double> numbers(const json& list) {
  std::vector<double> values;
  for (const json& v : list) values.push_back(v.is_null() ? std::numeric_limits<double>::quiet_NaN() : v.get<double>());
  return values;
}

TrainingState state_from_json(const json& j) {
  TrainingState s;
  s.epoch = j.at("epoch");
  s.batches_done = j.at("batches_done");
  s.step = j.at("step");
  s.sums = j.at("sums").get<std::vector<double>>();
  s.validation = numbers(j.at("validation"));
  s.best = j.at("best");
  const json &p = j.at("plateau"), &e = j.at("early_stop");
  s.plateau = {p.at(0), p.at(1), p.at(2), p.at(3)};
  s.early_stop = {e.at(0), e.at(1)};
  s.finished = j.at("finished");
  return s;
}

}  // namespace

void save_model(Context& context, const std::string& path, Stage& stage, const io::Config& config, const TrainedOn& trained_on,
                const std::string& note) {
  io::SafetensorsWriter out;
  const Tensor<float> weights = stage.parameters().values_on_host(context);
  describe(out, stage, weights, config, trained_on, note);
  out.write(path, true);
}

void save_checkpoint(Context& context, const std::string& path, Stage& stage, const io::Config& config, const TrainedOn& trained_on,
                     Adam<float>& adam, const TrainingState& state, const FrameCounts& frames) {
  io::SafetensorsWriter out;
  const Tensor<float> weights = stage.parameters().values_on_host(context), first = to_host(context, adam.first_moment()),
                      second = to_host(context, adam.second_moment());
  describe(out, stage, weights, config, trained_on, concat("training state, epoch ", state.epoch));
  add_slices(out, "adam.first.", stage, first);
  add_slices(out, "adam.second.", stage, second);
  out.set_metadata("frames", json{{"train", frames.train}, {"validation", frames.validation}, {"test", frames.test}}.dump());
  out.set_metadata("training", state_to_json(state).dump());
  out.write(path, true);
}

StageFile load_stage(const std::string& path) {
  const io::Safetensors file = io::Safetensors::load(path);
  if (metadata(file, "format") != "regrain-stage-1")
    fail(ErrorKind::checkpoint, path, ": format \"", metadata(file, "format"), "\" is unknown to this version (", kVersion, ")");
  TrainedOn trained_on;
  trained_on.list = list_of(file);
  StageSetup& protein = trained_on.protein;
  if (!trained_on.list) {
    protein.fine = topology_from_json(metadata(file, "fine_topology"), path);
    protein.coarse = topology_from_json(metadata(file, "coarse_topology"), path);
  }
  try {
    io::Config config = parse_training_config(metadata(file, "config"), path + " (its config)");
    if (!trained_on.list) protein.map = io::parse_bead_map(metadata(file, "map"), path, protein.fine.n_atoms());
    StageFile out{std::move(config), std::move(trained_on), nullptr, metadata(file, "note"), frame_counts(file)};
    out.stage = make_stage(out.config, out.trained_on.protein);
    for (const auto& p : out.stage->parameters().all()) read_into(file, p.name, p.shape, p.value);
    return out;
  } catch (const Error& e) {
    if (e.kind() == ErrorKind::checkpoint) throw;
    fail(ErrorKind::checkpoint, path, ": the description stored in it is damaged (", e.what(), ")");
  }
}

TrainingState load_training_state(const std::string& path, Stage& stage, Adam<float>& adam) {
  const io::Safetensors file = io::Safetensors::load(path);
  TrainingState state;
  try {
    state = state_from_json(json::parse(metadata(file, "training")));
  } catch (const json::exception& e) {
    fail(ErrorKind::checkpoint, path, ": the training state stored in it is damaged (", e.what(), ")");
  }
  const float* base = stage.parameters().values().data();
  for (const auto& p : stage.parameters().all()) {
    read_into(file, p.name, p.shape, p.value);
    read_into(file, "adam.first." + p.name, p.shape, adam.first_moment().data() + (p.value - base));
    read_into(file, "adam.second." + p.name, p.shape, adam.second_moment().data() + (p.value - base));
  }
  adam.set_steps(state.step);
  return state;
}

}  // namespace regrain::driver
