#include "models/allatom/side_chain_templates.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>
#include <vector>

namespace regrain::models::allatom {

namespace {

using std::string_view;

constexpr std::size_t at(int i) { return static_cast<std::size_t>(i); }
constexpr double kDegree = std::numbers::pi / 180;

struct Row {
  string_view atom, bonded, angle_atom, torsion_atom;
  double length, angle;  // Angstrom, degrees
  int chi;               // from 1, 0: none
  double offset;         // degrees
};

struct Source {
  string_view name;
  string_view rings;  // bonds that close one
  string_view exchanged;  // atoms that change names when the last chi is turned by 2 pi / symmetry
  int symmetry;
  std::array<Row, kSideChainSlots> rows;
};

// Printed by scripts/side_chain_geometry.py from 2,000 crystal chains: medians, circular ones for torsions. Atoms that
// a half turn exchanges share their values. Phosphates: P-O 1.61 A to the ester, 1.50 A else.
constexpr std::array<Source, kTypes> kSources{{
    {"ALA", "", "", 1, {{  // medians of 31551 residues
        {"CB", "CA", "N", "C", 1.525, 110.3, 0, -122.6},
    }}},
    {"ARG", "", "", 1, {{  // medians of 19062 residues
        {"CB", "CA", "N", "C", 1.531, 110.5, 0, -122.5},
        {"CG", "CB", "CA", "N", 1.521, 113.9, 1, 0.0},
        {"CD", "CG", "CB", "CA", 1.522, 111.7, 2, 0.0},
        {"NE", "CD", "CG", "CB", 1.461, 111.8, 3, 0.0},
        {"CZ", "NE", "CD", "CG", 1.330, 124.5, 4, 0.0},
        {"NH1", "CZ", "NE", "CD", 1.328, 120.5, 0, 0.0},
        {"NH2", "CZ", "NE", "CD", 1.327, 119.8, 0, 180.0},
    }}},
    {"ASN", "", "", 1, {{  // medians of 16519 residues
        {"CB", "CA", "N", "C", 1.532, 110.5, 0, -123.0},
        {"CG", "CB", "CA", "N", 1.516, 112.6, 1, 0.0},
        {"OD1", "CG", "CB", "CA", 1.232, 120.9, 2, 0.0},
        {"ND2", "CG", "CB", "CA", 1.328, 116.5, 2, 180.0},
    }}},
    {"ASP", "", "OD1-OD2", 2, {{  // medians of 22272 residues
        {"CB", "CA", "N", "C", 1.532, 110.6, 0, -122.5},
        {"CG", "CB", "CA", "N", 1.519, 112.9, 1, 0.0},
        {"OD1", "CG", "CB", "CA", 1.250, 118.5, 2, 0.0},
        {"OD2", "CG", "CB", "CA", 1.250, 118.5, 2, 180.0},
    }}},
    {"CYS", "", "", 1, {{  // medians of 5222 residues
        {"CB", "CA", "N", "C", 1.530, 110.5, 0, -122.2},
        {"SG", "CB", "CA", "N", 1.809, 113.9, 1, 0.0},
    }}},
    {"GLN", "", "", 1, {{  // medians of 14570 residues
        {"CB", "CA", "N", "C", 1.531, 110.5, 0, -122.5},
        {"CG", "CB", "CA", "N", 1.522, 113.8, 1, 0.0},
        {"CD", "CG", "CB", "CA", 1.517, 112.7, 2, 0.0},
        {"OE1", "CD", "CG", "CB", 1.233, 120.9, 3, 0.0},
        {"NE2", "CD", "CG", "CB", 1.329, 116.5, 3, 180.0},
    }}},
    {"GLU", "", "OE1-OE2", 2, {{  // medians of 25163 residues
        {"CB", "CA", "N", "C", 1.531, 110.5, 0, -122.6},
        {"CG", "CB", "CA", "N", 1.522, 113.9, 1, 0.0},
        {"CD", "CG", "CB", "CA", 1.520, 113.1, 2, 0.0},
        {"OE1", "CD", "CG", "CB", 1.251, 118.5, 3, 0.0},
        {"OE2", "CD", "CG", "CB", 1.251, 118.5, 3, 180.0},
    }}},
    {"GLY", "", "", 1, {}},
    {"HIS", "CE1-NE2", "", 1, {{  // medians of 8813 residues
        {"CB", "CA", "N", "C", 1.532, 110.4, 0, -122.5},
        {"CG", "CB", "CA", "N", 1.496, 113.7, 1, 0.0},
        {"ND1", "CG", "CB", "CA", 1.379, 122.7, 2, 0.0},
        {"CD2", "CG", "CB", "CA", 1.354, 131.1, 2, 180.0},
        {"CE1", "ND1", "CG", "CB", 1.322, 109.3, 0, 180.0},
        {"NE2", "CD2", "CG", "CB", 1.374, 107.2, 0, 180.0},
    }}},
    {"ILE", "", "", 1, {{  // medians of 21432 residues
        {"CB", "CA", "N", "C", 1.545, 111.3, 0, -122.5},
        {"CG1", "CB", "CA", "N", 1.532, 110.3, 1, 0.0},
        {"CG2", "CB", "CA", "N", 1.528, 110.6, 1, -123.0},
        {"CD1", "CG1", "CB", "CA", 1.519, 113.9, 2, 0.0},
    }}},
    {"LEU", "", "", 1, {{  // medians of 34842 residues
        {"CB", "CA", "N", "C", 1.531, 110.4, 0, -122.2},
        {"CG", "CB", "CA", "N", 1.531, 116.1, 1, 0.0},
        {"CD1", "CG", "CB", "CA", 1.523, 110.3, 2, 0.0},
        {"CD2", "CG", "CB", "CA", 1.523, 110.4, 2, 122.6},
    }}},
    {"LYS", "", "", 1, {{  // medians of 21864 residues
        {"CB", "CA", "N", "C", 1.531, 110.5, 0, -122.5},
        {"CG", "CB", "CA", "N", 1.522, 114.1, 1, 0.0},
        {"CD", "CG", "CB", "CA", 1.523, 111.5, 2, 0.0},
        {"CE", "CD", "CG", "CB", 1.522, 111.6, 3, 0.0},
        {"NZ", "CE", "CD", "CG", 1.491, 111.8, 4, 0.0},
    }}},
    {"MET", "", "", 1, {{  // medians of 8059 residues
        {"CB", "CA", "N", "C", 1.531, 110.6, 0, -122.3},
        {"CG", "CB", "CA", "N", 1.521, 113.9, 1, 0.0},
        {"SD", "CG", "CB", "CA", 1.808, 112.6, 2, 0.0},
        {"CE", "SD", "CG", "CB", 1.792, 100.6, 3, 0.0},
    }}},
    {"PHE", "CE2-CZ", "CD1-CD2 CE1-CE2", 2, {{  // medians of 15230 residues
        {"CB", "CA", "N", "C", 1.533, 110.6, 0, -122.3},
        {"CG", "CB", "CA", "N", 1.505, 113.8, 1, 0.0},
        {"CD1", "CG", "CB", "CA", 1.390, 120.6, 2, 0.0},
        {"CD2", "CG", "CB", "CA", 1.390, 120.6, 2, 180.0},
        {"CE1", "CD1", "CG", "CB", 1.392, 120.8, 0, 180.0},
        {"CE2", "CD2", "CG", "CB", 1.392, 120.8, 0, 180.0},
        {"CZ", "CE1", "CD1", "CG", 1.386, 119.9, 0, 0.0},
    }}},
    {"PRO", "CD-N", "", 1, {{  // medians of 17359 residues
        {"CB", "CA", "N", "C", 1.532, 103.3, 0, -119.8},
        {"CG", "CB", "CA", "N", 1.497, 104.3, 1, 0.0},
        {"CD", "CG", "CB", "CA", 1.508, 105.1, 2, 0.0},
    }}},
    {"SER", "", "", 1, {{  // medians of 22779 residues
        {"CB", "CA", "N", "C", 1.530, 110.5, 0, -122.4},
        {"OG", "CB", "CA", "N", 1.417, 110.8, 1, 0.0},
    }}},
    {"THR", "", "", 1, {{  // medians of 21145 residues
        {"CB", "CA", "N", "C", 1.541, 111.2, 0, -122.1},
        {"OG1", "CB", "CA", "N", 1.433, 109.3, 1, 0.0},
        {"CG2", "CB", "CA", "N", 1.524, 111.0, 1, -120.6},
    }}},
    {"TRP", "NE1-CE2 CZ3-CH2", "", 1, {{  // medians of 5344 residues
        {"CB", "CA", "N", "C", 1.533, 110.5, 0, -122.3},
        {"CG", "CB", "CA", "N", 1.500, 113.9, 1, 0.0},
        {"CD1", "CG", "CB", "CA", 1.367, 127.0, 2, 0.0},
        {"CD2", "CG", "CB", "CA", 1.433, 126.7, 2, -179.8},
        {"NE1", "CD1", "CG", "CB", 1.375, 110.1, 0, -179.9},
        {"CE2", "CD2", "CG", "CB", 1.412, 107.2, 0, 179.9},
        {"CE3", "CD2", "CG", "CB", 1.401, 133.9, 0, -0.2},
        {"CZ2", "CE2", "CD2", "CG", 1.398, 122.4, 0, 180.0},
        {"CZ3", "CE3", "CD2", "CG", 1.390, 118.7, 0, 180.0},
        {"CH2", "CZ2", "CE2", "CD2", 1.372, 117.5, 0, 0.0},
    }}},
    {"TYR", "CE2-CZ", "CD1-CD2 CE1-CE2", 2, {{  // medians of 13031 residues
        {"CB", "CA", "N", "C", 1.532, 110.5, 0, -122.3},
        {"CG", "CB", "CA", "N", 1.511, 113.7, 1, 0.0},
        {"CD1", "CG", "CB", "CA", 1.392, 120.9, 2, 0.0},
        {"CD2", "CG", "CB", "CA", 1.392, 120.9, 2, 180.0},
        {"CE1", "CD1", "CG", "CB", 1.390, 121.1, 0, 180.0},
        {"CE2", "CD2", "CG", "CB", 1.390, 121.1, 0, 180.0},
        {"CZ", "CE1", "CD1", "CG", 1.383, 119.5, 0, 0.0},
        {"OH", "CZ", "CE1", "CD1", 1.377, 119.8, 0, 180.0},
    }}},
    {"VAL", "", "", 1, {{  // medians of 27291 residues
        {"CB", "CA", "N", "C", 1.545, 111.4, 0, -122.5},
        {"CG1", "CB", "CA", "N", 1.525, 110.7, 1, 0.0},
        {"CG2", "CB", "CA", "N", 1.524, 110.4, 1, 122.7},
    }}},
    {"SEP", "", "O1P-O2P O2P-O3P O3P-O1P", 3, {{  // SER, and ideal chemistry for the phosphate
        {"CB", "CA", "N", "C", 1.530, 110.5, 0, -122.4},
        {"OG", "CB", "CA", "N", 1.430, 110.8, 1, 0.0},
        {"P", "OG", "CB", "CA", 1.610, 120.0, 2, 0.0},
        {"O1P", "P", "OG", "CB", 1.500, 108.0, 3, 0.0},
        {"O2P", "P", "OG", "CB", 1.500, 108.0, 3, 120.0},
        {"O3P", "P", "OG", "CB", 1.500, 108.0, 3, -120.0},
    }}},
    {"TPO", "", "O1P-O2P O2P-O3P O3P-O1P", 3, {{  // THR, and the same
        {"CB", "CA", "N", "C", 1.541, 111.2, 0, -122.1},
        {"OG1", "CB", "CA", "N", 1.440, 109.3, 1, 0.0},
        {"CG2", "CB", "CA", "N", 1.524, 111.0, 1, -120.6},
        {"P", "OG1", "CB", "CA", 1.610, 120.0, 2, 0.0},
        {"O1P", "P", "OG1", "CB", 1.500, 108.0, 3, 0.0},
        {"O2P", "P", "OG1", "CB", 1.500, 108.0, 3, 120.0},
        {"O3P", "P", "OG1", "CB", 1.500, 108.0, 3, -120.0},
    }}},
}};

constexpr int find_slot(const ResidueTemplate& t, string_view atom) {
  for (int s = 0; s < t.n_slots; ++s)
    if (t.atom[at(s)] == atom) return s;
  throw std::logic_error("side chains: an atom is used before it is placed");  // a compile error: see below
}

// f(a, b) for every "A-B" of a list apart by spaces
template <class F>
constexpr void for_pairs(string_view list, F f) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(' '), list.size()), dash = list.find('-');
    f(list.substr(0, dash), list.substr(dash + 1, end - dash - 1));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
}

