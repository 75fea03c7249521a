#include "driver/training_notes.hpp"

#include "driver/chemistry.hpp"
#include "engine/errors.hpp"

namespace regrain::driver {

namespace {

constexpr const char* kHowTheyTrain = "no loss counts these, nor lengths, angles and torsions measured from them; the rest trains as usual";

std::vector<std::string> notes_on_one(const StageSetup& p) {
  constexpr int kNamed = 3;
  std::vector<std::string> notes;
  std::string first_ones;
  int n_incomplete = 0;
  for (int r = 1; r + 1 < p.fine.n_residues(); ++r) {
    const std::vector<std::string> missing = missing_atoms(p.fine, r);
    if (missing.empty() || ++n_incomplete > kNamed) continue;
    first_ones += concat(n_incomplete == 1 ? "" : "; ", p.fine.residue_label(r), " without");
    for (const std::string& atom : missing) first_ones += " " + atom;
  }
  if (n_incomplete > kNamed) first_ones += "; ...";
  if (n_incomplete > 0)
    notes.push_back(concat(n_incomplete, n_incomplete == 1 ? " residue lacks" : " residues lack", " atoms (", first_ones, "): ", kHowTheyTrain));
  std::string bonds;
  for (const auto& [a, b] : p.disulfides)
    bonds += concat(bonds.empty() ? "" : ", ", p.fine.residue_label(p.fine.atoms[a].residue), " - ", p.fine.residue_label(p.fine.atoms[b].residue));
  if (!bonds.empty()) notes.push_back(concat("disulfide bonds in the first training frame: ", bonds));
  return notes;
}

std::vector<std::string> notes_on_many(const std::vector<StageSetup>& proteins) {
  std::vector<std::string> notes;
  int n_residues = 0, n_lacking = 0, n_bonds = 0, n_bonded = 0;
  for (const StageSetup& p : proteins) {
    int here = 0;
    for (int r = 1; r + 1 < p.fine.n_residues(); ++r) here += missing_atoms(p.fine, r).empty() ? 0 : 1;
    n_residues += here;
    n_lacking += here > 0 ? 1 : 0;
    n_bonds += static_cast<int>(p.disulfides.size());
    n_bonded += p.disulfides.empty() ? 0 : 1;
  }
  if (n_residues > 0) notes.push_back(concat("residues that lack atoms: ", n_residues, ", in ", n_lacking, " structures: ", kHowTheyTrain));
  if (n_bonds > 0) notes.push_back(concat("disulfide bonds: ", n_bonds, ", in ", n_bonded, " structures"));
  return notes;
}

}  // namespace

std::vector<std::string> notes_on_atoms(const std::vector<StageSetup>& proteins) {
  return proteins.size() == 1 ? notes_on_one(proteins.front()) : notes_on_many(proteins);
}

}  // namespace regrain::driver
