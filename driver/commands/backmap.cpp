// regrain backmap: coarse particles -> finer ones, through a list of stages.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>

#include "driver/allatom_topology.hpp"
#include "driver/chain.hpp"
#include "driver/chemistry.hpp"
#include "driver/coarse_input.hpp"
#include "driver/commands/commands.hpp"
#include "driver/commands/talk.hpp"
#include "driver/interrupt.hpp"
#include "driver/output_atoms.hpp"
#include "driver/stage_config.hpp"
#include "engine/device_choice.hpp"
#include "engine/errors.hpp"
#include "io/atomic_file.hpp"
#include "io/checks.hpp"
#include "io/trajectory.hpp"
#include "kernels/chi_draws.hpp"
#include "models/allatom/rebuild.hpp"

namespace regrain::driver {

namespace {

struct Options {
  CoarseFiles in;
  std::string out, posterior_from, posterior_top, device = "cpu", naming = "pdb";
  std::vector<std::string> stages;
  ChainOptions chain;
  int n_threads = 0;
  bool force = false, keep = false, hydrogens = false, tensor_cores = false;
};

// "in.pdb: 2 unknown residues keep their alpha carbon alone (A/UNK 5, A/XYZ 9)", the first ten by name.
void tell_unknown_residues(const io::Topology& trace, const std::string& file) {
  const std::vector<int> unknown = unknown_residues(trace);
  if (unknown.empty()) return;
  const bool one = unknown.size() == 1;
  say(concat("warning: ", file, ": ", unknown.size(), one ? " unknown residue keeps its" : " unknown residues keep their",
             " alpha carbon alone (", labels_of(trace, unknown, 10), "); --drop-unknown leaves ", one ? "it" : "them", " out"));
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

constexpr int kMostSamples = 65535;
constexpr int kManyParticles = 1 << 18;  // coarse ones of structures that are refined together, if these are of several frames

void check_options(const Options& o) {
  if (o.chain.n_samples < 1 || o.chain.n_samples > kMostSamples)
    fail(ErrorKind::usage, "-n: ", o.chain.n_samples, " samples; 1 to ", kMostSamples, " are possible");
  if (o.chain.n_samples > kMostSamples / o.chain.best_of)
    fail(ErrorKind::usage, "--best-of: ", o.chain.n_samples, " samples of ", o.chain.best_of, " candidates each; ", kMostSamples,
         " candidates of a frame are possible");
}

void check_keeps(const Chain& chain) {
  const std::string kind = chain.stages().front().stage->kind();
  if (kind != "allatom" || chain.stages().size() > 1)
    fail(ErrorKind::usage, "--keep: the input's atoms can be kept where one allatom stage makes all atoms of alpha carbons; this chain of ",
         chain.stages().size(), " stages begins with a ", kind, " stage");
}

bool has_allatom(const Chain& chain) {
  return std::any_of(chain.stages().begin(), chain.stages().end(), [](const StageFile& s) { return s.stage->kind() == "allatom"; });
}

std::string moved_trace(const std::string& what, const models::allatom::TraceFixes& f) {
  return concat(what, ": alpha carbons moved by ", std::round(100 * f.rms()) / 100, " A rms and ", std::round(100 * f.largest) / 100, " A at most in ", f.n_frames,
                " traces, which had ", f.n_bonds, " bonds, ", f.n_bends, " bends and ", f.n_overlaps, " pairs of residues off by more than 0.1 A",
                f.remaining > models::allatom::TraceShape{}.tolerance ? concat("; up to ", std::round(100 * f.remaining) / 100, " A are left") : std::string());
}

// How many atoms besides alpha carbons are kept, of how many.
std::string kept_atoms(const KnownAtoms& known, const io::Topology& made) {
  std::size_t n = 0;
  for (const auto* xyz : {&known.atoms_N14_3, &known.oxt_N3})
    for (std::size_t i = 0; i < xyz->size(); i += 3) n += !std::isnan((*xyz)[i]);
  return concat("kept ", n, " of ", made.n_atoms(), " atoms, alpha carbons included");
}

// The file that is written, opened with the first structure: which atoms all of them have may depend on it.
class Output {
 public:
  Output(const std::string& path, const io::Topology& made, const OutputOptions& options, const io::WriteOptions& write, const io::Frame* first)
      : atoms_(made, options, first), writer_(io::TrajectoryWriter::open(path, atoms_.topology(), write)) {
    for (const std::string& note : atoms_.notes()) say(note);
  }
  void write(Cpu be, const io::Frame& made) { writer_.write(atoms_.convert(be, made)); }
  void close() { writer_.close(); }
  int n_atoms() const { return atoms_.topology().n_atoms(); }

 private:
  OutputAtoms atoms_;
  io::TrajectoryWriter writer_;
};

void run(const Options& o) {
  watch_for_interrupts();
  io::check_writable(o.out, o.force);
  check_options(o);
  const OutputOptions output_options{o.hydrogens, naming_of(o.naming)};
  const DeviceChoice device = choose_device(o.device, o.tensor_cores);
  Chain chain(o.stages);
  if (o.keep) check_keeps(chain);
  if (o.keep && !o.in.sequence.empty()) fail(ErrorKind::usage, "--keep and --sequence: atoms are kept by the names their file gives them; leave one out");
  if (o.keep && o.chain.refine.fix_ca)
    fail(ErrorKind::usage, "--keep and --fix-ca: atoms that stay can't be kept on alpha carbons that move; leave one out");
  if (o.chain.refine.fix_ca && !has_allatom(chain)) fail(ErrorKind::usage, "--fix-ca: moves the trace that an allatom stage starts from; this chain has none");
  CoarseInput in = open_coarse(o.in, *chain.stages().front().stage);
  std::optional<models::allatom::Sequence> sequence;
  if (in.bead_trace) {
    if (o.keep) fail(ErrorKind::usage, "--keep: ", o.in.beads, " has no alpha carbons to keep atoms on, its beads are ", in.bead_trace->text());
    sequence = sequence_of_trace(in.topology, o.in.beads, UnknownResidues::as_alanine);
    say("a trace of " + in.bead_trace->text() + ": alpha carbons are put where residues with such beads have them");
  }
  const std::vector<io::Topology> topologies = chain.topologies(in.topology, o.in.beads);
  check_output_atoms(topologies.back(), output_options);
  if (chain.stages().front().stage->keeps_unknown_residues()) tell_unknown_residues(in.topology, o.in.top.empty() ? o.in.beads : o.in.top);
  std::optional<Truth> truth;
  if (!o.posterior_from.empty()) {
    truth.emplace(o.posterior_from, o.posterior_top.empty() ? o.in.top : o.posterior_top, o.in.drop_unknown, topologies);
    say("latents are drawn from the POSTERIOR, which has seen " + o.posterior_from + ": a reconstruction, not a prediction");
  }
  io::WriteOptions write{.force = o.force};
  write.remarks.push_back(truth ? "LATENTS DRAWN FROM THE POSTERIOR, WHICH HAS SEEN THE TRUE STRUCTURE" : "LATENTS DRAWN FROM THE PRIOR");
  if (o.hydrogens) write.remarks.push_back("HYDROGENS PLACED BY IDEAL GEOMETRY");
  std::optional<Output> output;
  Context context(device.device, o.n_threads, device.index);
  context.use_tensor_cores(device.tensor_cores);
  chain.move_to(context);
  if (o.device == "auto") say("working on " + device.text());
  SideBeads beads;
  if (chain.stages().front().stage->kind() == "allatom" && in.file.n_atoms() > 0) beads = side_beads(in.file, in.atoms);
  const bool has_beads = beads.n_side_chains + beads.n_residues > 0;
  if (has_beads)
    say(concat("side chains follow beads: centres of mass of ", beads.n_side_chains, " side chains (SC, SC1 to SC5) and ", beads.n_residues,
               " residues (CM)"));
  models::allatom::TraceFixes mended;
  io::Frame frame;
  std::uint32_t number = 0;
  std::vector<Chain::Input> waiting;  // frames read, to be refined together
  const int structures = std::min(o.chain.batch, kManyParticles / std::max(1, in.topology.n_atoms()));
  const int together = std::max(1, structures / (o.chain.n_samples * o.chain.best_of));
  const auto refine_waiting = [&] {
    const std::vector<io::Frame> made = chain.refine(context, topologies, waiting, o.chain);
    for (std::size_t i = 0; i < made.size(); ++i) {
      io::check_finite(topologies.back(), made[i], o.out, waiting[i / static_cast<std::size_t>(o.chain.n_samples)].number);
      if (!output) output.emplace(o.out, topologies.back(), output_options, write, &made[i]);
      output->write(context.host(), made[i]);
    }
    waiting.clear();
  };
  for (; in.reader.next(frame); ++number) {
    io::Frame coarse = select_atoms(frame, in.atoms);
    io::check_finite(in.topology, coarse, o.in.beads, number);
    io::check_extent(in.topology, coarse, o.in.beads, number);
    if (in.bead_trace) in.bead_trace->shift(context, *sequence, coarse);
    if (number == 0) io::check_units(in.topology, coarse, o.in.beads);
    if (in.bead_trace) mended.add(BeadTrace::mend(context, *sequence, coarse));
    Chain::Input input{std::move(coarse), number};
    if (truth) input.truth = truth->frame(number);
    if (o.keep || has_beads) io::check_finite(in.file, frame, o.in.beads, number), input.known.emplace();
    if (o.keep) {
      know_atoms(in.file, in.atoms, frame, *input.known);
      if (number == 0) say(kept_atoms(*input.known, topologies.back()));
    }
    if (has_beads) know_beads(beads, frame, *input.known);
    waiting.push_back(std::move(input));
    if (static_cast<int>(waiting.size()) == together) refine_waiting();
    if (interrupted()) fail(ErrorKind::interrupted, o.out, ": interrupted after ", number + 1, " frames; nothing was written");
  }
  refine_waiting();
  if (number == 0) fail(ErrorKind::input, o.in.beads, ": holds no frame; expected at least one: is the file cut short?");
  output->close();
  if (const std::string note = in.reader.note(); !note.empty()) say(note);
  if (mended.n_frames > 0) say(moved_trace(in.bead_trace->text() + " trace", mended));
  for (const RefineMemory& m : chain.memory())
    if (m.fixes.n_frames > 0) say(moved_trace("--fix-ca", m.fixes));
  say(concat(o.out, ": ", number, " frames x ", o.chain.n_samples, " samples, ", output->n_atoms(), " particles, latents from the ",
             truth ? "posterior" : "prior"));
}

}  // namespace

void add_backmap(CLI::App& app) {
  auto o = std::make_shared<Options>();
  CLI::App* c = app.add_subcommand("backmap", "make finer particles from coarse ones");
  c->add_option("beads", o->in.beads, "coarse particles: pdb, cif (.gz too), dcd or xtc")->required();
  c->add_option("--top", o->in.top, "pdb or cif that names the particles of a dcd or xtc");
  c->add_option("--sequence", o->in.sequence, "residues of a trace whose file doesn't name them: one-letter codes, chains apart by /, or a FASTA file");
  c->add_option("--stages", o->stages, "model files, coarsest first; allatom, as if none are given: the shipped stage from alpha carbons to all atoms")
      ->expected(1, 1000);
  c->add_option("-n,--samples", o->chain.n_samples, "structures for each input frame");
  c->add_flag("--sample", o->chain.refine.sample, "all atoms: a random draw of the side chains in place of the most plausible one");
  c->add_option("--temperature", o->chain.refine.temperature, concat("all atoms: spread of the draws; 1 with --sample, else ", models::allatom::kPlausibleTemperature))
      ->check(CLI::Range(0.01, 10.0));
  c->add_option("--draws", o->chain.refine.draws, "all atoms: draws of every side chain to pick from")->check(CLI::Range(1, kernels::kMostDraws));
  c->add_option("--members", o->chain.refine.members, "all atoms: how many of the model's members make the draws, fewer are faster; not given: all")
      ->check(CLI::Range(1, 1000));
  c->add_flag("!--no-relax", o->chain.refine.relax, "all atoms: leave overlaps as they are picked");
  c->add_flag("--keep", o->keep, "all atoms: atoms the input has besides alpha carbons stay, and what is missing is built onto them");
  c->add_flag("--fix-ca", o->chain.refine.fix_ca,
              "all atoms: move alpha carbons, as little as it takes, to where bonds, bends and distances are those of proteins");
  c->add_option("--best-of", o->chain.best_of, "candidates of each sample, of which the one with the fewest overlaps is written")
      ->check(CLI::Range(1, kMostSamples));
  c->add_flag("--hydrogens", o->hydrogens,
              "add all hydrogens to the atoms of the last stage, as at pH 7; HIS has HE2 unless the input calls it HSD, HID, HSP or HIP, "
              "CYS has HG unless its SG is bonded in the first structure");
  c->add_option("--naming", o->naming,
                "names and order of atoms: pdb; amber (HIE, CYX, hydrogens behind their atoms); charmm (HSE, HN, HB1, ILE CD, OT1: also for "
                "CHARMM in GROMACS); gromacs (for pdb2gmx with AMBER force fields: HISE, HB1, ILE CD, OC1)");
  c->add_option("--seed", o->chain.seed, "of the latents; a draw depends on seed, frame and sample alone");
  c->add_option("--threads", o->n_threads, "0: all cores; the result doesn't depend on it");
  c->add_option("--device", o->device, kDeviceHelp);
  c->add_flag("--tensor-cores", o->tensor_cores, kTensorCoresHelp);
  c->add_option("--batch", o->chain.batch, "structures made together; the result doesn't depend on it")->check(CLI::Range(1, 100000));
  c->add_option("--posterior-from", o->posterior_from,
                "draw latents from the posterior that sees these true structures, for comparison with publications");
  c->add_option("--posterior-top", o->posterior_top, "names the atoms of those, if they are dcd or xtc; --top if not given");
  c->add_option("-o,--output", o->out, "pdb, cif, dcd or xtc; the samples of a frame stand together")->required();
  c->add_flag("--drop-unknown", o->in.drop_unknown, "leave unknown residues out; else allatom keeps their alpha carbons, and other stages stop");
  c->add_flag("--force", o->force, "replace an existing output");
  c->callback([o] { run(*o); });
}

}  // namespace regrain::driver