constexpr ResidueTemplate parse(const Source& source) {
  ResidueTemplate t;
  t.name = source.name;
  for (string_view atom : {"N", "CA", "C", "O"}) t.atom[at(t.n_slots++)] = atom;
  const auto bond = [&](int a, int b) { t.bond[at(t.n_bonds++)] = {a, b}; };
  bond(kernels::kAtN, kernels::kAtCa);
  bond(kernels::kAtCa, kernels::kAtC);
  bond(kernels::kAtC, kernels::kAtO);
  for (const Row& row : source.rows) {
    if (row.atom.empty()) break;
    Placement& p = t.placement[at(t.n_slots - kernels::kAtCb)];
    p = {find_slot(t, row.bonded),
         find_slot(t, row.angle_atom),
         find_slot(t, row.torsion_atom),
         row.length,
         row.angle * kDegree,
         row.chi - 1,
         row.offset * kDegree};
    bond(p.bonded, t.n_slots);
    if (row.chi > t.n_chi) t.chi_slots[at(t.n_chi++)] = {p.torsion_atom, p.angle_atom, p.bonded, t.n_slots};
    t.atom[at(t.n_slots++)] = row.atom;
  }
  for_pairs(source.rings, [&](string_view a, string_view b) { bond(find_slot(t, a), find_slot(t, b)); });
  t.symmetry = source.symmetry;
  for (int s = 0; s < kResidueSlots; ++s) t.exchange[at(s)] = s;
  for_pairs(source.exchanged, [&](string_view a, string_view b) {
    t.exchange[at(find_slot(t, a))] = find_slot(t, b);
    if (source.symmetry == 2) t.exchange[at(find_slot(t, b))] = find_slot(t, a);
  });
  return t;
}

