#include "driver/coarse_input.hpp"

#include "driver/given_sequence.hpp"
#include "driver/stage_config.hpp"
#include "engine/errors.hpp"

namespace regrain::driver {

namespace {

// A trace whose residues are named apart from it: whatever its particles are called, if there is one a residue.
CoarseInput open_named_trace(const CoarseFiles& o) {
  const GivenSequence sequence(o.sequence);
  if (io::is_bare_trajectory(o.beads) && o.top.empty()) {
    CoarseInput in{sequence.trace(), io::TrajectoryReader::open(o.beads, sequence.n_residues()), {}, {}, {}};
    for (int i = 0; i < in.topology.n_atoms(); ++i) in.atoms.push_back(i);
    return in;
  }
  const std::string& names = o.top.empty() ? o.beads : o.top;
  const io::ReadOptions read{.beads = true};
  io::ReadOptions one = read;
  one.max_models = 1;
  const io::Structure top = io::read_structure(names, one);
  CoarseInput in{top.topology, io::TrajectoryReader::open(o.beads, top, read), {}, {}, {}};
  if (top.topology.n_atoms() != top.topology.n_residues()) {
    in.atoms = io::alpha_carbons(top.topology, names);
    in.topology = io::subset(top.topology, in.atoms);
  } else {
    for (int i = 0; i < in.topology.n_atoms(); ++i) in.atoms.push_back(i);
    for (io::Atom& atom : in.topology.atoms) atom = io::Atom{std::string("CA"), std::string("C"), atom.residue};
  }
  sequence.name_residues(in.topology, names);
  return in;
}

// Where residues have CM or CB and no CA.
void take_bead_trace(CoarseInput& in) {
  const io::Topology& file = in.file;
  int with_ca = 0, glycines = 0;
  for (int r = 0; r < file.n_residues(); ++r) {
    with_ca += file.find_atom(r, "CA") >= 0;
    glycines += file.residues[static_cast<std::size_t>(r)].name == "GLY";
  }
  for (const BeadKind kind : {BeadKind::residue, BeadKind::cb}) {
    const std::vector<int> beads = trace_beads(file, kind);
    // glycines of a trace of CB are a CA, and nothing but glycines is a trace of CA
    if (beads.empty() || with_ca != (kind == BeadKind::cb ? glycines : 0) || with_ca == file.n_residues()) continue;
    in.bead_trace.emplace(kind);
    in.atoms = beads;
    in.topology = BeadTrace::trace_of(io::subset(file, beads));
    return;
  }
}

}  // namespace

CoarseInput open_coarse(const CoarseFiles& o, const Stage& first) {
  // a per-system stage knows its beads; a transferable one needs the names of the residues
  const bool knows_beads = !is_transferable(first.kind());
  if (!o.sequence.empty()) {
    if (knows_beads)
      fail(ErrorKind::usage, "--sequence: names the residues of a trace, and the first stage, a ", first.kind(), " stage, starts from beads it knows");
    return open_named_trace(o);
  }
  const bool bare = io::is_bare_trajectory(o.beads);
  if (bare && o.top.empty()) {
    if (!knows_beads)
      fail(ErrorKind::usage, o.beads, ": holds no atom names, and this stage needs the sequence; name a pdb or cif with --top, or give it with --sequence");
    const io::Topology& t = first.coarse_topology();
    CoarseInput in{t, io::TrajectoryReader::open(o.beads, t.n_atoms()), {}, {}, {}};
    for (int i = 0; i < t.n_atoms(); ++i) in.atoms.push_back(i);
    return in;
  }
  const io::ReadOptions read{.beads = knows_beads, .drop_unknown = o.drop_unknown, .unknown_as_ca = first.keeps_unknown_residues()};
  const std::string& names = o.top.empty() ? o.beads : o.top;
  io::ReadOptions one = read;
  one.max_models = 1;
  const io::Structure top = io::read_structure(names, one);
  CoarseInput in{top.topology, io::TrajectoryReader::open(o.beads, top, read), {}, top.topology, {}};
  if (!knows_beads) {
    // a trace, or any structure that has one
    if (first.kind() == "allatom") take_bead_trace(in);
    if (!in.bead_trace) {
      in.atoms = io::alpha_carbons(top.topology, names);
      in.topology = io::subset(top.topology, in.atoms);
    }
  } else {
    for (int i = 0; i < in.topology.n_atoms(); ++i) in.atoms.push_back(i);
  }
  return in;
}

}  // namespace regrain::driver
