#include "io/clean_model.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "engine/errors.hpp"
#include "io/residue_names.hpp"
#include "io/unknown_residues.hpp"

namespace regrain::io {
namespace {

std::string label_of(const RawAtom& atom) {
  std::string label = concat(atom.chain, "/", atom.residue_name, " ", atom.number);
  if (atom.insertion != ' ') label += atom.insertion;
  return label;
}

bool same_chain(const RawAtom& a, const RawAtom& b) { return a.part == b.part && a.chain == b.chain; }
bool same_number(const RawAtom& a, const RawAtom& b) {
  return a.number == b.number && a.insertion == b.insertion;
}

// Adds atoms to a topology in file order; chains and residues open as they come.
class Builder {
 public:
  explicit Builder(CleanModel& model) : model_(model) {}

  void open_chain(const std::string& id) {
    Topology& topology = model_.topology;
    topology.chains.push_back({id, topology.n_residues(), 0});
  }
  void open_residue(std::string_view name, const RawAtom& first, std::string_view alias = {}) {
    Topology& topology = model_.topology;
    const int chain = static_cast<int>(topology.chains.size()) - 1;
    topology.residues.push_back({std::string(name), first.number, first.insertion, chain, topology.n_atoms(), 0,
                                 std::string(alias)});
    ++topology.chains.back().n_residues;
  }
  void add_atom(std::string_view name, std::string element, const RawAtom& raw, size_t index) {
    Topology& topology = model_.topology;
    topology.atoms.push_back({std::string(name), std::move(element), topology.n_residues() - 1});
    ++topology.residues.back().n_atoms;
    model_.source_A.push_back(static_cast<int>(index));
    model_.frame.xyz_A3.insert(model_.frame.xyz_A3.end(), raw.xyz.begin(), raw.xyz.end());
  }

 private:
  CleanModel& model_;
};

void keep_everything(const RawModel& raw, Builder& builder) {
  const RawAtom* last = nullptr;
  for (size_t i = 0; i < raw.atoms.size(); ++i) {
    const RawAtom& atom = raw.atoms[i];
    const bool new_chain = !last || !same_chain(*last, atom);
    if (new_chain) builder.open_chain(atom.chain);
    if (new_chain || !same_number(*last, atom) || last->residue_name != atom.residue_name)
      builder.open_residue(atom.residue_name, atom);
    builder.add_atom(atom.name, atom.element.empty() ? "X" : atom.element, atom, i);
    last = &atom;
  }
}

// --- protein rules -------------------------------------------------------------------------------

bool is_hydrogen(const RawAtom& atom) {
  if (atom.element == "H" || atom.element == "D") return true;
  return element_of_protein_atom(atom.name) == "H";
}

class ProteinRules {
 public:
  ProteinRules(const RawModel& raw, const std::string& path, const ReadOptions& options, ReadReport& report,
               Builder& builder)
      : raw_(raw), path_(path), options_(options), report_(report), builder_(builder) {
    if (options.unknown_as_ca && !options.drop_unknown) unknown_ = mark_unknown_residues(raw);
  }

  void run() {
    std::vector<size_t> group;  // atoms of one residue number, altlocs and all
    for (size_t i = 0; i < raw_.atoms.size(); ++i) {
      if (!options_.chain.empty() && raw_.atoms[i].chain != options_.chain) continue;
      if (!belongs_to_protein(i)) continue;
      if (!group.empty() && !same_residue(raw_.atoms[group.back()], raw_.atoms[i])) {
        add_residue(group);
        group.clear();
      }
      group.push_back(i);
    }
    if (!group.empty()) add_residue(group);
  }

 private:
  const RawAtom& atom(size_t i) const { return raw_.atoms[i]; }

  bool same_residue(const RawAtom& a, const RawAtom& b) const {
    if (!same_chain(a, b) || !same_number(a, b)) return false;
    // two names under one number are alternatives only if the file marks them so
    return a.residue_name == b.residue_name || (a.altloc != ' ' && b.altloc != ' ');
  }

