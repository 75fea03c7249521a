#include "driver/metrics/residue_chemistry.hpp"

#include <map>
#include <sstream>

namespace regrain::metrics {

namespace {

struct Row {
  const char* name;
  const char* chi_tail;  // third and fourth atom of chi1 after N CA, fourth of chi2
  const char* rings;     // rings apart by '/'
  const char* swaps;
};

constexpr Row kTable[] = {
    {"GLY", "", "", ""},
    {"ALA", "", "", ""},
    {"SER", "CB OG", "", ""},
    {"CYS", "CB SG", "", ""},
    {"THR", "CB OG1", "", ""},
    {"VAL", "CB CG1", "", ""},
    {"LEU", "CB CG CD1", "", ""},
    {"ILE", "CB CG1 CD1", "", ""},
    {"MET", "CB CG SD", "", ""},
    {"PRO", "CB CG CD", "N CA CB CG CD", ""},
    {"ASP", "CB CG OD1", "", "OD1-OD2"},
    {"ASN", "CB CG OD1", "", ""},
    {"GLU", "CB CG CD", "", "OE1-OE2"},
    {"GLN", "CB CG CD", "", ""},
    {"LYS", "CB CG CD", "", ""},
    {"ARG", "CB CG CD", "", "NH1-NH2"},
    {"HIS", "CB CG ND1", "CG ND1 CE1 NE2 CD2", ""},
    {"PHE", "CB CG CD1", "CG CD1 CE1 CZ CE2 CD2", "CD1-CD2 CE1-CE2"},
    {"TYR", "CB CG CD1", "CG CD1 CE1 CZ CE2 CD2", "CD1-CD2 CE1-CE2"},
    {"TRP", "CB CG CD1", "CG CD1 NE1 CE2 CD2/CD2 CE2 CZ2 CH2 CZ3 CE3", ""},
};

std::vector<std::string> words(const std::string& text, char separator) {
  std::vector<std::string> found;
  std::istringstream stream(text);
  for (std::string word; std::getline(stream, word, separator);) found.push_back(word);
  return found;
}

std::vector<std::pair<std::string, std::string>> pairs(const std::string& text) {
  std::vector<std::pair<std::string, std::string>> found;
  for (const std::string& word : words(text, ' ')) {
    const size_t dash = word.find('-');
    found.emplace_back(word.substr(0, dash), word.substr(dash + 1));
  }
  return found;
}

ResidueChemistry parsed(const Row& row) {
  ResidueChemistry chemistry;
  chemistry.swaps = pairs(row.swaps);
  for (const std::string& ring : words(row.rings, '/')) chemistry.rings.push_back(words(ring, ' '));
  const auto tail = words(row.chi_tail, ' ');
  if (tail.size() >= 2) chemistry.chi.push_back({"N", "CA", tail[0], tail[1]});
  if (tail.size() >= 3) chemistry.chi.push_back({"CA", tail[0], tail[1], tail[2]});
  return chemistry;
}

}  // namespace

const ResidueChemistry* residue_chemistry(const std::string& name) {
  static const std::map<std::string, ResidueChemistry> by_name = [] {
    std::map<std::string, ResidueChemistry> all;
    for (const Row& row : kTable) all.emplace(row.name, parsed(row));
    return all;
  }();
  const auto found = by_name.find(name);
  return found == by_name.end() ? nullptr : &found->second;
}

}  // namespace regrain::metrics