constexpr std::array<ResidueTemplate, kTypes> parse_all() {
  std::array<ResidueTemplate, kTypes> all;
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = parse(kSources[i]);
  return all;
}

// parsed by the compiler: a name that doesn't fit doesn't build
constexpr std::array<ResidueTemplate, kTypes> kTemplates = parse_all();

// bonds between two slots; far more than three for slots that are not in use
std::array<int, kResidueSlots * kResidueSlots> bonds_between(const ResidueTemplate& t) {
  std::array<int, kResidueSlots * kResidueSlots> d;
  d.fill(kernels::kFarApart);
  for (int s = 0; s < t.n_slots; ++s) d[at(s * kResidueSlots + s)] = 0;
  for (int b = 0; b < t.n_bonds; ++b) {
    const auto [x, y] = t.bond[at(b)];
    d[at(x * kResidueSlots + y)] = d[at(y * kResidueSlots + x)] = 1;
  }
  for (int k = 0; k < t.n_slots; ++k)
    for (int i = 0; i < t.n_slots; ++i)
      for (int j = 0; j < t.n_slots; ++j)
        d[at(i * kResidueSlots + j)] =
            std::min(d[at(i * kResidueSlots + j)], d[at(i * kResidueSlots + k)] + d[at(k * kResidueSlots + j)]);
  return d;
}

