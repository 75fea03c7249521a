#include "models/allatom/hydrogens.hpp"

#include "engine/errors.hpp"

namespace regrain::models::allatom {

namespace {

using std::string_view;
using enum HydrogenKind;

constexpr std::size_t at(int i) { return static_cast<std::size_t>(i); }

// All hydrogens of one heavy atom; lists of names apart by spaces.
struct Group {
  HydrogenKind kind = methine;
  string_view parent, names, references;
};

constexpr int kGroups = 7;
struct Source {
  string_view residue;
  std::array<Group, kGroups> groups;  // of the side chain
};

constexpr std::array<Source, kTypes> kSources{{
    {"ALA", {{{threefold, "CB", "HB1 HB2 HB3", "CA N"}}}},
    {"ARG", {{{methylene, "CB", "HB2 HB3", "CA CG"},
              {methylene, "CG", "HG2 HG3", "CB CD"},
              {methylene, "CD", "HD2 HD3", "CG NE"},
              {planar, "NE", "HE", "CD CZ"},
              {twofold, "NH1", "HH11 HH12", "CZ NH2"},
              {twofold, "NH2", "HH21 HH22", "CZ NH1"}}}},
    {"ASN", {{{methylene, "CB", "HB2 HB3", "CA CG"}, {twofold, "ND2", "HD21 HD22", "CG OD1"}}}},
    {"ASP", {{{methylene, "CB", "HB2 HB3", "CA CG"}}}},
    {"CYS", {{{methylene, "CB", "HB2 HB3", "CA SG"}, {thiol, "SG", "HG", "CB CA"}}}},
    {"GLN", {{{methylene, "CB", "HB2 HB3", "CA CG"},
              {methylene, "CG", "HG2 HG3", "CB CD"},
              {twofold, "NE2", "HE21 HE22", "CD OE1"}}}},
    {"GLU", {{{methylene, "CB", "HB2 HB3", "CA CG"}, {methylene, "CG", "HG2 HG3", "CB CD"}}}},
    {"GLY", {}},
    {"HIS", {{{methylene, "CB", "HB2 HB3", "CA CG"},
              {planar, "ND1", "HD1", "CG CE1"},
              {planar, "CD2", "HD2", "CG NE2"},
              {planar, "CE1", "HE1", "ND1 NE2"},
              {planar, "NE2", "HE2", "CD2 CE1"}}}},
    {"ILE", {{{methine, "CB", "HB", "CA CG1 CG2"},
              {methylene, "CG1", "HG12 HG13", "CB CD1"},
              {threefold, "CG2", "HG21 HG22 HG23", "CB CA"},
              {threefold, "CD1", "HD11 HD12 HD13", "CG1 CB"}}}},
    {"LEU", {{{methylene, "CB", "HB2 HB3", "CA CG"},
              {methine, "CG", "HG", "CB CD1 CD2"},
              {threefold, "CD1", "HD11 HD12 HD13", "CG CB"},
              {threefold, "CD2", "HD21 HD22 HD23", "CG CB"}}}},
    {"LYS", {{{methylene, "CB", "HB2 HB3", "CA CG"},
              {methylene, "CG", "HG2 HG3", "CB CD"},
              {methylene, "CD", "HD2 HD3", "CG CE"},
              {methylene, "CE", "HE2 HE3", "CD NZ"},
              {threefold, "NZ", "HZ1 HZ2 HZ3", "CE CD"}}}},
    {"MET", {{{methylene, "CB", "HB2 HB3", "CA CG"},
              {methylene, "CG", "HG2 HG3", "CB SD"},
              {threefold, "CE", "HE1 HE2 HE3", "SD CG"}}}},
    {"PHE", {{{methylene, "CB", "HB2 HB3", "CA CG"},
              {planar, "CD1", "HD1", "CG CE1"},
              {planar, "CD2", "HD2", "CG CE2"},
              {planar, "CE1", "HE1", "CD1 CZ"},
              {planar, "CE2", "HE2", "CD2 CZ"},
              {planar, "CZ", "HZ", "CE1 CE2"}}}},
    {"PRO", {{{methylene, "CB", "HB2 HB3", "CA CG"},
              {methylene, "CG", "HG2 HG3", "CB CD"},
              {methylene, "CD", "HD2 HD3", "CG N"}}}},
    {"SER", {{{methylene, "CB", "HB2 HB3", "CA OG"}, {hydroxyl, "OG", "HG", "CB CA"}}}},
    {"THR", {{{methine, "CB", "HB", "CA OG1 CG2"},
              {hydroxyl, "OG1", "HG1", "CB CA"},
              {threefold, "CG2", "HG21 HG22 HG23", "CB CA"}}}},
    {"TRP", {{{methylene, "CB", "HB2 HB3", "CA CG"},
              {planar, "CD1", "HD1", "CG NE1"},
              {planar, "NE1", "HE1", "CD1 CE2"},
              {planar, "CE3", "HE3", "CD2 CZ3"},
              {planar, "CZ2", "HZ2", "CE2 CH2"},
              {planar, "CZ3", "HZ3", "CE3 CH2"},
              {planar, "CH2", "HH2", "CZ2 CZ3"}}}},
    {"TYR", {{{methylene, "CB", "HB2 HB3", "CA CG"},
              {planar, "CD1", "HD1", "CG CE1"},
              {planar, "CD2", "HD2", "CG CE2"},
              {planar, "CE1", "HE1", "CD1 CZ"},
              {planar, "CE2", "HE2", "CD2 CZ"},
              {phenol, "OH", "HH", "CZ CE1"}}}},
    {"VAL", {{{methine, "CB", "HB", "CA CG1 CG2"},
              {threefold, "CG1", "HG11 HG12 HG13", "CB CA"},
              {threefold, "CG2", "HG21 HG22 HG23", "CB CA"}}}},
    {"SEP", {{{methylene, "CB", "HB2 HB3", "CA OG"}}}},
    {"TPO", {{{methine, "CB", "HB", "CA OG1 CG2"}, {threefold, "CG2", "HG21 HG22 HG23", "CB CA"}}}},
}};

constexpr Group kAmmonium{threefold, "N", "H1 H2 H3", "CA C"}, kProlineStart{methylene, "N", "H2 H3", "CA CD"},
    kAlpha{methine, "CA", "HA", "N C CB"}, kGlycineAlpha{methylene, "CA", "HA2 HA3", "N C"};

// f(word) for every word of a list
template <class F>
void for_words(string_view list, F f) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(' '), list.size());
    f(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
}

// Angstrom: what neutron diffraction and the common force fields have, within 0.02.
double bond_length(HydrogenKind kind, char parent) {
  switch (parent) {
    case 'N': return 1.01;
    case 'O': return 0.96;
    case 'S': return 1.34;
    default: return kind == planar ? 1.08 : 1.09;
  }
}

void add(const Group& group, int type, std::vector<Hydrogen>& out) {
  const auto slot = [&](string_view atom) {
    const int s = slot_of_atom(type, atom);
    REGRAIN_CHECK(s >= 0, "hydrogens: ", residue_templates()[at(type)].name, " has no atom ", atom);
    return s;
  };
  Hydrogen h;
  h.kind = group.kind;
  h.length = bond_length(group.kind, group.parent.front());
  h.parent = slot(group.parent);
  int n = 0;
  for_words(group.references, [&](string_view atom) { h.reference[at(n++)] = slot(atom); });
  for_words(group.names, [&](string_view name) {
    h.name = name;
    out.push_back(h);
    ++h.number;
  });
}

}  // namespace

std::vector<Hydrogen> hydrogens_of(const ResidueForm& form) {
  const Source& source = kSources[at(form.type)];
  REGRAIN_CHECK(source.residue == residue_templates()[at(form.type)].name, "hydrogens: ", source.residue, " stands for type ", form.type);
  const bool proline = source.residue == "PRO";
  std::vector<Hydrogen> out;
  if (form.first) {
    add(proline ? kProlineStart : kAmmonium, form.type, out);
  } else if (!proline) {
    out.push_back({"H", peptide, 0, bond_length(peptide, 'N'), kernels::kAtN, {kernels::kAtCa, kPreviousC, kPreviousCa, kernels::kAtC}});
  }
  add(source.residue == "GLY" ? kGlycineAlpha : kAlpha, form.type, out);
  for (const Group& group : source.groups) {
    if (group.kind == thiol && form.disulfide) continue;
    if (group.names == "HD1" && group.parent == "ND1" && form.histidine == Histidine::epsilon) continue;
    if (group.names == "HE2" && group.parent == "NE2" && form.histidine == Histidine::delta) continue;
    if (!group.names.empty()) add(group, form.type, out);
  }
  return out;
}

}  // namespace regrain::models::allatom
