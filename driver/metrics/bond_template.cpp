#include "driver/metrics/bond_template.hpp"

#include <algorithm>
#include <limits>
#include <string>

#include "driver/metrics/residue_chemistry.hpp"
#include "models/residues.hpp"

namespace regrain::metrics {

namespace {

constexpr double kPeptideLink = 2.0;  // Angstrom; generous, strained structures stay one chain

size_t at(int a) { return static_cast<size_t>(a); }

std::vector<std::vector<int>> adjacency(const BondList& bonds, int n_atoms) {
  std::vector<std::vector<int>> neighbors(at(n_atoms));
  for (const auto& [a, b] : bonds) {
    neighbors[at(a)].push_back(b);
    neighbors[at(b)].push_back(a);
  }
  return neighbors;
}

bool within_ten_percent(double value, double expected) {
  return std::abs(value - expected) <= 0.1 * std::abs(expected);
}

double share(size_t count, size_t total) {
  return total ? static_cast<double>(count) / static_cast<double>(total)
               : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

BondTemplate bond_template(const io::Topology& topology, const Points& reference) {
  BondTemplate result;
  result.linked_R.assign(topology.residues.size(), 0);
  const auto add = [&](int a, int b) {
    if (a >= 0 && b >= 0) result.bonds.emplace_back(std::min(a, b), std::max(a, b));
  };

  for (int r = 0; r < topology.n_residues(); ++r) {
    const auto atom = [&](const std::string& name) { return topology.find_atom(r, name); };
    const std::string& residue = topology.residues[at(r)].name;
    if (residue_chemistry(residue)) {
      const models::ResidueTemplate& t = models::residue_templates()[at(models::residue_type(residue))];
      const auto slot = [&](int s) { return atom(std::string(t.atom[at(s)])); };
      for (int b = 0; b < t.n_bonds; ++b) add(slot(t.bond[at(b)].first), slot(t.bond[at(b)].second));
      add(atom("C"), atom("OXT"));
    }
    if (r == 0 || topology.residues[at(r)].chain != topology.residues[at(r - 1)].chain) continue;
    const int c = topology.find_atom(r - 1, "C"), n = atom("N");
    if (c >= 0 && n >= 0 && distance(reference[at(c)], reference[at(n)]) < kPeptideLink) {
      add(c, n);
      result.linked_R[at(r)] = 1;
    }
  }

  for (const auto& [a, b] : bond_graph(covalent_radii(topology), reference)) {
    const io::Atom &first = topology.atoms[at(a)], &second = topology.atoms[at(b)];
    const bool disulfide = first.name == "SG" && second.name == "SG";
    const bool nameless =
        first.residue == second.residue && !residue_chemistry(topology.residues[at(first.residue)].name);
    if (disulfide || nameless) add(a, b);
  }
  std::sort(result.bonds.begin(), result.bonds.end());
  result.bonds.erase(std::unique(result.bonds.begin(), result.bonds.end()), result.bonds.end());
  return result;
}

BondNeighbors::BondNeighbors(const BondList& bonds, int n_atoms, int n_bonds) : offset_{0} {
  const auto neighbors = adjacency(bonds, n_atoms);
  for (int a = 0; a < n_atoms; ++a) {
    // shells of growing distance; few atoms each, so a linear search is enough
    std::vector<int> near{a};
    size_t shell = 0;
    for (int step = 0; step < n_bonds; ++step) {
      const size_t end = near.size();
      for (; shell < end; ++shell)
        for (const int b : neighbors[at(near[shell])])
          if (std::find(near.begin(), near.end(), b) == near.end()) near.push_back(b);
    }
    std::sort(near.begin(), near.end());
    neighbor_.insert(neighbor_.end(), near.begin(), near.end());
    offset_.push_back(static_cast<int>(neighbor_.size()));
  }
}

bool BondNeighbors::contains(int a, int b) const {
  return std::binary_search(neighbor_.begin() + offset_[at(a)], neighbor_.begin() + offset_[at(a) + 1], b);
}

std::vector<std::array<int, 3>> angles_of(const BondList& bonds, int n_atoms) {
  const auto neighbors = adjacency(bonds, n_atoms);
  std::vector<std::array<int, 3>> angles;
  for (int b = 0; b < n_atoms; ++b)
    for (const int a : neighbors[at(b)])
      for (const int c : neighbors[at(b)])
        if (a < c) angles.push_back({a, b, c});
  return angles;
}

BondedGeometry bonded_geometry(const BondList& bonds, const Points& reference, const Points& generated) {
  size_t good_bonds = 0, good_angles = 0;
  for (const auto& [a, b] : bonds)
    if (within_ten_percent(distance(generated[at(a)], generated[at(b)]),
                           distance(reference[at(a)], reference[at(b)])))
      ++good_bonds;
  const auto angles = angles_of(bonds, static_cast<int>(reference.size()));
  for (const auto& [a, b, c] : angles)
    if (within_ten_percent(angle(generated[at(a)], generated[at(b)], generated[at(c)]),
                           angle(reference[at(a)], reference[at(b)], reference[at(c)])))
      ++good_angles;
  return {share(good_bonds, bonds.size()), share(good_angles, angles.size())};
}

}  // namespace regrain::metrics
