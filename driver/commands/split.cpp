// regrain split: the training, validation or test frames of a trajectory, as training takes them.
#include <CLI/CLI.hpp>
#include <memory>

#include "driver/commands/commands.hpp"
#include "driver/commands/talk.hpp"
#include "engine/errors.hpp"
#include "io/atomic_file.hpp"
#include "io/checks.hpp"
#include "io/split.hpp"
#include "io/trajectory.hpp"

namespace regrain::driver {

namespace {

struct Options {
  std::vector<std::string> trajectory;
  std::string top, part = "test", kind = "contiguous", out;
  std::uint64_t seed = 1;
  bool beads = false, force = false, drop_unknown = false;
};

void run(const Options& o) {
  io::check_writable(o.out, o.force);
  const io::Structure read = io::load_frames(o.trajectory, o.top, {.beads = o.beads, .drop_unknown = o.drop_unknown});
  for (std::size_t f = 0; f < read.frames.size(); ++f)
    io::check_finite(read.topology, read.frames[f], o.trajectory.front(), static_cast<std::int64_t>(f));
  const int n = static_cast<int>(read.frames.size());
  const io::Split split = o.kind == "random" ? io::random_split(n, o.seed) : io::contiguous_split(n);
  const std::vector<int>& frames = o.part == "train" ? split.train : o.part == "test" ? split.test : split.validation;
  if (frames.empty()) fail(ErrorKind::input, o.trajectory.front(), ": ", n, " frames leave none for ", o.part, "; three are needed at least");
  auto writer = io::TrajectoryWriter::open(o.out, read.topology, {.force = o.force}, static_cast<std::int64_t>(frames.size()));
  for (int f : frames) writer.write(read.frames[f]);
  writer.close();
  say(concat(o.out, ": ", frames.size(), " of ", n, " frames"));
}

}  // namespace

void add_split(CLI::App& app) {
  auto o = std::make_shared<Options>();
  CLI::App* c = app.add_subcommand("split", "write the training, validation or test frames of a trajectory");
  c->add_option("trajectory", o->trajectory, "pdb, cif (.gz too), dcd or xtc files, joined")->required();
  c->add_option("--top", o->top, "pdb or cif that names the atoms of a dcd or xtc");
  c->add_option("--part", o->part, "which frames")->check(CLI::IsMember({"train", "validation", "test"}));
  c->add_option("--split", o->kind, "80-10-10 in time, or drawn at random by the seed")->check(CLI::IsMember({"contiguous", "random"}));
  c->add_option("--seed", o->seed, "of the random split, as train.seed");
  c->add_flag("--beads", o->beads, "particles of any name, not proteins");
  c->add_option("-o,--output", o->out, "pdb, cif, dcd or xtc")->required();
  c->add_flag("--drop-unknown", o->drop_unknown, "leave unknown residues out instead of stopping");
  c->add_flag("--force", o->force, "replace an existing output");
  c->callback([o] { run(*o); });
}

}  // namespace regrain::driver