// A bound of how far an atom can be from the axis of chi k: the first ones off it by their bond's sine, the next ones by
// their bonds.
double lever_of(const ResidueTemplate& t, int k) {
  std::array<double, kResidueSlots> off{};
  std::array<bool, kResidueSlots> turned{};
  double most = 0;
  for (int s = kernels::kAtCb; s < t.n_slots; ++s) {
    const Placement& p = t.placement[at(s - kernels::kAtCb)];
    const bool first = p.chi == k;
    if (!first && !turned[at(p.bonded)]) continue;
    turned[at(s)] = true;
    off[at(s)] = first ? p.length * std::sin(p.angle) : off[at(p.bonded)] + p.length;
    most = std::max(most, off[at(s)]);
  }
  return most;
}

template <class T>
struct Arrays {
  std::vector<int> n_slots, n_chi, parents, chi, chi_slots, moved_by, symmetry, exchange, atom_class, bonds;
  std::vector<T> geometry, reach, lever;

  Arrays() {
    for (int type = 0; type < kTypes; ++type) {
      const ResidueTemplate& t = kTemplates[at(type)];
      n_slots.push_back(t.n_slots);
      n_chi.push_back(t.n_chi);
      symmetry.push_back(t.symmetry);
      double furthest = 2.5;  // O from CA
      std::array<double, kResidueSlots> along{};
      for (int s = 0; s < kSideChainSlots; ++s) {
        const Placement& p = t.placement[at(s)];
        parents.insert(parents.end(), {p.bonded, p.angle_atom, p.torsion_atom});
        chi.push_back(p.chi);
        for (double x : {-p.length * std::cos(p.angle), p.length * std::sin(p.angle), std::cos(p.offset), std::sin(p.offset)})
          geometry.push_back(static_cast<T>(x));
        if (4 + s >= t.n_slots) continue;
        // a bound: along a zigzag of angles under 136 degrees a bond leads at most sin(68) of its length further
        along[at(4 + s)] = along[at(p.bonded)] + p.length * (p.bonded == kernels::kAtCa ? 1.0 : 0.93);
        furthest = std::max(furthest, along[at(4 + s)]);
      }
      reach.push_back(static_cast<T>(furthest));
      for (const auto& four : t.chi_slots) chi_slots.insert(chi_slots.end(), four.begin(), four.end());
      exchange.insert(exchange.end(), t.exchange.begin(), t.exchange.end());
      std::array<int, kResidueSlots> moved{};
      for (int s = 0; s < kSideChainSlots; ++s) {
        const Placement& p = t.placement[at(s)];
        moved[at(4 + s)] = moved[at(p.bonded)] | moved[at(p.angle_atom)] | moved[at(p.torsion_atom)] |
                           (p.chi >= 0 ? 1 << p.chi : 0);
      }
      moved_by.insert(moved_by.end(), moved.begin(), moved.end());
      for (int k = 0; k < kChi; ++k) lever.push_back(static_cast<T>(lever_of(t, k)));
      for (int s = 0; s < kResidueSlots; ++s)
        atom_class.push_back(s < t.n_slots ? static_cast<int>(class_of_slot(type, s)) : 0);
      const auto d = bonds_between(t);
      bonds.insert(bonds.end(), d.begin(), d.end());
    }
  }
};

}  // namespace

