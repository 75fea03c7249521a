// regrain coarsen: fine particles -> beads, or the map itself.
#include <CLI/CLI.hpp>
#include <memory>

#include "driver/chemistry.hpp"
#include "driver/commands/commands.hpp"
#include "driver/commands/talk.hpp"
#include "driver/dataset.hpp"
#include "driver/interrupt.hpp"
#include "engine/errors.hpp"
#include "io/atomic_file.hpp"
#include "io/checks.hpp"
#include "io/trajectory.hpp"

namespace regrain::driver {

namespace {

struct Options {
  std::vector<std::string> trajectory;
  std::string top, map = "ca", particles = "ca", out;
  int n_beads = 0, n_threads = 0;
  std::uint64_t seed = 1;
  bool force = false, drop_unknown = false;
};

void run(const Options& o) {
  if (o.map == "autograin") watch_for_interrupts();
  io::check_writable(o.out, o.force);
  const io::Structure read = io::load_frames(o.trajectory, o.top, {.beads = o.particles == "all", .drop_unknown = o.drop_unknown});
  const std::string& file = o.trajectory.front();
  if (const std::string changes = read.report.summary(); !changes.empty()) say(file + ": " + changes);
  for (std::size_t f = 0; f < read.frames.size(); ++f)
    io::check_finite(read.topology, read.frames[f], file, static_cast<std::int64_t>(f));
  if (!read.frames.empty()) io::check_units(read.topology, read.frames.front(), file);

  const bool heavy = o.particles != "ca" || o.map == "ca";
  std::vector<int> atoms;
  if (heavy) for (int i = 0; i < read.topology.n_atoms(); ++i) atoms.push_back(i);
  else atoms = io::alpha_carbons(read.topology, file);
  const io::Topology particles = io::subset(read.topology, atoms);
  std::vector<io::Frame> frames;
  for (const io::Frame& f : read.frames) frames.push_back(select_atoms(f, atoms));

  Context context(o.n_threads);
  std::vector<const io::Frame*> training;
  for (const io::Frame& f : frames) training.push_back(&f);
  const io::BeadMap map = make_map(context, {o.map, o.n_beads, o.seed}, particles, training, file, say);
  if (o.out.ends_with(".json")) {
    io::write_bead_map(o.out, map, o.force);
  } else {
    // alpha carbons keep their names, so that a later stage knows the sequence
    const io::Topology beads = o.map == "ca" ? io::subset(particles, io::alpha_carbons(particles, file)) : io::bead_topology(map, particles);
    auto writer = io::TrajectoryWriter::open(o.out, beads, {.force = o.force, .connect_beads = true}, static_cast<std::int64_t>(frames.size()));
    for (const io::Frame& f : frames) writer.write(io::apply(map, f));
    writer.close();
  }
  say(concat(o.out, ": ", map.n_beads, " beads for ", particles.n_atoms(), " particles, ", frames.size(), " frames"));
}

}  // namespace

void add_coarsen(CLI::App& app) {
  auto o = std::make_shared<Options>();
  CLI::App* c = app.add_subcommand("coarsen", "turn a structure or trajectory into beads, or write the map");
  c->add_option("trajectory", o->trajectory, "pdb, cif (.gz too), dcd or xtc files, joined")->required();
  c->add_option("--top", o->top, "pdb or cif that names the atoms of a dcd or xtc");
  c->add_option("--map", o->map, "ca, fixed (equal pieces of the sequence), autograin (learned from the frames), or a map's file");
  c->add_option("--beads", o->n_beads, "number of beads for fixed and autograin");
  c->add_option("--particles", o->particles, "what beads are made of: alpha carbons, heavy atoms, or all that the file holds")
      ->check(CLI::IsMember({"ca", "heavy", "all"}));
  c->add_option("--seed", o->seed, "of the learned map");
  c->add_option("--threads", o->n_threads, "0: all cores");
  c->add_option("-o,--output", o->out, "beads as pdb, cif, dcd or xtc; or the map as json")->required();
  c->add_flag("--drop-unknown", o->drop_unknown, "leave unknown residues out instead of stopping");
  c->add_flag("--force", o->force, "replace an existing output");
  c->callback([o] { run(*o); });
}

}  // namespace regrain::driver