  bool belongs_to_protein(size_t i) {
    const RawAtom& a = atom(i);
    if (!unknown_.empty() && unknown_[i]) {
      if (a.name == "CA") return true;
      ++report_.unknown_dropped;
      return false;
    }
    const ResidueKind kind = residue_kind(a.residue_name);
    if (kind == ResidueKind::amino_acid) {
      if (!is_hydrogen(a)) return true;
      ++report_.hydrogens_dropped;
      return false;
    }
    int* count = &report_.hetatms_dropped;
    if (kind == ResidueKind::water) count = &report_.waters_dropped;
    if (kind == ResidueKind::cap) count = &report_.caps_dropped;
    if (kind == ResidueKind::unknown && !a.het) {
      if (!options_.drop_unknown)
        fail(ErrorKind::input, path_, ":", a.line, ": residue ", label_of(a),
             " is none of the known residues (20 amino acids, MSE, SEP, TPO and their CHARMM, AMBER and "
             "GROMACS names); remove it from the file, or give --drop-unknown (data.drop_unknown in a "
             "training file) to leave such residues out");
      count = &report_.unknown_dropped;
    }
    ++*count;
    ++report_.residues_dropped[a.residue_name];
    return false;
  }

  // The letter of highest mean occupancy, the first of equals: one choice for the whole residue.
  char best_altloc(const std::vector<size_t>& group) const {
    std::map<char, std::pair<double, int>> sum_of;
    for (const size_t i : group) {
      if (atom(i).altloc == ' ') continue;
      sum_of[atom(i).altloc].first += atom(i).occupancy;
      sum_of[atom(i).altloc].second += 1;
    }
    char best = ' ';
    double best_mean = -1e30;
    for (const auto& [letter, sum] : sum_of) {
      const double mean = sum.first / sum.second;
      if (mean > best_mean + 1e-6) {
        best = letter;
        best_mean = mean;
      }
    }
    return best;
  }

  // Sets a ahead of b, both of one name: the residue's letter, then the occupancy, then the letter.
  bool preferred(const RawAtom& a, const RawAtom& b, char letter) const {
    if ((a.altloc == letter) != (b.altloc == letter)) return a.altloc == letter;
    if (a.occupancy != b.occupancy) return a.occupancy > b.occupancy;
    return a.altloc < b.altloc;
  }

  void add_residue(const std::vector<size_t>& group) {
    const char letter = best_altloc(group);
    std::string name = atom(group[0]).residue_name;
    for (const size_t i : group)  // two residues share the place: the chosen letter says which
      if (atom(i).altloc == letter && letter != ' ') name = atom(i).residue_name;

    std::map<std::string_view, size_t> chosen;  // canonical atom name -> index
    for (const size_t i : group) {
      if (atom(i).residue_name != name) continue;
      const auto [slot, is_new] = chosen.try_emplace(canonical_atom(name, atom(i).name), i);
      if (is_new) continue;
      if (atom(i).altloc == atom(slot->second).altloc)
        fail(ErrorKind::input, path_, ":", atom(i).line, ": atom ", atom(i).name, " of residue ",
             label_of(atom(i)), " is there already, at line ", atom(slot->second).line,
             "; remove one or give them different altlocs");
      if (preferred(atom(i), atom(slot->second), letter)) slot->second = i;
    }
    report_.altlocs_dropped += static_cast<int>(group.size() - chosen.size());

    open_chain_if_new(atom(group[0]), letter);
    const std::string_view canonical = canonical_residue(name);
    if (name == "MSE")
      ++report_.mse_converted;
    else if (canonical != name)
      ++report_.residues_renamed;
    builder_.open_residue(canonical, atom(group[0]), canonical == name ? std::string_view() : name);
    for (const size_t i : group) {
      const std::string_view atom_name = canonical_atom(name, atom(i).name);
      const auto slot = chosen.find(atom_name);
      if (slot == chosen.end() || slot->second != i) continue;
      if (atom_name != atom(i).name && name != "MSE") ++report_.atoms_renamed;
      builder_.add_atom(atom_name, element_of_protein_atom(atom_name), atom(i), i);
    }
  }

