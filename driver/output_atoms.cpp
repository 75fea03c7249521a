#include "driver/output_atoms.hpp"

#include <algorithm>

#include "driver/chemistry.hpp"
#include "engine/errors.hpp"

namespace regrain::driver {

namespace {

namespace m = models::allatom;

constexpr std::size_t at(int i) { return static_cast<std::size_t>(i); }

kernels::AtomClass class_of(const std::string& element) {
  if (element == "N") return kernels::AtomClass::nitrogen;
  if (element == "O") return kernels::AtomClass::oxygen;
  if (element == "S") return kernels::AtomClass::sulfur;
  if (element == "P") return kernels::AtomClass::phosphorus;
  return kernels::AtomClass::carbon;
}

m::Histidine histidine_of(const std::string& alias) {
  for (const char* name : {"HSD", "HID", "HISD", "HISA"})
    if (alias == name) return m::Histidine::delta;
  for (const char* name : {"HSP", "HIP", "HISP", "HISH"})
    if (alias == name) return m::Histidine::charged;
  return m::Histidine::epsilon;
}

bool has_backbone(const io::Topology& t, int r) {
  return t.find_atom(r, "N") >= 0 && t.find_atom(r, "CA") >= 0 && t.find_atom(r, "C") >= 0;
}

// A hydrogen of the structure under its name.
struct Named {
  std::string name;
  int index;  // of its site
};

// Residues one after another into a topology.
class Builder {
 public:
  Builder(const io::Topology& made, const OutputOptions& options, const std::vector<std::pair<int, int>>& disulfides)
      : made_(made), options_(options), disulfide_(made.residues.size(), 0) {
    for (const auto& [a, b] : disulfides) disulfide_[at(made.atoms[at(a)].residue)] = disulfide_[at(made.atoms[at(b)].residue)] = 1;
    out.chains = made.chains;
    out.residues = made.residues;
    for (int r = 0; r < made.n_residues(); ++r) add_residue(r);
  }

  io::Topology out;
  std::vector<int> source;
  std::vector<m::HydrogenSite> sites;
  int n_left_out = 0;                  // hydrogens
  std::vector<int> lacking;            // residues

 private:
  void add_residue(int r) {
    io::Residue& residue = out.residues[at(r)];
    residue.first_atom = out.n_atoms();
    const int first = made_.residues[at(r)].first_atom, end = first + made_.residues[at(r)].n_atoms;
    NamedResidue named;
    named.form.type = m::type_of_residue(residue.name);
    if (named.form.type < 0) {
      for (int a = first; a < end; ++a) add_atom(r, made_.atoms[at(a)].name, made_.atoms[at(a)].element, a);
      residue.n_atoms = out.n_atoms() - residue.first_atom;
      return;
    }
    named.form.first = made_.chains[at(residue.chain)].first_residue == r;
    named.form.disulfide = disulfide_[at(r)] != 0;
    named.form.histidine = histidine_of(residue.alias);
    named.last = made_.find_atom(r, "OXT") >= 0;
    residue.name = residue_name(options_.naming, named);

    atom_of_slot_.fill(-1);
    for (int a = first; a < end; ++a)
      if (const int slot = m::slot_of_atom(named.form.type, made_.atoms[at(a)].name); slot >= 0) atom_of_slot_[at(slot)] = a;
    find_previous(r);
    for (auto& h : hydrogens_of_slot_) h.clear();
    if (options_.hydrogens) add_sites(r, named);

    // as the force field has them, then what it doesn't know: OXT
    written_.assign(at(end - first), 0);
    for (int slot : heavy_atom_order(options_.naming, named)) {
      if (const int a = atom_of_slot_[at(slot)]; a >= 0) add_heavy(r, named, a);
      add_hydrogens(r, slot);
    }
    for (int a = first; a < end; ++a)
      if (!written_[at(a - first)]) add_heavy(r, named, a);
    for (int slot = 0; slot < kernels::kResidueSlots; ++slot) add_hydrogens(r, slot);
    residue.n_atoms = out.n_atoms() - residue.first_atom;
  }

  void find_previous(int r) {
    const bool first = made_.chains[at(made_.residues[at(r)].chain)].first_residue == r;
    atom_of_slot_[m::kPreviousC] = first ? -1 : made_.find_atom(r - 1, "C");
    atom_of_slot_[m::kPreviousCa] = first ? -1 : made_.find_atom(r - 1, "CA");
  }

