#include "io/unknown_residues.hpp"

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "io/residue_names.hpp"

namespace regrain::io {
namespace {

using ChainPlace = std::pair<int, std::string>;                             // part, letter
using ResiduePlace = std::tuple<int, std::string, int, char, std::string>;  // and number, insertion, name

struct Found {
  bool ca = false, n = false, c = false, other = false;
};

bool is_carbon(const RawAtom& atom) {
  return atom.element.empty() || atom.element == "C" || atom.element == "X";
}

ChainPlace chain_of(const RawAtom& a) { return {a.part, a.chain}; }
ResiduePlace place_of(const RawAtom& a) { return {a.part, a.chain, a.number, a.insertion, a.residue_name}; }

}  // namespace

std::vector<char> mark_unknown_residues(const RawModel& raw) {
  std::map<ResiduePlace, Found> unknown;
  std::set<ChainPlace> with_protein;
  std::vector<bool> is_unknown;
  for (const RawAtom& a : raw.atoms) {
    const ResidueKind kind = residue_kind(a.residue_name);
    is_unknown.push_back(kind == ResidueKind::unknown);
    if (kind == ResidueKind::amino_acid) with_protein.insert(chain_of(a));
    if (!is_unknown.back()) continue;
    Found& found = unknown[place_of(a)];
    if (a.name == "CA" && is_carbon(a))
      found.ca = true;
    else if (a.name == "N")
      found.n = true;
    else if (a.name == "C")
      found.c = true;
    else
      found.other = true;
  }
  std::vector<char> marked(raw.atoms.size());
  for (size_t i = 0; i < raw.atoms.size(); ++i) {
    if (!is_unknown[i]) continue;
    const RawAtom& a = raw.atoms[i];
    const Found& found = unknown.at(place_of(a));
    const bool amino_acid = (found.n && found.c) || !(found.n || found.c || found.other);
    marked[i] = found.ca && (!a.het || (amino_acid && with_protein.contains(chain_of(a))));
  }
  return marked;
}

}  // namespace regrain::io
