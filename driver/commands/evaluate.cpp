// regrain evaluate: generated structures against the truth, as JSON.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "driver/chemistry.hpp"
#include "driver/commands/commands.hpp"
#include "driver/commands/talk.hpp"
#include "driver/metrics/evaluate.hpp"
#include "engine/errors.hpp"
#include "io/atomic_file.hpp"
#include "io/trajectory.hpp"

namespace regrain::driver {

namespace {

struct Options {
  std::string generated, reference, top, reference_top, map, out, z_drawn = "not stated";
  std::vector<std::string> training;
  bool force = false, drop_unknown = false;
};

std::string top_for(const std::string& path, const std::string& top) { return io::is_bare_trajectory(path) ? top : ""; }

// A map of alpha carbons, or of all atoms, as a map of these atoms.
io::BeadMap expand_map(const io::BeadMap& map, const io::Topology& topology, const std::string& path) {
  if (map.n_atoms() == topology.n_atoms()) return map;
  const std::vector<int> ca = io::alpha_carbons(topology, path);
  if (map.n_atoms() != static_cast<int>(ca.size()))
    fail(ErrorKind::input, path, ": maps ", map.n_atoms(), " particles, the structures have ", topology.n_atoms(), " atoms and ", ca.size(), " alpha carbons");
  io::BeadMap out = map;
  out.bead_of_atom.assign(static_cast<std::size_t>(topology.n_atoms()), -1);
  for (std::size_t i = 0; i < ca.size(); ++i) out.bead_of_atom[ca[i]] = map.bead_of_atom[i];
  return out;
}

std::vector<io::Frame> matching_frames(const io::Structure& all, const io::Topology& wanted, const std::string& path) {
  const std::vector<int> atoms = match_atoms(all.topology, wanted, path);
  std::vector<io::Frame> frames;
  for (const io::Frame& f : all.frames) frames.push_back(select_atoms(f, atoms));
  return frames;
}

// Without the second oxygens of chain ends that the truth doesn't show: files of crystals often leave them out.
io::Structure without_extra_ends(io::Structure generated, const io::Topology& truth) {
  if (truth.n_residues() != generated.topology.n_residues()) return generated;  // an error that is told elsewhere
  std::vector<int> kept;
  for (int a = 0; a < generated.topology.n_atoms(); ++a) {
    const io::Atom& atom = generated.topology.atoms[a];
    if (atom.name != "OXT" || truth.find_atom(atom.residue, "OXT") >= 0) kept.push_back(a);
  }
  if (static_cast<int>(kept.size()) == generated.topology.n_atoms()) return generated;
  say(concat(generated.topology.n_atoms() - static_cast<int>(kept.size()), " OXT of the generated structures are not in the reference and don't count"));
  for (io::Frame& f : generated.frames) f = select_atoms(f, kept);
  generated.topology = io::subset(generated.topology, kept);
  return generated;
}

void run(const Options& o) {
  if (!o.out.empty()) io::check_writable(o.out, o.force);
  const io::ReadOptions read{.drop_unknown = o.drop_unknown};
  const std::string reference_top = o.reference_top.empty() ? o.top : o.reference_top;
  const io::Structure truth = io::load_frames({o.reference}, top_for(o.reference, reference_top), read);
  const io::Structure generated = without_extra_ends(io::load_frames({o.generated}, top_for(o.generated, o.top), read), truth.topology);
  const std::vector<io::Frame> reference = matching_frames(truth, generated.topology, o.reference);
  if (reference.empty() || generated.frames.empty() || generated.frames.size() % reference.size() != 0)
    fail(ErrorKind::input, o.generated, ": ", generated.frames.size(), " structures for ", reference.size(), " frames of ", o.reference,
         "; each frame needs the same number of samples");
  const std::size_t n_samples = generated.frames.size() / reference.size();
  std::vector<std::vector<io::Frame>> samples;
  for (std::size_t f = 0; f < reference.size(); ++f)
    samples.emplace_back(generated.frames.begin() + f * n_samples, generated.frames.begin() + (f + 1) * n_samples);

  metrics::EvaluateOptions options;
  options.z_drawn = o.z_drawn;
  if (!o.map.empty()) options.map = expand_map(io::read_bead_map(o.map), generated.topology, o.map);
  if (!o.training.empty()) {
    if (o.map.empty()) fail(ErrorKind::usage, "--training: the baselines need to know the beads; give --map too");
    const io::Structure training = io::load_frames(o.training, top_for(o.training.front(), reference_top), read);
    options.training = matching_frames(training, generated.topology, o.training.front());
  }
  const metrics::Evaluation result = metrics::evaluate(generated.topology, reference, samples, options);
  if (o.out.empty()) std::cout << metrics::to_json(result) << "\n";
  else metrics::write_json(result, o.out, o.force);
}

}  // namespace

void add_evaluate(CLI::App& app) {
  auto o = std::make_shared<Options>();
  CLI::App* c = app.add_subcommand("evaluate", "compare generated structures with the truth");
  c->add_option("generated", o->generated, "structures, the samples of a frame together")->required();
  c->add_option("--reference", o->reference, "the true frames; may hold more atoms")->required();
  c->add_option("--top", o->top, "pdb or cif that names the atoms of a dcd or xtc");
  c->add_option("--reference-top", o->reference_top, "the same for the reference, if it differs");
  c->add_option("--map", o->map, "bead map (json), for bead displacement and baselines");
  c->add_option("--training", o->training, "training frames, for the baselines: mean structure, nearest frame, linear map");
  c->add_option("--z", o->z_drawn, "how latents were drawn, noted in the result");
  c->add_option("-o,--output", o->out, "json file; stdout if not given");
  c->add_flag("--drop-unknown", o->drop_unknown, "leave unknown residues out instead of stopping");
  c->add_flag("--force", o->force, "replace an existing output");
  c->callback([o] { run(*o); });
}

}  // namespace regrain::driver