  // A number that comes again opens another chain of the same letter: files without chain letters and
  // TER records restart their numbers there.
  void open_chain_if_new(const RawAtom& first, char letter) {
    const bool again =
        chain_ && same_chain(*chain_, first) && seen_.contains({first.number, first.insertion});
    if (again && letter != ' ')
      fail(ErrorKind::input, path_, ":", first.line, ": residue ", label_of(first),
           " comes a second time, with altloc '", letter,
           "'; put the alternatives of a residue next to each other");
    if (!chain_ || !same_chain(*chain_, first) || again) {
      builder_.open_chain(first.chain);
      seen_.clear();
      chain_ = &first;
    }
    seen_.insert({first.number, first.insertion});
  }

  const RawModel& raw_;
  const std::string& path_;
  const ReadOptions& options_;
  ReadReport& report_;
  Builder& builder_;
  std::vector<char> unknown_;       // atoms of residues that keep their CA; empty: none do
  const RawAtom* chain_ = nullptr;  // first atom of the chain being built
  std::set<std::pair<int, char>> seen_;
};

[[noreturn]] void fail_without_chain(const RawModel& raw, const std::string& path, const std::string& chain) {
  std::set<std::string> there;
  for (const RawAtom& atom : raw.atoms)
    if (residue_kind(atom.residue_name) == ResidueKind::amino_acid) there.insert(atom.chain);
  std::string names;
  for (const std::string& name : there) names += concat(names.empty() ? "" : ", ", "'", name, "'");
  fail(ErrorKind::input, path, ": has no protein residue in chain '", chain, "'; ",
       names.empty() ? "there is no protein in this file" : concat("there is protein in ", names));
}

}  // namespace

CleanModel clean_model(const RawModel& raw, const std::string& path, const ReadOptions& options,
                       ReadReport& report) {
  CleanModel model;
  model.frame.box = raw.box;
  Builder builder(model);
  if (options.beads) {
    keep_everything(raw, builder);
  } else {
    ProteinRules(raw, path, options, report, builder).run();
    if (model.topology.n_atoms() == 0 && !options.chain.empty()) fail_without_chain(raw, path, options.chain);
    if (model.topology.n_atoms() == 0)
      fail(ErrorKind::input, path, ": none of the ", raw.atoms.size(),
           " atoms belongs to a protein residue; expected a protein: is this a bead file, or another "
           "molecule?");
  }
  model.topology.check();
  return model;
}

void check_same_atoms(const Topology& expected, const Topology& found, const std::string& path,
                      const std::string& model_label) {
  const int n = std::min(expected.n_atoms(), found.n_atoms());
  const auto place = [](const Topology& t, int a) {
    const Atom& atom = t.atoms[static_cast<size_t>(a)];
    return concat(t.residue_label(atom.residue), " ", atom.name);
  };
  constexpr const char* kWayOut = "; keep the models with the same atoms, or give each its own file";
  for (int a = 0; a < n; ++a) {
    const Atom &e = expected.atoms[static_cast<size_t>(a)], &f = found.atoms[static_cast<size_t>(a)];
    const Residue &er = expected.residues[static_cast<size_t>(e.residue)],
                  &fr = found.residues[static_cast<size_t>(f.residue)];
    const bool same =
        e.name == f.name && e.residue == f.residue && er.name == fr.name && er.number == fr.number &&
        er.insertion == fr.insertion && er.chain == fr.chain &&
        expected.chains[static_cast<size_t>(er.chain)].id == found.chains[static_cast<size_t>(fr.chain)].id;
    if (!same)
      fail(ErrorKind::input, path, ": model ", model_label, " (", found.n_atoms(), " atoms) has ",
           place(found, a), " as atom ", a + 1, "; expected ", place(expected, a), " as in the first model (",
           expected.n_atoms(), " atoms)", kWayOut);
  }
  if (expected.n_atoms() != found.n_atoms())
    fail(ErrorKind::input, path, ": model ", model_label, " has ", found.n_atoms(), " atoms; expected ",
         expected.n_atoms(), " as in the first model: ",
         found.n_atoms() > n ? concat(place(found, n), " is too many")
                             : concat(place(expected, n), " is missing"),
         kWayOut);
}

}  // namespace regrain::io
