#include "models/genzprot/protein.hpp"

#include <algorithm>

#include "engine/errors.hpp"
#include "models/bond_pairs.hpp"
#include "models/residues.hpp"

namespace regrain::models {

namespace {

// The atom of every slot of every residue, -1 where there is none.
class SlotTable {
 public:
  explicit SlotTable(const Protein& p) : atom_(static_cast<std::size_t>(p.n_residues()) * kSlots, -1) {
    for (int a = 0; a < p.n_atoms(); ++a)
      atom_[static_cast<std::size_t>(p.residue[a] * kSlots + p.slot[a])] = a;
  }
  int operator()(int residue, int slot) const {
    return atom_[static_cast<std::size_t>(residue * kSlots + slot)];
  }

 private:
  std::vector<int> atom_;
};

void add_atoms(Protein& p, const std::vector<ResidueName>& residues, const std::vector<AtomName>& atoms) {
  std::vector<bool> has_ca(residues.size());
  std::vector<std::vector<bool>> seen(residues.size(), std::vector<bool>(kSlots));
  int last = 0;
  for (std::size_t a = 0; a < atoms.size(); ++a) {
    const int r = atoms[a].residue;
    REGRAIN_CHECK(r >= last && r < static_cast<int>(residues.size()), "protein: atom ", a,
                  " belongs to residue ", r, " of ", residues.size(), "; atoms must be grouped by residue");
    last = r;
    const int slot = slot_of_atom(p.type[r], atoms[a].name);
    if (slot < 0) continue;
    const auto label = [&] { return concat(residues[r].name, " ", residues[r].number); };
    if (seen[r][slot]) fail(ErrorKind::input, "protein: residue ", label(), " has two atoms ", atoms[a].name);
    seen[r][slot] = true;
    if (slot == kernels::kSlotCa) has_ca[r] = true;
    if (r == 0 || r + 1 == static_cast<int>(residues.size())) continue;
    p.source_atom.push_back(static_cast<int>(a));
    p.residue.push_back(r - 1);
    p.slot.push_back(slot);
    p.atomic_number.push_back(atomic_number_of_slot(p.type[r], slot));
  }
  for (std::size_t r = 0; r < residues.size(); ++r)
    if (!has_ca[r])
      fail(ErrorKind::input, "protein: residue ", residues[r].name, " ", residues[r].number, " has no CA");
}

std::vector<std::pair<int, int>> find_bonds(const Protein& p, const std::vector<ResidueName>& residues,
                                            const std::vector<std::pair<int, int>>& disulfides) {
  const SlotTable atom(p);
  std::vector<std::pair<int, int>> bonds;
  const auto bond = [&](int a, int b) {
    if (a >= 0 && b >= 0) bonds.emplace_back(std::min(a, b), std::max(a, b));
  };
  for (int r = 0; r < p.n_residues(); ++r) {
    const ResidueTemplate& t = residue_templates()[static_cast<std::size_t>(p.type[r + 1])];
    for (int b = 0; b < t.n_bonds; ++b)
      bond(atom(r, t.bond[static_cast<std::size_t>(b)].first),
           atom(r, t.bond[static_cast<std::size_t>(b)].second));
    if (r + 1 < p.n_residues() && residues[r + 1].chain == residues[r + 2].chain)
      bond(atom(r, kernels::kSlotC), atom(r + 1, kernels::kSlotN));
  }
  const auto kept = [&](int source) {
    const auto it = std::find(p.source_atom.begin(), p.source_atom.end(), source);
    return it == p.source_atom.end() ? -1 : static_cast<int>(it - p.source_atom.begin());
  };
  for (const auto& [a, b] : disulfides) bond(kept(a), kept(b));
  return bonds;
}

}  // namespace

Protein make_protein(const std::vector<ResidueName>& residues, const std::vector<AtomName>& atoms,
                     const std::vector<std::pair<int, int>>& disulfides) {
  if (residues.size() < 3)
    fail(ErrorKind::input, "protein: ", residues.size(),
         " residues; the first and the last one only place the others, so three are needed");
  Protein p;
  for (std::size_t r = 0; r < residues.size(); ++r) {
    const int type = residue_type(residues[r].name);
    if (type < 0)
      fail(ErrorKind::input, "protein: residue ", residues[r].name, " ", residues[r].number,
           " is not one of the ", kResidueTypes, " known types; rename or remove it");
    p.type.push_back(type);
    p.at_chain_end.push_back(r == 0 || r + 1 == residues.size() ||
                             residues[r - 1].chain != residues[r].chain ||
                             residues[r + 1].chain != residues[r].chain);
  }
  add_atoms(p, residues, atoms);
  p.near_pairs = bonds_up_to(p.n_atoms(), find_bonds(p, residues, disulfides), 2);

  const SlotTable atom(p);
  for (int r = 0; r + 1 < p.n_residues(); ++r) {
    const ResidueName &here = residues[r + 1], &next = residues[r + 2];
    const int n = atom(r + 1, kernels::kSlotN), o = atom(r, kernels::kSlotO);
    if (here.chain == next.chain && here.number + 1 == next.number && n >= 0 && o >= 0)
      p.backbone_pairs.emplace_back(n, o);
  }
  return p;
}

}  // namespace regrain::models
