// regrain backmap: coarse particles -> finer ones, through a list of stages.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <optional>

#include "driver/allatom_topology.hpp"
#include "driver/chain.hpp"
#include "driver/chemistry.hpp"
#include "driver/commands/commands.hpp"
#include "driver/commands/talk.hpp"
#include "driver/interrupt.hpp"
#include "driver/stage_config.hpp"
#include "engine/device_choice.hpp"
#include "engine/errors.hpp"
#include "io/atomic_file.hpp"
#include "io/checks.hpp"
#include "io/trajectory.hpp"

namespace regrain::driver {

namespace {

struct Options {
  std::string beads, top, out, posterior_from, posterior_top, device = "cpu";
  std::vector<std::string> stages;
  ChainOptions chain;
  int n_threads = 0;
  bool force = false, drop_unknown = false;
};

// Coarse frames one by one, and what they are frames of.
struct CoarseInput {
  io::Topology topology;
  io::TrajectoryReader reader;
  std::vector<int> atoms;  // of a file's frame
};

CoarseInput open_coarse(const Options& o, const Stage& first) {
  // a per-system stage knows its beads; a transferable one needs the names of the residues
  const bool knows_beads = !is_transferable(first.kind());
  const bool bare = io::is_bare_trajectory(o.beads);
  if (bare && o.top.empty()) {
    if (!knows_beads)
      fail(ErrorKind::usage, o.beads, ": holds no atom names, and this stage needs the sequence; name a pdb or cif with --top");
    const io::Topology& t = first.coarse_topology();
    CoarseInput in{t, io::TrajectoryReader::open(o.beads, t.n_atoms()), {}};
    for (int i = 0; i < t.n_atoms(); ++i) in.atoms.push_back(i);
    return in;
  }
  const io::ReadOptions read{.beads = knows_beads, .drop_unknown = o.drop_unknown, .unknown_as_ca = first.keeps_unknown_residues()};
  const std::string& names = o.top.empty() ? o.beads : o.top;
  io::ReadOptions one = read;
  one.max_models = 1;
  const io::Structure top = io::read_structure(names, one);
  CoarseInput in{top.topology, io::TrajectoryReader::open(o.beads, top, read), {}};
  if (!knows_beads) {
    // a trace, or any structure that has one
    in.atoms = io::alpha_carbons(top.topology, names);
    in.topology = io::subset(top.topology, in.atoms);
  } else {
    for (int i = 0; i < in.topology.n_atoms(); ++i) in.atoms.push_back(i);
  }
  return in;
}

// "in.pdb: 2 unknown residues keep their alpha carbon alone (A/UNK 5, A/XYZ 9)", the first ten by name.
void tell_unknown_residues(const io::Topology& trace, const std::string& file) {
  constexpr std::size_t kNamed = 10;
  const std::vector<std::string> labels = unknown_residues(trace);
  if (labels.empty()) return;
  std::string named;
  for (std::size_t i = 0; i < std::min(labels.size(), kNamed); ++i) named += (i ? ", " : "") + labels[i];
  if (labels.size() > kNamed) named += concat(" and ", labels.size() - kNamed, " more");
  const bool one = labels.size() == 1;
  say(concat("warning: ", file, ": ", labels.size(), one ? " unknown residue keeps its" : " unknown residues keep their",
             " alpha carbon alone (", named, "); --drop-unknown leaves ", one ? "it" : "them", " out"));
}

// True particles of every stage, frame by frame, out of one file.
class Truth {
 public:
  Truth(const std::string& path, const std::string& top, bool drop_unknown, const std::vector<io::Topology>& topologies)
      : structure_(io::load_frames({path}, io::is_bare_trajectory(path) ? top : "", {.drop_unknown = drop_unknown})) {
    for (std::size_t s = 1; s < topologies.size(); ++s) atoms_.push_back(match_atoms(structure_.topology, topologies[s], path));
    path_ = path;
  }
  std::vector<io::Frame> frame(std::size_t f) const {
    if (f >= structure_.frames.size())
      fail(ErrorKind::input, path_, ": has ", structure_.frames.size(), " frames, fewer than the beads; they must correspond one to one");
    std::vector<io::Frame> out;
    for (const auto& atoms : atoms_) out.push_back(select_atoms(structure_.frames[f], atoms));
    return out;
  }

