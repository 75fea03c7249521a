#include "driver/allatom_topology.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/errors.hpp"
#include "models/allatom/side_chain_beads.hpp"

namespace regrain::driver {

namespace {

namespace m = models::allatom;

constexpr const char* kTerminalOxygen = "OXT";
constexpr const char* kStandIn = "ALA";  // for a residue without a template: a backbone and as little else as most have

// Every residue with a template has more.
bool is_alpha_carbon_alone(const io::Residue& residue) { return residue.n_atoms == 1; }

std::size_t slot_place(int residue, int slot) { return 3 * static_cast<std::size_t>(residue * kernels::kResidueSlots + slot); }

std::string element_of(int type, int slot) {
  switch (m::class_of_slot(type, slot)) {
    case kernels::AtomClass::carbon: return "C";
    case kernels::AtomClass::nitrogen: return "N";
    case kernels::AtomClass::oxygen: return "O";
    case kernels::AtomClass::sulfur: return "S";
    case kernels::AtomClass::phosphorus: return "P";
  }
  return "X";
}

// O mirrored at the axis CA -> C: the other oxygen of a carboxyl group.
void opposite_oxygen(const float* ca, const float* c, const float* o, float* oxt) {
  double axis[3], length = 0, along = 0;
  for (int k = 0; k < 3; ++k) axis[k] = c[k] - ca[k], length += axis[k] * axis[k];
  length = std::sqrt(std::max(length, 1e-12));
  for (int k = 0; k < 3; ++k) axis[k] /= length, along += axis[k] * (o[k] - c[k]);
  for (int k = 0; k < 3; ++k) oxt[k] = static_cast<float>(c[k] + 2 * along * axis[k] - (o[k] - c[k]));
}

}  // namespace

m::Sequence sequence_of_trace(const io::Topology& trace, const std::string& file, UnknownResidues unknown) {
  if (trace.n_atoms() != trace.n_residues())
    fail(ErrorKind::input, file, ": ", trace.n_atoms(), " particles in ", trace.n_residues(),
         " residues; this stage starts from one alpha carbon a residue (regrain coarsen --map ca makes them)");
  m::Sequence s;
  for (int r = 0; r < trace.n_residues(); ++r) {
    int type = m::type_of_residue(trace.residues[static_cast<std::size_t>(r)].name);
    if (type < 0 && unknown == UnknownResidues::as_alanine && trace.atoms[static_cast<std::size_t>(r)].name == "CA")
      type = m::type_of_residue(kStandIn);
    if (type < 0)
      fail(ErrorKind::input, file, ": ", trace.residue_label(r), " has no template; this stage knows the 20 standard residues, SEP and TPO (",
           "--drop-unknown leaves others out)");
    s.type.push_back(type);
  }
  for (const io::Chain& chain : trace.chains) s.first_of_chain.push_back(chain.first_residue);
  s.first_of_chain.push_back(trace.n_residues());
  return s;
}

std::vector<int> unknown_residues(const io::Topology& trace) {
  std::vector<int> unknown;
  for (int r = 0; r < trace.n_residues(); ++r)
    if (m::type_of_residue(trace.residues[static_cast<std::size_t>(r)].name) < 0) unknown.push_back(r);
  return unknown;
}

io::Topology all_atoms_of_trace(const io::Topology& trace, const std::string& file) {
  const m::Sequence sequence = sequence_of_trace(trace, file, UnknownResidues::as_alanine);
  io::Topology out;
  out.residues = trace.residues;
  out.chains = trace.chains;
  for (int r = 0; r < trace.n_residues(); ++r) {
    const int type = sequence.type[static_cast<std::size_t>(r)];
    const m::ResidueTemplate& t = m::residue_templates()[static_cast<std::size_t>(type)];
    io::Residue& residue = out.residues[static_cast<std::size_t>(r)];
    residue.first_atom = out.n_atoms();
    if (t.name != residue.name) {  // the stand-in of an unknown one
      out.atoms.push_back({"CA", "C", r});
      residue.n_atoms = 1;
      continue;
    }
    for (int s = 0; s < t.n_slots; ++s)
      out.atoms.push_back({std::string(t.atom[static_cast<std::size_t>(s)]), element_of(type, s), r});
    const io::Chain& chain = out.chains[static_cast<std::size_t>(residue.chain)];
    if (r + 1 == chain.first_residue + chain.n_residues) out.atoms.push_back({kTerminalOxygen, "O", r});
    residue.n_atoms = out.n_atoms() - residue.first_atom;
  }
  return out;
}

std::vector<float> atoms_by_slot(const io::Topology& topology, const io::Frame& frame) {
  std::vector<float> atoms(slot_place(topology.n_residues(), 0), std::numeric_limits<float>::quiet_NaN());
  for (int a = 0; a < topology.n_atoms(); ++a) {
    const io::Atom& atom = topology.atoms[static_cast<std::size_t>(a)];
    const int type = m::type_of_residue(topology.residues[static_cast<std::size_t>(atom.residue)].name);
    const int slot = type < 0 ? -1 : m::slot_of_atom(type, atom.name);
    if (slot >= 0) std::copy_n(frame.xyz_A3.data() + 3 * a, 3, atoms.data() + slot_place(atom.residue, slot));
  }
  return atoms;
}

SideBeads side_beads(const io::Topology& structure, const std::vector<int>& traced) {
  SideBeads out;
  for (int ca : traced) {
    const io::Residue& residue = structure.residues[static_cast<std::size_t>(structure.atoms[static_cast<std::size_t>(ca)].residue)];
    std::vector<int> side, whole;
    for (int a = residue.first_atom; a < residue.first_atom + residue.n_atoms; ++a) {
      const std::string& name = structure.atoms[static_cast<std::size_t>(a)].name;
      if (name == "SC" || (name.size() == 3 && name.starts_with("SC") && name[2] >= '1' && name[2] <= '5')) side.push_back(a);
      if (name == "CM") whole.push_back(a);
    }
    out.bead_of_N.push_back(!side.empty() ? m::kSideChainBead : !whole.empty() ? m::kResidueBead : m::kNoBead);
    out.n_side_chains += !side.empty();
    out.n_residues += side.empty() && !whole.empty();
    out.particle_N.push_back(side.empty() ? whole : side);
  }
  return out;
}

void know_beads(const SideBeads& beads, const io::Frame& frame, KnownAtoms& known) {
  known.bead_of_N = beads.bead_of_N;
  known.bead_N3.assign(3 * beads.particle_N.size(), 0);
  for (std::size_t r = 0; r < beads.particle_N.size(); ++r)
    for (int a : beads.particle_N[r])
      for (std::size_t k = 0; k < 3; ++k)
        known.bead_N3[3 * r + k] += frame.xyz_A3[3 * static_cast<std::size_t>(a) + k] / static_cast<float>(beads.particle_N[r].size());
}

void know_atoms(const io::Topology& structure, const std::vector<int>& traced, const io::Frame& frame, KnownAtoms& known) {
  const std::size_t n = traced.size();
  const std::vector<float> by_slot = atoms_by_slot(structure, frame);
  known.atoms_N14_3.resize(slot_place(static_cast<int>(n), 0));
  known.oxt_N3.assign(3 * n, std::numeric_limits<float>::quiet_NaN());
  for (std::size_t r = 0; r < n; ++r) {
    const int residue = structure.atoms[static_cast<std::size_t>(traced[r])].residue;
    std::copy_n(by_slot.data() + slot_place(residue, 0), 3 * kernels::kResidueSlots, known.atoms_N14_3.data() + slot_place(static_cast<int>(r), 0));
    const io::Residue& from = structure.residues[static_cast<std::size_t>(residue)];
    for (int a = from.first_atom; a < from.first_atom + from.n_atoms; ++a)
      if (structure.atoms[static_cast<std::size_t>(a)].name == kTerminalOxygen)
        std::copy_n(frame.xyz_A3.data() + 3 * static_cast<std::size_t>(a), 3, known.oxt_N3.data() + 3 * r);
  }
}

void write_atoms(const io::Topology& all_atoms, const float* atoms, const float* known_oxt, std::vector<float>& xyz_A3) {
  xyz_A3.resize(3 * static_cast<std::size_t>(all_atoms.n_atoms()));
  float* to = xyz_A3.data();
  for (int r = 0; r < all_atoms.n_residues(); ++r) {
    const io::Residue& residue = all_atoms.residues[static_cast<std::size_t>(r)];
    if (is_alpha_carbon_alone(residue)) {
      to = std::copy_n(atoms + slot_place(r, kernels::kAtCa), 3, to);
      continue;
    }
    const float* from = atoms + slot_place(r, 0);
    const bool last = all_atoms.atoms[static_cast<std::size_t>(residue.first_atom + residue.n_atoms - 1)].name == kTerminalOxygen;
    to = std::copy_n(from, 3 * (residue.n_atoms - last), to);
    if (!last) continue;
    if (const float* known = known_oxt ? known_oxt + 3 * r : nullptr; known && std::isfinite(known[0] + known[1] + known[2]))
      std::copy_n(known, 3, to);
    else
      opposite_oxygen(from + 3 * kernels::kAtCa, from + 3 * kernels::kAtC, from + 3 * kernels::kAtO, to);
    to += 3;
  }
}

void keep_alpha_carbons(const io::Topology& all_atoms, const io::Frame& trace, io::Frame& frame) {
  for (int r = 0; r < all_atoms.n_residues(); ++r) {
    const io::Residue& residue = all_atoms.residues[static_cast<std::size_t>(r)];
    const int ca = residue.first_atom + (is_alpha_carbon_alone(residue) ? 0 : static_cast<int>(kernels::kAtCa));
    std::copy_n(trace.xyz_A3.data() + 3 * r, 3, frame.xyz_A3.data() + 3 * ca);
  }
}

}  // namespace regrain::driver
