#include "models/residues.hpp"

#include <stdexcept>

namespace regrain::models {

namespace {

using std::string_view;

struct Source {
  string_view name;
  string_view placements;  // atom(placed from, angle to, torsion to)
  string_view bonds;       // beyond CA and CB
};

constexpr std::array<Source, kResidueTypes> kSources{{
    {"ASN", "CB(CA,C,N) CG(CB,CA,C) OD1(CG,CB,CA) ND2(OD1,CG,CB)", "CB-CG CG-OD1 CG-ND2"},
    {"HIS", "CB(CA,C,N) CG(CB,CA,C) CD2(CG,CB,CA) ND1(CG,CB,CA) NE2(CD2,CG,ND1) CE1(NE2,CD2,CG)",
     "CB-CG CG-ND1 CG-CD2 ND1-CE1 CD2-NE2 CE1-NE2"},
    {"ALA", "CB(CA,C,N)", ""},
    {"GLY", "", ""},
    {"ARG", "CB(CA,C,N) CG(CB,CA,C) CD(CG,CB,CA) NE(CD,CG,CB) CZ(NE,CD,CG) NH1(CZ,NE,CD) NH2(NH1,CZ,NE)",
     "CB-CG CG-CD CD-NE NE-CZ CZ-NH1 CZ-NH2"},
    {"MET", "CB(CA,C,N) CG(CB,CA,C) SD(CG,CB,CA) CE(SD,CG,CB)", "CB-CG CG-SD SD-CE"},
    {"SER", "CB(CA,C,N) OG(CB,CA,C)", "CB-OG"},
    {"ILE", "CB(CA,C,N) CG2(CB,CA,C) CG1(CG2,CB,CA) CD1(CG1,CB,CA)", "CB-CG1 CB-CG2 CG1-CD1"},
    {"GLU", "CB(CA,C,N) CG(CB,CA,C) CD(CG,CB,CA) OE1(CD,CG,CB) OE2(OE1,CD,CG)", "CB-CG CG-CD CD-OE1 CD-OE2"},
    {"LEU", "CB(CA,C,N) CG(CB,CA,C) CD1(CG,CB,CA) CD2(CD1,CG,CB)", "CB-CG CG-CD1 CG-CD2"},
    {"TYR",
     "CB(CA,C,N) CG(CB,CA,C) CD1(CG,CB,CA) CD2(CG,CB,CA) CE2(CD2,CG,CD1) CZ(CE2,CD2,CG) CE1(CZ,CE2,CD2) "
     "OH(CZ,CE2,CD2)",
     "CB-CG CG-CD1 CG-CD2 CD1-CE1 CD2-CE2 CE1-CZ CE2-CZ CZ-OH"},
    {"ASP", "CB(CA,C,N) CG(CB,CA,C) OD1(CG,CB,CA) OD2(OD1,CG,CB)", "CB-CG CG-OD1 CG-OD2"},
    {"VAL", "CB(CA,C,N) CG1(CB,CA,C) CG2(CG1,CB,CA)", "CB-CG1 CB-CG2"},
    {"TRP",
     "CB(CA,C,N) CG(CB,CA,C) CD1(CG,CB,CA) CD2(CG,CB,CA) NE1(CD1,CG,CD2) CE2(CD2,CG,CD1) CZ2(CE2,CD2,CG) "
     "CH2(CZ2,CE2,CD2) CE3(CD2,CE2,CZ2) CZ3(CE3,CD2,CE2)",
     "CB-CG CG-CD1 CG-CD2 CD1-NE1 NE1-CE2 CD2-CE2 CD2-CE3 CE2-CZ2 CE3-CZ3 CZ2-CH2 CZ3-CH2"},
    {"GLN", "CB(CA,C,N) CG(CB,CA,C) CD(CG,CB,CA) OE1(CD,CG,CB) NE2(OE1,CD,CG)", "CB-CG CG-CD CD-OE1 CD-NE2"},
    {"LYS", "CB(CA,C,N) CG(CB,CA,C) CD(CG,CB,CA) CE(CD,CG,CB) NZ(CE,CD,CG)", "CB-CG CG-CD CD-CE CE-NZ"},
    {"PRO", "CB(CA,C,N) CG(CB,CA,N) CD(N,CA,CB)", "CB-CG CG-CD CD-N"},
    {"PHE", "CB(CA,C,N) CG(CB,CA,C) CD1(CG,CB,CA) CE1(CD1,CG,CB) CZ(CE1,CD1,CG) CD2(CG,CB,CA) CE2(CD2,CG,CB)",
     "CB-CG CG-CD1 CG-CD2 CD1-CE1 CD2-CE2 CE1-CZ CE2-CZ"},
    {"CYS", "CB(CA,C,N) SG(CB,CA,C)", "CB-SG"},
    {"THR", "CB(CA,C,N) OG1(CB,CA,C) CG2(OG1,CB,CA)", "CB-OG1 CB-CG2"},
    {"TPO", "CB(CA,C,N) OG1(CB,CA,C) CG2(CB,CA,C) P(OG1,CB,CG2) OE1(P,OG1,CB) OE2(P,OG1,CB) OE3(P,OG1,CB)",
     "CB-OG1 CB-CG2 OG1-P P-OE1 P-OE2 P-OE3"},
    {"SEP", "CB(CA,C,N) OG(CB,CA,C) P(OG,CB,CA) OE1(P,OG,CB) OE2(P,OG,CB) OE3(P,OG,CB)",
     "CB-OG OG-P P-OE1 P-OE2 P-OE3"},
}};

constexpr int slot_of(const ResidueTemplate& t, string_view atom) {
  for (int s = 0; s < t.n_slots; ++s)
    if (t.atom[static_cast<std::size_t>(s)] == atom) return s;
  throw std::logic_error("residues: an atom is used before it is placed");  // a compile error: see below
}

// The text up to `end`, taken off `rest` together with it.
constexpr string_view take(string_view& rest, char end) {
  const std::size_t n = rest.find(end);
  const string_view word = rest.substr(0, n);
  rest = n == string_view::npos ? string_view{} : rest.substr(n + 1);
  return word;
}

constexpr ResidueTemplate parse(const Source& source) {
  ResidueTemplate t;
  t.name = source.name;
  for (string_view atom : {"O", "N", "C", "CA"}) t.atom[static_cast<std::size_t>(t.n_slots++)] = atom;
  for (string_view rest = source.placements; !rest.empty();) {
    const string_view atom = take(rest, '(');
    auto& parents = t.parents[static_cast<std::size_t>(t.n_slots - 4)];
    parents[0] = slot_of(t, take(rest, ','));
    parents[1] = slot_of(t, take(rest, ','));
    parents[2] = slot_of(t, take(rest, ')'));
    if (!rest.empty()) rest.remove_prefix(1);
    t.atom[static_cast<std::size_t>(t.n_slots++)] = atom;
  }
  const auto bond = [&](string_view a, string_view b) {
    t.bond[static_cast<std::size_t>(t.n_bonds++)] = {slot_of(t, a), slot_of(t, b)};
  };
  bond("N", "CA");
  bond("CA", "C");
  bond("C", "O");
  if (t.n_slots > 4) bond("CA", "CB");
  for (string_view rest = source.bonds; !rest.empty();) {
    string_view pair = take(rest, ' ');
    const string_view first = take(pair, '-');
    bond(first, pair);
  }
  return t;
}

constexpr std::array<ResidueTemplate, kResidueTypes> parse_all() {
  std::array<ResidueTemplate, kResidueTypes> all;
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = parse(kSources[i]);
  return all;
}

// parsed by the compiler: a name that doesn't fit doesn't build
constexpr std::array<ResidueTemplate, kResidueTypes> kTemplates = parse_all();

}  // namespace

const std::array<ResidueTemplate, kResidueTypes>& residue_templates() { return kTemplates; }

int residue_type(string_view name) {
  for (int i = 0; i < kResidueTypes; ++i)
    if (kTemplates[static_cast<std::size_t>(i)].name == name) return i;
  return -1;
}

int slot_of_atom(int type, string_view atom) {
  const ResidueTemplate& t = kTemplates[static_cast<std::size_t>(type)];
  if (atom == "O1P") atom = "OE1";
  if (atom == "O2P") atom = "OE2";
  if (atom == "O3P") atom = "OE3";
  for (int s = 0; s < t.n_slots; ++s)
    if (t.atom[static_cast<std::size_t>(s)] == atom) return s;
  return -1;
}

int atomic_number_of_slot(int type, int slot) {
  switch (kTemplates[static_cast<std::size_t>(type)].atom[static_cast<std::size_t>(slot)].front()) {
    case 'N':
      return 7;
    case 'O':
      return 8;
    case 'P':
      return 15;
    case 'S':
      return 16;
    default:
      return 6;
  }
}

const std::vector<int>& placement_parents() {
  static const std::vector<int> all = [] {
    std::vector<int> flat;
    for (const ResidueTemplate& t : kTemplates)
      for (const auto& parents : t.parents) flat.insert(flat.end(), parents.begin(), parents.end());
    return flat;
  }();
  return all;
}

const std::vector<int>& placement_slots() {
  static const std::vector<int> all = [] {
    std::vector<int> counts;
    for (const ResidueTemplate& t : kTemplates) counts.push_back(t.n_slots);
    return counts;
  }();
  return all;
}

}  // namespace regrain::models
