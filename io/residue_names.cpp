#include "io/residue_names.hpp"

#include <cctype>
#include <unordered_map>
#include <unordered_set>

namespace regrain::io {
namespace {

using Names = std::unordered_set<std::string_view>;
using Aliases = std::unordered_map<std::string_view, std::string_view>;

const Names& amino_acids() {
  static const Names names{"ALA", "ARG", "ASN", "ASP", "CYS", "GLN", "GLU", "GLY", "HIS", "ILE", "LEU",
                           "LYS", "MET", "PHE", "PRO", "SER", "THR", "TRP", "TYR", "VAL", "SEP", "TPO"};
  return names;
}

// CHARMM HSx; AMBER HIx, CYX/CYM, ASH, GLH, LYN; GROMACS (GROMOS, OPLS) four letters.
const Aliases& residue_aliases() {
  static const Aliases aliases{
      {"MSE", "MET"},  {"HSD", "HIS"},  {"HSE", "HIS"},  {"HSP", "HIS"},  {"HID", "HIS"},  {"HIE", "HIS"},
      {"HIP", "HIS"},  {"HISA", "HIS"}, {"HISB", "HIS"}, {"HISH", "HIS"}, {"HIS1", "HIS"}, {"HIS2", "HIS"},
      {"HISD", "HIS"}, {"HISE", "HIS"}, {"HISP", "HIS"}, {"CYX", "CYS"},  {"CYM", "CYS"},  {"CYSH", "CYS"},
      {"CYS2", "CYS"}, {"CYS1", "CYS"}, {"ASH", "ASP"},  {"ASPH", "ASP"}, {"ASPP", "ASP"}, {"GLH", "GLU"},
      {"GLUH", "GLU"}, {"GLUP", "GLU"}, {"LYN", "LYS"},  {"LYSH", "LYS"}, {"LYP", "LYS"},  {"LSN", "LYS"},
      {"ARN", "ARG"},  {"ARGN", "ARG"}, {"TYM", "TYR"}};
  return aliases;
}

const Names& waters() {
  static const Names names{"HOH",  "DOD",  "WAT", "H2O", "SOL", "TIP",  "TP3", "TIP2", "TIP3",
                           "TIP4", "TIP5", "T3P", "T4P", "SPC", "SPCE", "OPC", "TIP3P"};
  return names;
}

const Names& ions() {
  static const Names names{"NA",  "NA+", "CL",  "CL-", "K",   "K+",  "LI",  "LI+",  "RB",  "CS",  "CS+",
                           "MG",  "MG2", "CA",  "CAL", "ZN",  "ZN2", "SOD", "CLA",  "POT", "CES", "LIT",
                           "RUB", "CAD", "Na+", "Cl-", "NIO", "CIO", "IB+", "MG2+", "BAR"};
  return names;
}

const Names& caps() {
  static const Names names{"ACE", "NME", "NMA", "NH2", "NHE", "FOR", "CT3", "NAC"};
  return names;
}

}  // namespace

std::string_view canonical_residue(std::string_view name) {
  const auto alias = residue_aliases().find(name);
  return alias == residue_aliases().end() ? name : alias->second;
}

ResidueKind residue_kind(std::string_view name) {
  if (amino_acids().contains(canonical_residue(name))) return ResidueKind::amino_acid;
  if (waters().contains(name)) return ResidueKind::water;
  if (ions().contains(name)) return ResidueKind::ion;
  if (caps().contains(name)) return ResidueKind::cap;
  return ResidueKind::unknown;
}

std::string_view canonical_atom(std::string_view residue, std::string_view atom) {
  if (residue == "MSE" && atom == "SE") return "SD";
  if (residue == "ILE" && atom == "CD") return "CD1";
  // the two oxygens of the last residue: CHARMM OT1/OT2, GROMACS OC1/OC2 and O1/O2. No amino acid
  // has heavy atoms of these names elsewhere (phosphates are O1P, O2P, ...).
  if (atom == "OT1" || atom == "OC1" || atom == "O1" || atom == "O'") return "O";
  if (atom == "OT2" || atom == "OC2" || atom == "O2" || atom == "O''" || atom == "OT") return "OXT";
  return atom;
}

bool is_four_letter_residue(std::string_view name) {
  return name.size() == 4 && residue_kind(name) != ResidueKind::unknown;
}

std::string element_of_protein_atom(std::string_view name) {
  for (const char c : name)
    if (std::isalpha(static_cast<unsigned char>(c))) {
      const char upper = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
      return upper == 'D' ? "H" : std::string(1, upper);  // deuterium
    }
  return "X";
}

}  // namespace regrain::io
