#include "driver/atom_naming.hpp"

#include <algorithm>
#include <array>

#include "engine/errors.hpp"

namespace regrain::driver {

namespace {

namespace m = models::allatom;
using m::HydrogenKind;
using std::string_view;

// Side chains where they differ from the template's order, and PRO whole. CHARMM's charged HIS has one of its own.
struct Order {
  string_view residue, amber, charmm;
};
constexpr std::array kOrders{
    Order{"HIS", "CB CG ND1 CE1 NE2 CD2", "CB ND1 CG CE1 NE2 CD2"},
    Order{"ILE", "CB CG2 CG1 CD1", "CB CG2 CG1 CD1"},
    Order{"PHE", "CB CG CD1 CE1 CZ CE2 CD2", "CB CG CD1 CE1 CZ CD2 CE2"},
    Order{"PRO", "N CD CG CB CA C O", "N CD CA CB CG C O"},
    Order{"THR", "CB CG2 OG1", "CB OG1 CG2"},
    Order{"TPO", "CB CG2 OG1 P O1P O2P O3P", "CB OG1 P O1P O2P O3P CG2"},
    Order{"TRP", "CB CG CD1 NE1 CE2 CZ2 CH2 CZ3 CE3 CD2", "CB CG CD1 NE1 CE2 CD2 CE3 CZ3 CZ2 CH2"},
    Order{"TYR", "CB CG CD1 CE1 CZ OH CE2 CD2", "CB CG CD1 CE1 CZ OH CD2 CE2"},
};
constexpr string_view kCharmmChargedHistidine = "CB CD2 CG NE2 ND1 CE1";

const m::ResidueTemplate& template_of(const NamedResidue& residue) {
  return m::residue_templates()[static_cast<std::size_t>(residue.form.type)];
}

std::vector<int> slots_of(int type, string_view names) {
  std::vector<int> slots;
  while (!names.empty()) {
    const std::size_t end = std::min(names.find(' '), names.size());
    slots.push_back(m::slot_of_atom(type, names.substr(0, end)));
    REGRAIN_CHECK(slots.back() >= 0, "naming: ", names.substr(0, end), " is no atom of ", m::residue_templates()[static_cast<std::size_t>(type)].name);
    names.remove_prefix(std::min(end + 1, names.size()));
  }
  return slots;
}

}  // namespace

Naming naming_of(const std::string& name) {
  if (name == "pdb") return Naming::pdb;
  if (name == "amber") return Naming::amber;
  if (name == "charmm") return Naming::charmm;
  if (name == "gromacs") return Naming::gromacs;
  fail(ErrorKind::usage, "--naming: ", name, " is no naming; take pdb, amber, charmm or gromacs");
}

std::string residue_name(Naming naming, const NamedResidue& residue) {
  const string_view name = template_of(residue).name;
  if (naming == Naming::amber && name == "CYS" && residue.form.disulfide) return "CYX";
  if (name != "HIS" || naming == Naming::pdb) return std::string(name);
  static constexpr string_view kHistidines[3][3] = {{"HIE", "HID", "HIP"}, {"HSE", "HSD", "HSP"}, {"HISE", "HISD", "HISH"}};
  return std::string(kHistidines[static_cast<int>(naming) - 1][static_cast<int>(residue.form.histidine)]);
}

std::string heavy_atom_name(Naming naming, const NamedResidue& residue, string_view atom) {
  if (naming == Naming::charmm || naming == Naming::gromacs) {
    if (template_of(residue).name == "ILE" && atom == "CD1") return "CD";
    const std::string end = naming == Naming::charmm ? "OT" : "OC";
    if (residue.last && atom == "O") return end + "1";
    if (residue.last && atom == "OXT") return end + "2";
  }
  return std::string(atom);
}

std::string hydrogen_name(Naming naming, const NamedResidue& residue, const m::Hydrogen& hydrogen) {
  std::string name(hydrogen.name);
  if (naming == Naming::pdb || naming == Naming::amber) return name;
  const string_view type = template_of(residue).name;
  const bool charmm = naming == Naming::charmm;
  if (hydrogen.parent == kernels::kAtN) {
    const std::string number = std::to_string(hydrogen.number + 1);
    if (hydrogen.kind == HydrogenKind::peptide) return charmm ? "HN" : "H";
    if (type == "PRO") return (charmm ? "HN" : "H") + number;
    return (charmm ? "HT" : "H") + number;
  }
  if (hydrogen.kind == HydrogenKind::methylene && name.back() == '3') name.back() = '1';
  if (type == "ILE" && name.starts_with("HD1")) name.erase(2, 1);
  if (!charmm) return name;
  if ((type == "SER" || type == "CYS") && name == "HG") return "HG1";
  if ((type == "ASN" || type == "GLN") && hydrogen.kind == HydrogenKind::twofold) name.back() = hydrogen.number == 0 ? '2' : '1';
  return name;
}

std::vector<int> heavy_atom_order(Naming naming, const NamedResidue& residue) {
  if (naming == Naming::pdb) return {};
  const m::ResidueTemplate& t = template_of(residue);
  const auto* order = std::find_if(kOrders.begin(), kOrders.end(), [&](const Order& o) { return o.residue == t.name; });
  std::vector<int> slots;
  if (order == kOrders.end()) {
    for (int s = kernels::kAtCb; s < t.n_slots; ++s) slots.push_back(s);
  } else if (naming != Naming::charmm) {
    slots = slots_of(residue.form.type, order->amber);
  } else {
    const bool charged = t.name == "HIS" && residue.form.histidine == m::Histidine::charged;
    slots = slots_of(residue.form.type, charged ? kCharmmChargedHistidine : order->charmm);
  }
  if (t.name == "PRO") return slots;
  slots.insert(slots.begin(), {kernels::kAtN, kernels::kAtCa});
  slots.insert(slots.end(), {kernels::kAtC, kernels::kAtO});
  return slots;
}

}  // namespace regrain::driver
