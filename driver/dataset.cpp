#include "driver/dataset.hpp"

#include "driver/chemistry.hpp"
#include "driver/interrupt.hpp"
#include "driver/list_dataset.hpp"
#include "driver/stage_config.hpp"
#include "engine/errors.hpp"
#include "io/checks.hpp"
#include "io/structure.hpp"
#include "io/trajectory.hpp"
#include "models/autograin/autograin.hpp"

namespace regrain::driver {

std::vector<const io::Frame*> Dataset::pick(const std::vector<int>& indices) const {
  std::vector<const io::Frame*> out;
  for (int i : indices) out.push_back(&frames[i]);
  return out;
}

namespace {

// A map of the particles; one entry a residue serves all particles of each residue.
io::BeadMap map_from_file(const std::string& path, const io::Topology& particles) {
  io::BeadMap map = io::read_bead_map(path);
  if (map.n_atoms() != particles.n_atoms()) {
    if (map.n_atoms() != particles.n_residues())
      fail(ErrorKind::input, path, ": maps ", map.n_atoms(), " particles; expected one entry for each of the ", particles.n_atoms(),
           " particles or the ", particles.n_residues(), " residues");
    std::vector<int> by_residue = std::move(map.bead_of_atom);
    map.bead_of_atom.clear();
    for (const io::Atom& atom : particles.atoms) map.bead_of_atom.push_back(by_residue[atom.residue]);
  }
  map.check(path);
  return map;
}

}  // namespace

io::BeadMap make_map(Context& context, const MapRequest& request, const io::Topology& particles,
                     const std::vector<const io::Frame*>& training, const std::string& file, const Talk& talk) {
  if (request.map == "ca") return io::ca_map(particles, file);
  if (request.map != "fixed" && request.map != "autograin") {
    return map_from_file(request.map, particles);
  }
  if (request.n_beads < 1 || request.n_beads > particles.n_atoms())
    fail(ErrorKind::input, file, ": ", request.n_beads, " beads for ", particles.n_atoms(), " particles; ask for 1 to ", particles.n_atoms(),
         " with --beads, or data.beads of a training file");
  if (request.map == "fixed") return io::contiguous_map(particles.n_atoms(), request.n_beads);
  models::AutograinSettings settings;
  settings.n_beads = request.n_beads;
  settings.seed = request.seed;
  // as many steps as the published training takes, whatever the number of frames
  constexpr int kSteps = 48000;
  const int used = std::min(static_cast<int>(training.size()), settings.max_frames);
  settings.epochs = kSteps / std::max(1, (used + settings.batch - 1) / settings.batch);
  std::vector<float> xyz;
  for (const io::Frame* f : training) xyz.insert(xyz.end(), f->xyz_A3.begin(), f->xyz_A3.end());
  talk(concat("learning a map of ", request.n_beads, " beads from ", training.size(), " frames"));
  const models::AutograinResult learned = models::learn_map(context, settings, particles.n_atoms(), xyz, [&](int, double) {
    if (interrupted()) fail(ErrorKind::interrupted, file, ": interrupted while learning the map; nothing was written");
  });
  io::BeadMap map;
  map.bead_of_atom = learned.bead_of_atom;
  map.n_beads = learned.n_beads;
  map.check("autograin");
  return map;
}

namespace {

// What of a structure a stage makes: its alpha carbons, its heavy atoms, or all that the file holds.
std::vector<int> fine_atoms(const io::Structure& s, const std::string& fine, const std::string& file) {
  if (fine == "ca") return io::alpha_carbons(s.topology, file);
  std::vector<int> all;
  for (int i = 0; i < s.topology.n_atoms(); ++i) all.push_back(i);
  return all;
}

// Frames of one protein.
Dataset load_frames_of_one(Context& context, const io::Config& config, const StageSetup* resumed, const Talk& talk) {
  const bool to_atoms = is_transferable(config.text("model.kind"));
  const std::string fine = to_atoms ? "heavy" : config.text("data.fine");
  const std::string& file = config.texts("data.trajectory").empty() ? config.file() : config.texts("data.trajectory").front();
  if (config.texts("data.trajectory").empty())
    fail(ErrorKind::input, config.file(), ": data.trajectory is empty; name at least one file of frames");

  const io::ReadOptions options{.beads = fine == "all", .drop_unknown = config.flag("data.drop_unknown")};
  const io::Structure read = io::load_frames(config.texts("data.trajectory"), config.text("data.topology"), options);
  if (const std::string changes = read.report.summary(); !changes.empty()) talk(file + ": " + changes);
  const std::vector<int> atoms = fine_atoms(read, fine, file);
  Dataset data;
  StageSetup setup;
  setup.fine = io::subset(read.topology, atoms);
  std::size_t n_frames = read.frames.size();
  if (const auto most = config.integer("data.max_frames"); most > 0) n_frames = std::min(n_frames, static_cast<std::size_t>(most));
  for (std::size_t f = 0; f < n_frames; ++f) {
    io::check_finite(read.topology, read.frames[f], file, static_cast<std::int64_t>(f));
    data.frames.push_back(select_atoms(read.frames[f], atoms));
  }
  if (data.frames.empty()) fail(ErrorKind::input, file, ": no frames to train on");
  io::check_units(setup.fine, data.frames.front(), file);

  if (resumed && topology_to_json(resumed->fine) != topology_to_json(setup.fine))
    fail(ErrorKind::input, file, ": has other particles (", setup.fine.n_atoms(), ", sequence ", sequence_of(setup.fine),
         ") than the run to be resumed (", resumed->fine.n_atoms(), ", sequence ", sequence_of(resumed->fine),
         "); put the file back that data.trajectory named then, or start anew");
  const std::uint64_t seed = static_cast<std::uint64_t>(config.integer("train.seed"));
  const int n = static_cast<int>(data.frames.size());
  data.split = config.text("data.split") == "random" ? io::random_split(n, seed) : io::contiguous_split(n);
  data.protein.assign(data.frames.size(), 0);

  if (to_atoms) {
    setup = protein_of_atoms(std::move(setup.fine), data.frames[static_cast<std::size_t>(data.split.train.front())], file);
  } else {
    if (resumed) setup.map = resumed->map;
    else
      setup.map = make_map(context, {config.text("data.map"), static_cast<int>(config.integer("data.beads")), seed}, setup.fine,
                           data.pick(data.split.train), file, talk);
    for (std::size_t i = 0; i < setup.map.bead_of_atom.size(); ++i)
      if (setup.map.bead_of_atom[i] < 0)
        fail(ErrorKind::input, file, ": particle ", i, " (", setup.fine.atoms[i].name, " of ", setup.fine.residue_label(setup.fine.atoms[i].residue),
             ") belongs to no bead of the map; a stage needs a bead for each");
    setup.coarse = io::bead_topology(setup.map, setup.fine);
  }
  data.proteins.push_back(setup);
  data.trained_on.protein = std::move(setup);
  return data;
}

}  // namespace

Dataset load_dataset(Context& context, const io::Config& config, const TrainedOn* resumed, const Talk& talk) {
  const bool many = is_transferable(config.text("model.kind")) && !config.text("data.list").empty();
  if (resumed && resumed->list.has_value() != many)
    fail(ErrorKind::input, config.file(), many ? ": names data.list, but the run to be resumed was trained on frames of one protein" : ": names data.trajectory, but the run to be resumed was trained on a list of structures",
         "; put the training file back as it was, or start anew");
  if (!many) return load_frames_of_one(context, config, resumed ? &resumed->protein : nullptr, talk);
  Dataset data = load_list(context, config, talk);
  if (resumed && !data.trained_on.list->same_data(*resumed->list))
    fail(ErrorKind::input, config.text("data.list"), ": gives other structures than the run to be resumed was trained on. Found ", data.trained_on.list->text(),
         "; expected ", resumed->list->text(), ": put the list and its files back as they were, or start anew");
  return data;
}

}  // namespace regrain::driver
