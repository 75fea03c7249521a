#include "driver/chemistry.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "engine/errors.hpp"
#include "models/residues.hpp"

namespace regrain::driver {

std::vector<int> atomic_numbers(const io::Topology& topology) {
  static constexpr std::pair<std::string_view, int> kElements[] = {{"H", 1},  {"C", 6},   {"N", 7},  {"O", 8},
                                                                   {"P", 15}, {"S", 16}, {"SE", 34}};
  std::vector<int> z;
  for (const io::Atom& atom : topology.atoms) {
    const auto* it = std::find_if(std::begin(kElements), std::end(kElements), [&](const auto& e) { return e.first == atom.element; });
    z.push_back(it == std::end(kElements) ? 6 : it->second);
  }
  return z;
}

std::vector<std::pair<int, int>> bonds_of(const io::Topology& topology) {
  std::vector<std::pair<int, int>> bonds;
  const auto bond = [&](int a, int b) {
    if (a >= 0 && b >= 0) bonds.emplace_back(std::min(a, b), std::max(a, b));
  };
  const bool trace = topology.n_atoms() == topology.n_residues();
  for (int r = 0; r < topology.n_residues(); ++r) {
    const bool linked = r + 1 < topology.n_residues() && topology.residues[r].chain == topology.residues[r + 1].chain;
    if (trace) {
      if (linked) bond(r, r + 1);
      continue;
    }
    if (linked) bond(topology.find_atom(r, "C"), topology.find_atom(r + 1, "N"));
    const int type = models::residue_type(topology.residues[r].name);
    if (type < 0) continue;
    const models::ResidueTemplate& t = models::residue_templates()[type];
    for (int b = 0; b < t.n_bonds; ++b)
      bond(topology.find_atom(r, std::string(t.atom[t.bond[b].first])), topology.find_atom(r, std::string(t.atom[t.bond[b].second])));
  }
  std::sort(bonds.begin(), bonds.end());
  return bonds;
}

std::vector<std::pair<int, int>> disulfides_of(const io::Topology& topology, const io::Frame& frame) {
  constexpr float kLongest = 3;
  std::vector<int> sulfurs;
  for (int a = 0; a < topology.n_atoms(); ++a)
    if (topology.atoms[a].name == "SG" && topology.residues[topology.atoms[a].residue].name == "CYS") sulfurs.push_back(a);
  std::vector<std::pair<int, int>> pairs;
  for (std::size_t i = 0; i < sulfurs.size(); ++i)
    for (std::size_t j = i + 1; j < sulfurs.size(); ++j) {
      const float *a = frame.xyz_A3.data() + 3 * sulfurs[i], *b = frame.xyz_A3.data() + 3 * sulfurs[j];
      if (std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]) < kLongest) pairs.emplace_back(sulfurs[i], sulfurs[j]);
    }
  return pairs;
}

std::vector<std::string> missing_atoms(const io::Topology& topology, int residue) {
  const io::Residue& r = topology.residues[residue];
  const int type = models::residue_type(r.name);
  if (type < 0) return {};
  std::vector<bool> there(models::kSlots);
  for (int a = r.first_atom; a < r.first_atom + r.n_atoms; ++a)
    if (const int slot = models::slot_of_atom(type, topology.atoms[a].name); slot >= 0) there[slot] = true;
  const models::ResidueTemplate& t = models::residue_templates()[type];
  std::vector<std::string> missing;
  for (int s = 0; s < t.n_slots; ++s)
    if (!there[s]) missing.emplace_back(t.atom[s]);
  return missing;
}

namespace {

constexpr std::pair<std::string_view, char> kLetters[] = {
    {"ALA", 'A'}, {"ARG", 'R'}, {"ASN", 'N'}, {"ASP", 'D'}, {"CYS", 'C'}, {"GLN", 'Q'}, {"GLU", 'E'},
    {"GLY", 'G'}, {"HIS", 'H'}, {"ILE", 'I'}, {"LEU", 'L'}, {"LYS", 'K'}, {"MET", 'M'}, {"PHE", 'F'},
    {"PRO", 'P'}, {"SER", 'S'}, {"THR", 'T'}, {"TRP", 'W'}, {"TYR", 'Y'}, {"VAL", 'V'}};

// Order of atoms in a PDB residue: backbone, then by remoteness from CA and branch.
int pdb_rank(std::string_view name) {
  static constexpr std::string_view kBackbone[] = {"N", "CA", "C", "O"};
  for (int i = 0; i < 4; ++i)
    if (name == kBackbone[i]) return i;
  static constexpr std::string_view kRemoteness = "BGDEZH";
  const auto letter = name.size() > 1 ? kRemoteness.find(name[1]) : std::string_view::npos;
  const int remoteness = letter == std::string_view::npos ? 3 : static_cast<int>(letter);  // a phosphorus before its oxygens
  const int branch = name.size() > 2 ? name[2] - '0' : 0;
  return 100 + 10 * remoteness + branch;
}

std::string_view element_of(int atomic_number) {
  switch (atomic_number) {
    case 7: return "N";
    case 8: return "O";
    case 15: return "P";
    case 16: return "S";
    default: return "C";
  }
}

}  // namespace

