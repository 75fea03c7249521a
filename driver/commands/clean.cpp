// regrain clean: a structure as it was deposited -> the atoms regrain works with, of all chains or one.
#include <CLI/CLI.hpp>
#include <memory>

#include "driver/commands/commands.hpp"
#include "driver/commands/talk.hpp"
#include "engine/errors.hpp"
#include "io/atomic_file.hpp"
#include "io/checks.hpp"
#include "io/structure.hpp"

namespace regrain::driver {

namespace {

struct Options {
  std::string structure, chain, out;
  bool force = false, drop_unknown = false;
};

void run(const Options& o) {
  io::check_writable(o.out, o.force);
  io::Structure read = io::read_structure(o.structure, {.drop_unknown = o.drop_unknown, .max_models = 1, .chain = o.chain});
  if (const std::string changes = read.report.summary(); !changes.empty()) say(o.structure + ": " + changes);
  io::check_finite(read.topology, read.frames.front(), o.structure, 0);
  io::check_units(read.topology, read.frames.front(), o.structure);
  if (o.chain.size() > 1 && !o.out.ends_with("cif")) {
    say(concat(o.out, ": chain ", o.chain, " is written as A, since its name is too long for this format"));
    for (io::Chain& chain : read.topology.chains) chain.id = "A";
  }
  io::write_structure(o.out, read.topology, read.frames, {.force = o.force});
  say(concat(o.out, ": ", read.topology.n_residues(), " residues, ", read.topology.n_atoms(), " atoms"));
}

}  // namespace

void add_clean(CLI::App& app) {
  auto o = std::make_shared<Options>();
  CLI::App* c = app.add_subcommand("clean", "the protein's heavy atoms of a structure's first model: one altloc each, names as in the PDB, MSE as MET");
  c->add_option("structure", o->structure, "pdb or cif (.gz too)")->required();
  c->add_option("--chain", o->chain, "this chain alone (of a cif: its auth_asym_id)");
  c->add_option("-o,--output", o->out, "pdb or cif")->required();
  c->add_flag("--drop-unknown", o->drop_unknown, "leave unknown residues out instead of stopping");
  c->add_flag("--force", o->force, "replace an existing output");
  c->callback([o] { run(*o); });
}

}  // namespace regrain::driver