 private:
  io::Structure structure_;
  std::vector<std::vector<int>> atoms_;
  std::string path_;
};

void run(const Options& o) {
  watch_for_interrupts();
  io::check_writable(o.out, o.force);
  if (o.chain.n_samples < 1 || o.chain.n_samples > 65535)
    fail(ErrorKind::usage, "-n: ", o.chain.n_samples, " samples; 1 to 65535 are possible");
  const DeviceChoice device = choose_device(o.device);
  Chain chain(o.stages);
  CoarseInput in = open_coarse(o, *chain.stages().front().stage);
  const std::vector<io::Topology> topologies = chain.topologies(in.topology, o.beads);
  if (chain.stages().front().stage->keeps_unknown_residues()) tell_unknown_residues(in.topology, o.top.empty() ? o.beads : o.top);
  std::optional<Truth> truth;
  if (!o.posterior_from.empty()) {
    truth.emplace(o.posterior_from, o.posterior_top.empty() ? o.top : o.posterior_top, o.drop_unknown, topologies);
    say("latents are drawn from the POSTERIOR, which has seen " + o.posterior_from + ": a reconstruction, not a prediction");
  }
  io::WriteOptions write{.force = o.force};
  write.remarks.push_back(truth ? "LATENTS DRAWN FROM THE POSTERIOR, WHICH HAS SEEN THE TRUE STRUCTURE" : "LATENTS DRAWN FROM THE PRIOR");
  auto writer = io::TrajectoryWriter::open(o.out, topologies.back(), write);
  Context context(device.device, o.n_threads, device.index);
  chain.move_to(context);
  if (o.device == "auto") say("working on " + device.text());
  io::Frame frame;
  std::uint32_t number = 0;
  for (; in.reader.next(frame); ++number) {
    io::Frame coarse = select_atoms(frame, in.atoms);
    io::check_finite(in.topology, coarse, o.beads, number);
    io::check_extent(in.topology, coarse, o.beads, number);
    if (number == 0) io::check_units(in.topology, coarse, o.beads);
    std::vector<io::Frame> true_frames;
    if (truth) true_frames = truth->frame(number);
    const auto samples = chain.refine(context, topologies, coarse, number, o.chain, truth ? &true_frames : nullptr);
    for (const io::Frame& s : samples) {
      io::check_finite(topologies.back(), s, o.out, number);
      writer.write(s);
    }
    if (interrupted()) fail(ErrorKind::interrupted, o.out, ": interrupted after ", number + 1, " frames; nothing was written");
  }
  if (number == 0) fail(ErrorKind::input, o.beads, ": holds no frame; expected at least one: is the file cut short?");
  writer.close();
  if (const std::string note = in.reader.note(); !note.empty()) say(note);
  say(concat(o.out, ": ", number, " frames x ", o.chain.n_samples, " samples, ", topologies.back().n_atoms(), " particles, latents from the ",
             truth ? "posterior" : "prior"));
}

}  // namespace

void add_backmap(CLI::App& app) {
  auto o = std::make_shared<Options>();
  CLI::App* c = app.add_subcommand("backmap", "make finer particles from coarse ones");
  c->add_option("beads", o->beads, "coarse particles: pdb, cif (.gz too), dcd or xtc")->required();
  c->add_option("--top", o->top, "pdb or cif that names the particles of a dcd or xtc");
  c->add_option("--stages", o->stages, "model files, coarsest first; allatom, as if none are given: the shipped stage from alpha carbons to all atoms")
      ->expected(1, 1000);
  c->add_option("-n,--samples", o->chain.n_samples, "structures for each input frame");
  c->add_flag("--sample", o->chain.refine.sample, "all atoms: a random draw of the side chains in place of the most plausible one");
  c->add_option("--temperature", o->chain.refine.temperature, "all atoms: spread of the draws")->check(CLI::Range(0.01, 10.0));
  c->add_option("--draws", o->chain.refine.draws, "all atoms: draws of every side chain to pick from")->check(CLI::Range(1, 64));
  c->add_flag("!--no-relax", o->chain.refine.relax, "all atoms: leave overlaps as they are picked");
  c->add_option("--seed", o->chain.seed, "of the latents; a draw depends on seed, frame and sample alone");
  c->add_option("--threads", o->n_threads, "0: all cores; the result doesn't depend on it");
  c->add_option("--device", o->device, kDeviceHelp);
  c->add_option("--batch", o->chain.batch, "samples made together; the result doesn't depend on it")->check(CLI::Range(1, 100000));
  c->add_option("--posterior-from", o->posterior_from,
                "draw latents from the posterior that sees these true structures, for comparison with publications");
  c->add_option("--posterior-top", o->posterior_top, "names the atoms of those, if they are dcd or xtc; --top if not given");
  c->add_option("-o,--output", o->out, "pdb, cif, dcd or xtc; the samples of a frame stand together")->required();
  c->add_flag("--drop-unknown", o->drop_unknown, "leave unknown residues out; else allatom keeps their alpha carbons, and other stages stop");
  c->add_flag("--force", o->force, "replace an existing output");
  c->callback([o] { run(*o); });
}

}  // namespace regrain::driver
