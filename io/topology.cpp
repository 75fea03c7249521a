#include "io/topology.hpp"

#include "engine/errors.hpp"

namespace regrain::io {

int Topology::find_atom(int r, const std::string& name) const {
  const Residue& residue = residues[static_cast<size_t>(r)];
  for (int a = residue.first_atom; a < residue.first_atom + residue.n_atoms; ++a)
    if (atoms[static_cast<size_t>(a)].name == name) return a;
  return -1;
}

std::string Topology::residue_label(int r) const {
  const Residue& residue = residues[static_cast<size_t>(r)];
  std::string label = chains[static_cast<size_t>(residue.chain)].id;
  label += '/';
  label += residue.name;
  label += ' ';
  label += std::to_string(residue.number);
  if (residue.insertion != ' ') label += residue.insertion;
  return label;
}

void Topology::check() const {
  int next_residue = 0;
  for (size_t c = 0; c < chains.size(); ++c) {
    REGRAIN_CHECK(chains[c].first_residue == next_residue && chains[c].n_residues > 0, "topology: chain ", c,
                  " starts at residue ", chains[c].first_residue, " and has ", chains[c].n_residues,
                  " residues; expected a start at ", next_residue, " and at least one");
    next_residue += chains[c].n_residues;
    REGRAIN_CHECK(next_residue <= n_residues(), "topology: chain ", c, " runs past the last residue");
    for (int r = chains[c].first_residue; r < next_residue; ++r)
      REGRAIN_CHECK(residues[static_cast<size_t>(r)].chain == static_cast<int>(c), "topology: residue ", r,
                    " names chain ", residues[static_cast<size_t>(r)].chain, " but lies in chain ", c);
  }
  REGRAIN_CHECK(next_residue == n_residues(), "topology: the chains hold ", next_residue, " of ",
                n_residues(), " residues");
  int next_atom = 0;
  for (size_t r = 0; r < residues.size(); ++r) {
    REGRAIN_CHECK(residues[r].first_atom == next_atom && residues[r].n_atoms > 0, "topology: residue ", r,
                  " starts at atom ", residues[r].first_atom, " and has ", residues[r].n_atoms,
                  " atoms; expected a start at ", next_atom, " and at least one");
    next_atom += residues[r].n_atoms;
    REGRAIN_CHECK(next_atom <= n_atoms(), "topology: residue ", r, " runs past the last atom");
    for (int a = residues[r].first_atom; a < next_atom; ++a)
      REGRAIN_CHECK(atoms[static_cast<size_t>(a)].residue == static_cast<int>(r), "topology: atom ", a,
                    " names residue ", atoms[static_cast<size_t>(a)].residue, " but lies in residue ", r);
  }
  REGRAIN_CHECK(next_atom == n_atoms(), "topology: the residues hold ", next_atom, " of ", n_atoms(),
                " atoms");
}

Topology subset(const Topology& topology, const std::vector<int>& atom_indices) {
  Topology kept;
  int last_atom = -1, last_residue = -1, last_chain = -1;
  for (const int a : atom_indices) {
    REGRAIN_CHECK(a > last_atom && a < topology.n_atoms(), "subset: atom index ", a, " follows ", last_atom,
                  "; expected ascending indices below ", topology.n_atoms());
    last_atom = a;
    const int r = topology.atoms[static_cast<size_t>(a)].residue;
    const Residue& residue = topology.residues[static_cast<size_t>(r)];
    if (r != last_residue) {
      if (residue.chain != last_chain) {
        kept.chains.push_back({topology.chains[static_cast<size_t>(residue.chain)].id, kept.n_residues(), 0});
        last_chain = residue.chain;
      }
      kept.residues.push_back(residue);
      kept.residues.back().chain = static_cast<int>(kept.chains.size()) - 1;
      kept.residues.back().first_atom = kept.n_atoms();
      kept.residues.back().n_atoms = 0;
      ++kept.chains.back().n_residues;
      last_residue = r;
    }
    kept.atoms.push_back(topology.atoms[static_cast<size_t>(a)]);
    kept.atoms.back().residue = kept.n_residues() - 1;
    ++kept.residues.back().n_atoms;
  }
  return kept;
}

std::vector<int> alpha_carbons(const Topology& topology, const std::string& file) {
  std::vector<int> atom_R(topology.residues.size());
  for (int r = 0; r < topology.n_residues(); ++r) {
    const int a = topology.find_atom(r, "CA");
    if (a < 0)
      fail(ErrorKind::input, file, ": residue ", topology.residue_label(r),
           " has no CA atom; one per residue is needed: complete the structure or leave this residue out");
    atom_R[static_cast<size_t>(r)] = a;
  }
  return atom_R;
}

}  // namespace regrain::io
