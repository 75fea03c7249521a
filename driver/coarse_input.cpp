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
    CoarseInput in{sequence.trace(), io::TrajectoryReader::open(o.beads, sequence.n_residues()), {}, {}};
    for (int i = 0; i < in.topology.n_atoms(); ++i) in.atoms.push_back(i);
    return in;
  }
  const std::string& names = o.top.empty() ? o.beads : o.top;
  const io::ReadOptions read{.beads = true};
  io::ReadOptions one = read;
  one.max_models = 1;
  const io::Structure top = io::read_structure(names, one);
  CoarseInput in{top.topology, io::TrajectoryReader::open(o.beads, top, read), {}, {}};
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
    CoarseInput in{t, io::TrajectoryReader::open(o.beads, t.n_atoms()), {}, {}};
    for (int i = 0; i < t.n_atoms(); ++i) in.atoms.push_back(i);
    return in;
  }
  const io::ReadOptions read{.beads = knows_beads, .drop_unknown = o.drop_unknown, .unknown_as_ca = first.keeps_unknown_residues()};
  const std::string& names = o.top.empty() ? o.beads : o.top;
  io::ReadOptions one = read;
  one.max_models = 1;
  const io::Structure top = io::read_structure(names, one);
  CoarseInput in{top.topology, io::TrajectoryReader::open(o.beads, top, read), {}, top.topology};
  if (!knows_beads) {
    // a trace, or any structure that has one
    in.atoms = io::alpha_carbons(top.topology, names);
    in.topology = io::subset(top.topology, in.atoms);
  } else {
    for (int i = 0; i < in.topology.n_atoms(); ++i) in.atoms.push_back(i);
  }
  return in;
}

}  // namespace regrain::driver