  void add_sites(int r, const NamedResidue& named) {
    const int left_out = n_left_out;
    for (const m::Hydrogen& h : m::hydrogens_of(named.form)) {
      m::HydrogenSite site{h.kind, h.number, h.length, atom_of_slot_[at(h.parent)], {-1, -1, -1, -1}};
      bool there = site.parent >= 0;
      for (int k = 0; k < m::references_of(h.kind); ++k) {
        site.reference[at(k)] = atom_of_slot_[at(h.reference[at(k)])];
        there = there && site.reference[at(k)] >= 0;
      }
      if (!there) {
        ++n_left_out;
        continue;
      }
      hydrogens_of_slot_[at(h.parent)].push_back({hydrogen_name(options_.naming, named, h), static_cast<int>(sites.size())});
      sites.push_back(site);
    }
    if (n_left_out > left_out) lacking.push_back(r);
    if (options_.naming == Naming::pdb) return;
    for (auto& h : hydrogens_of_slot_) std::sort(h.begin(), h.end(), [](const Named& a, const Named& b) { return a.name < b.name; });
  }

  void add_atom(int r, std::string name, std::string element, int from) {
    out.atoms.push_back({std::move(name), std::move(element), r});
    source.push_back(from);
  }
  void add_heavy(int r, const NamedResidue& named, int a) {
    const io::Atom& atom = made_.atoms[at(a)];
    add_atom(r, heavy_atom_name(options_.naming, named, atom.name), atom.element, a);
    written_[at(a - made_.residues[at(r)].first_atom)] = 1;
  }
  void add_hydrogens(int r, int slot) {
    for (Named& h : hydrogens_of_slot_[at(slot)]) add_atom(r, std::move(h.name), "H", ~h.index);
    hydrogens_of_slot_[at(slot)].clear();
  }

  const io::Topology& made_;
  const OutputOptions& options_;
  std::vector<char> disulfide_;
  // of the residue at hand
  std::array<int, kernels::kResidueSlots + 2> atom_of_slot_{};
  std::array<std::vector<Named>, kernels::kResidueSlots> hydrogens_of_slot_;
  std::vector<char> written_;
};

}  // namespace

void check_output_atoms(const io::Topology& made, const OutputOptions& options) {
  if (options.as_made()) return;
  for (int r = 0; r < made.n_residues(); ++r)
    if (has_backbone(made, r) && m::type_of_residue(made.residues[at(r)].name) >= 0) return;
  fail(ErrorKind::usage, options.hydrogens ? "--hydrogens" : "--naming", ": the last stage makes ", made.n_atoms(), " particles in ",
       made.n_residues(), " residues, none of them with N, CA and C; end --stages with one that makes all atoms, such as allatom");
}

OutputAtoms::OutputAtoms(const io::Topology& made, const OutputOptions& options, const io::Frame* first) : options_(options) {
  check_output_atoms(made, options);
  if (options.as_made()) {
    topology_ = made;
    return;
  }
  std::vector<std::pair<int, int>> disulfides;
  if (first) disulfides = disulfides_of(made, *first);
  Builder built(made, options_, disulfides);
  topology_ = std::move(built.out);
  topology_.check();
  source_ = std::move(built.source);
  int n_cysteines = 0;
  for (const io::Residue& r : made.residues) n_cysteines += r.name == "CYS";
  if (n_cysteines > 1)
    notes_.push_back(concat(disulfides.size(), " disulfide bonds, as in the first structure (SG within 3 Angstrom); all structures have its atoms"));
  if (!options.hydrogens) return;
  if (built.n_left_out > 0)
    notes_.push_back(concat("hydrogens: ", built.n_left_out, " are left out because atoms they are placed by are missing (",
                            labels_of(made, built.lacking, 4), ")"));
  std::vector<kernels::AtomClass> heavy;
  for (const io::Atom& a : made.atoms) heavy.push_back(class_of(a.element));
  hydrogens_.resize(3 * built.sites.size());
  placement_.emplace(std::move(heavy), std::move(built.sites));
}

const io::Frame& OutputAtoms::convert(Cpu be, const io::Frame& made) {
  if (options_.as_made()) return made;
  if (placement_) placement_->place(be, made.xyz_A3.data(), hydrogens_.data());
  frame_.box = made.box;
  frame_.time = made.time;
  frame_.step = made.step;
  frame_.xyz_A3.resize(3 * source_.size());
  for (std::size_t a = 0; a < source_.size(); ++a) {
    const int from = source_[a];
    std::copy_n(from >= 0 ? made.xyz_A3.data() + 3 * from : hydrogens_.data() + 3 * ~from, 3, frame_.xyz_A3.data() + 3 * a);
  }
  return frame_;
}

}  // namespace regrain::driver
