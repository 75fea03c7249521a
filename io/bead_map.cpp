#include "io/bead_map.hpp"

#include <algorithm>
#include <climits>
#include <sstream>

#include "engine/errors.hpp"
#include "io/atomic_file.hpp"
#include "io/input_file.hpp"
#include "io/strict_json.hpp"

namespace regrain::io {
namespace {

constexpr uint64_t kLargestMap = uint64_t{1} << 28;

int integer(const nlohmann::json& json, const std::string& place, const std::string& what) {
  if (!json.is_number_integer() || json.get<double>() < INT_MIN || json.get<double>() > INT_MAX)
    fail(ErrorKind::input, place, ": ", what, " is ", json.dump().substr(0, 40), "; expected an integer");
  return json.get<int>();
}

}  // namespace

void BeadMap::check(const std::string& place) const {
  if (n_beads < 1 || n_beads > n_atoms())
    fail(ErrorKind::input, place, ": ", n_beads, " beads for ", n_atoms(),
         " atoms; expected at least 1 and no more than atoms");
  std::vector<bool> used(static_cast<size_t>(n_beads), false);
  for (size_t a = 0; a < bead_of_atom.size(); ++a) {
    const int bead = bead_of_atom[a];
    if (bead < -1 || bead >= n_beads)
      fail(ErrorKind::input, place, ": atom ", a, " belongs to bead ", bead, "; expected 0 to ", n_beads - 1,
           ", or -1 for none");
    if (bead >= 0) used[static_cast<size_t>(bead)] = true;
  }
  const auto empty = std::ranges::find(used, false);
  if (empty != used.end())
    fail(ErrorKind::input, place, ": bead ", empty - used.begin(),
         " has no atom; expected at least one for each of the ", n_beads,
         " beads: lower the number of beads or renumber them");
}

BeadMap contiguous_map(int n_atoms, int n_beads) {
  if (n_beads < 1 || n_beads > n_atoms)
    fail(ErrorKind::usage, n_beads, " beads were asked for ", n_atoms, " atoms; expected 1 to ", n_atoms);
  BeadMap map;
  map.n_beads = n_beads;
  for (int64_t i = 0; i < n_atoms; ++i) map.bead_of_atom.push_back(static_cast<int>(i * n_beads / n_atoms));
  return map;
}

BeadMap ca_map(const Topology& topology, const std::string& file) {
  BeadMap map;
  map.n_beads = topology.n_residues();
  map.bead_of_atom.assign(topology.atoms.size(), -1);
  const std::vector<int> atom_R = alpha_carbons(topology, file);
  for (size_t r = 0; r < atom_R.size(); ++r)
    map.bead_of_atom[static_cast<size_t>(atom_R[r])] = static_cast<int>(r);
  return map;
}

BeadMap read_bead_map(const std::string& path, int n_atoms) {
  return parse_bead_map(read_whole_file(path, kLargestMap), path, n_atoms);
}

BeadMap parse_bead_map(const std::string& text, const std::string& path, int n_atoms) {
  const JsonDocument document = parse_json(text, path);
  BeadMap map;
  const nlohmann::json* list = &document.root;
  int stated_atoms = -1, stated_beads = -1;
  if (document.root.is_object()) {
    list = nullptr;
    for (const auto& [key, value] : document.root.items()) {
      const std::string place = document.place(key);
      if (key == "n_atoms")
        stated_atoms = integer(value, place, key);
      else if (key == "n_beads")
        stated_beads = integer(value, place, key);
      else if (key == "bead_of_atom")
        list = &value;
      else if (key == "centroid" && value.is_boolean())
        map.centroid = value.get<bool>();
      else
        fail(ErrorKind::input, place, ": ", key,
             " is unknown or of the wrong type; expected bead_of_atom, n_beads, n_atoms "
             "(numbers) and centroid (true or false)");
    }
  }
  if (!list || !list->is_array())
    fail(ErrorKind::input, path, ": has no list bead_of_atom; expected one bead index for each atom");
  for (const nlohmann::json& bead : *list) {
    map.bead_of_atom.push_back(integer(bead, path, concat("the bead of atom ", map.bead_of_atom.size())));
    map.n_beads =
        std::max(map.n_beads, map.bead_of_atom.back() < INT_MAX ? map.bead_of_atom.back() + 1 : INT_MAX);
  }
  if (stated_beads >= 0 && stated_beads != map.n_beads)
    fail(ErrorKind::input, path, ": n_beads is ", stated_beads, " but the list names beads up to ",
         map.n_beads - 1, "; expected the two to agree");
  if (stated_atoms >= 0 && stated_atoms != map.n_atoms())
    fail(ErrorKind::input, path, ": n_atoms is ", stated_atoms, " but the list has ", map.n_atoms(),
         " entries; expected the two to agree");
  if (n_atoms >= 0 && map.n_atoms() != n_atoms)
    fail(ErrorKind::input, path, ": maps ", map.n_atoms(), " atoms; expected the ", n_atoms,
         " of the structure: give the map made for it");
  map.check(path);
  return map;
}

void write_bead_map(const std::string& path, const BeadMap& map, bool force) {
  map.check(path);
  std::ostringstream text;
  text << "{\n  \"n_atoms\": " << map.n_atoms() << ",\n  \"n_beads\": " << map.n_beads
       << ",\n  \"centroid\": " << (map.centroid ? "true" : "false") << ",\n  \"bead_of_atom\": [";
  for (size_t a = 0; a < map.bead_of_atom.size(); ++a)
    text << (a == 0 ? "\n    " : a % 20 == 0 ? ",\n    " : ", ") << map.bead_of_atom[a];
  text << "\n  ]\n}\n";
  write_file(path, text.str(), force);
}

Frame apply(const BeadMap& map, const Frame& frame) {
  REGRAIN_CHECK(map.n_atoms() == frame.n_atoms(), "bead map: maps ", map.n_atoms(), " atoms; the frame has ",
                frame.n_atoms());
  REGRAIN_CHECK(map.centroid,
                "bead map: its beads are not at the mean of their atoms, so they can't be computed");
  std::vector<double> sum_B3(static_cast<size_t>(map.n_beads) * 3, 0);
  std::vector<int> count_B(static_cast<size_t>(map.n_beads), 0);
  for (size_t a = 0; a < map.bead_of_atom.size(); ++a) {
    if (map.bead_of_atom[a] < 0) continue;
    const size_t bead = static_cast<size_t>(map.bead_of_atom[a]);
    for (size_t k = 0; k < 3; ++k) sum_B3[bead * 3 + k] += frame.xyz_A3[a * 3 + k];
    ++count_B[bead];
  }
  Frame beads = frame;
  beads.xyz_A3.resize(sum_B3.size());
  for (size_t i = 0; i < sum_B3.size(); ++i) beads.xyz_A3[i] = static_cast<float>(sum_B3[i] / count_B[i / 3]);
  return beads;
}

Topology bead_topology(const BeadMap& map, const Topology& atoms) {
  REGRAIN_CHECK(map.n_atoms() == atoms.n_atoms(), "bead map: maps ", map.n_atoms(),
                " atoms; the topology has ", atoms.n_atoms());
  std::vector<int> chain_B(static_cast<size_t>(map.n_beads), -1);
  for (size_t a = 0; a < map.bead_of_atom.size(); ++a)
    if (map.bead_of_atom[a] >= 0 && chain_B[static_cast<size_t>(map.bead_of_atom[a])] < 0)
      chain_B[static_cast<size_t>(map.bead_of_atom[a])] =
          atoms.residues[static_cast<size_t>(atoms.atoms[a].residue)].chain;
  Topology beads;
  for (int b = 0; b < map.n_beads; ++b) {
    if (b == 0 || chain_B[static_cast<size_t>(b)] != chain_B[static_cast<size_t>(b) - 1])
      beads.chains.push_back({atoms.chains[static_cast<size_t>(chain_B[static_cast<size_t>(b)])].id, b, 0});
    ++beads.chains.back().n_residues;
    beads.residues.push_back({"BEA", b + 1, ' ', static_cast<int>(beads.chains.size()) - 1, b, 1});
    beads.atoms.push_back({"BB", "X", b});
  }
  return beads;
}

}  // namespace regrain::io