const std::array<ResidueTemplate, kTypes>& residue_templates() { return kTemplates; }

int type_of_residue(string_view name) {
  for (int i = 0; i < kTypes; ++i)
    if (kTemplates[at(i)].name == name) return i;
  return -1;
}

int slot_of_atom(int type, string_view atom) {
  const ResidueTemplate& t = kTemplates[at(type)];
  if (type >= kStandardTypes)
    for (int k = 0; k < 3; ++k) {
      constexpr string_view kNames[3][3] = {{"O1P", "OE1", "OP1"}, {"O2P", "OE2", "OP2"}, {"O3P", "OE3", "OP3"}};
      if (atom == kNames[k][1] || atom == kNames[k][2]) atom = kNames[k][0];
    }
  if (t.name == "ILE" && atom == "CD") atom = "CD1";
  for (int s = 0; s < t.n_slots; ++s)
    if (t.atom[at(s)] == atom) return s;
  return -1;
}

kernels::AtomClass class_of_slot(int type, int slot) {
  switch (kTemplates[at(type)].atom[at(slot)].front()) {
    case 'N':
      return kernels::AtomClass::nitrogen;
    case 'O':
      return kernels::AtomClass::oxygen;
    case 'S':
      return kernels::AtomClass::sulfur;
    case 'P':
      return kernels::AtomClass::phosphorus;
    default:
      return kernels::AtomClass::carbon;
  }
}

template <class T>
SideChainTables<T> side_chain_tables() {
  static const Arrays<T> all;
  return {kTypes,
          type_of_residue("CYS"),
          all.n_slots.data(),
          all.n_chi.data(),
          all.parents.data(),
          all.chi.data(),
          all.geometry.data(),
          all.chi_slots.data(),
          all.moved_by.data(),
          all.symmetry.data(),
          all.exchange.data(),
          all.atom_class.data(),
          all.bonds.data(),
          all.reach.data(),
          all.lever.data()};
}
template SideChainTables<float> side_chain_tables<float>();
template SideChainTables<double> side_chain_tables<double>();

}  // namespace regrain::models::allatom