io::Topology atoms_of_trace(const io::Topology& trace, const std::string& file) {
  if (trace.n_residues() < 3)
    fail(ErrorKind::input, file, ": ", trace.n_residues(), " residues; this stage places the residues between the first and the last, so it needs three or more");
  io::Topology out;
  out.chains = trace.chains;
  out.residues = trace.residues;
  for (int r = 0; r < trace.n_residues(); ++r) {
    const int type = models::residue_type(trace.residues[r].name);
    if (type < 0)
      fail(ErrorKind::input, file, ": residue ", trace.residue_label(r),
           " is unknown; a trace needs the names of the residues to get its atoms back");
    const models::ResidueTemplate& t = models::residue_templates()[type];
    std::vector<int> slots;
    if (r == 0 || r + 1 == trace.n_residues()) slots = {kernels::kSlotCa};
    else
      for (int s = 0; s < t.n_slots; ++s) slots.push_back(s);
    std::sort(slots.begin(), slots.end(), [&](int a, int b) { return pdb_rank(t.atom[a]) < pdb_rank(t.atom[b]); });
    out.residues[r].first_atom = out.n_atoms();
    out.residues[r].n_atoms = static_cast<int>(slots.size());
    for (int s : slots)
      out.atoms.push_back({std::string(t.atom[s]), std::string(element_of(models::atomic_number_of_slot(type, s))), r});
  }
  return out;
}

std::vector<int> match_atoms(const io::Topology& all, const io::Topology& wanted, const std::string& file) {
  if (all.n_residues() != wanted.n_residues())
    fail(ErrorKind::input, file, ": ", all.n_residues(), " residues where ", wanted.n_residues(), " are expected; give the file of the same protein");
  std::vector<int> index;
  for (int r = 0; r < wanted.n_residues(); ++r) {
    const io::Residue& residue = wanted.residues[r];
    if (all.residues[r].name != residue.name)
      fail(ErrorKind::input, file, ": residue ", r + 1, " is ", all.residue_label(r), " where ", wanted.residue_label(r), " is expected");
    for (int a = residue.first_atom; a < residue.first_atom + residue.n_atoms; ++a) {
      const int found = all.find_atom(r, wanted.atoms[a].name);
      if (found < 0) fail(ErrorKind::input, file, ": residue ", all.residue_label(r), " has no atom ", wanted.atoms[a].name);
      index.push_back(found);
    }
  }
  return index;
}

io::Frame select_atoms(const io::Frame& frame, const std::vector<int>& atoms) {
  io::Frame out = frame;
  out.xyz_A3.resize(3 * atoms.size());
  for (std::size_t i = 0; i < atoms.size(); ++i) std::copy_n(frame.xyz_A3.data() + 3 * atoms[i], 3, out.xyz_A3.data() + 3 * i);
  return out;
}

std::string sequence_of(const io::Topology& topology) {
  std::string out;
  for (const io::Residue& r : topology.residues) {
    const auto* it = std::find_if(std::begin(kLetters), std::end(kLetters), [&](const auto& l) { return l.first == r.name; });
    out += it == std::end(kLetters) ? 'X' : it->second;
  }
  return out;
}

std::string residue_of_letter(char letter) {
  const auto* it = std::find_if(std::begin(kLetters), std::end(kLetters), [&](const auto& l) { return l.second == letter; });
  return it == std::end(kLetters) ? std::string() : std::string(it->first);
}

std::string labels_of(const io::Topology& topology, const std::vector<int>& residues, std::size_t most) {
  std::string text;
  for (std::size_t i = 0; i < std::min(residues.size(), most); ++i) text += (i ? ", " : "") + topology.residue_label(residues[i]);
  if (residues.size() > most) text += concat(" and ", residues.size() - most, " more");
  return text;
}

}  // namespace regrain::driver
