#include "driver/metrics/structure_scores.hpp"

#include <algorithm>
#include <cmath>

#include "driver/metrics/diversity.hpp"
#include "driver/metrics/superposition.hpp"

namespace regrain::metrics {

namespace {

bool is_backbone(const std::string& name) {
  return name == "N" || name == "CA" || name == "C" || name == "O" || name == "OXT";
}

}  // namespace

Detail detail_of(const io::Topology& heavy) {
  bool trace = heavy.n_residues() > 0, atoms = false;
  for (int r = 0; r < heavy.n_residues(); ++r) {
    const bool alpha = heavy.find_atom(r, "CA") >= 0;
    trace = trace && alpha && heavy.residues[static_cast<size_t>(r)].n_atoms == 1;
    atoms = atoms || (alpha && heavy.find_atom(r, "N") >= 0 && heavy.find_atom(r, "C") >= 0);
  }
  return atoms ? Detail::all_atom : trace ? Detail::alpha_trace : Detail::points;
}

StructureScores::StructureScores(const io::Topology& heavy, const Points& first_reference)
    : topology_(heavy), detail_(detail_of(heavy)) {
  if (detail_ != Detail::all_atom) return;
  for (int a = 0; a < heavy.n_atoms(); ++a) {
    const std::string& name = heavy.atoms[static_cast<size_t>(a)].name;
    (is_backbone(name) ? backbone_ : side_chain_).push_back(a);
    if (name == "CA") alpha_.push_back(a);
  }
  groups_ = symmetric_groups(heavy);
  radii_ = covalent_radii(heavy);
  template_ = bond_template(heavy, first_reference);
  clashes_.emplace(heavy, template_.bonds);
  stereo_.emplace(heavy, template_);
  torsions_.emplace(heavy, template_);
}

void StructureScores::add(const Points& reference, const std::vector<Points>& samples) {
  double frame_rmsd = 0;
  BondList bonds;
  if (detail_ == Detail::all_atom) bonds = bond_graph(radii_, reference);
  if (detail_ == Detail::alpha_trace) bonds = trace_graph(topology_, reference);
  for (const Points& generated : samples) {
    add_rmsd(reference, generated, frame_rmsd);
    if (detail_ == Detail::alpha_trace) add_trace(bonds, generated);
    if (detail_ == Detail::all_atom) {
      add_bond_graph(bonds, generated);
      add_atoms(reference, generated);
    }
  }
  rmsd_per_frame_.push_back(frame_rmsd / static_cast<double>(samples.size()));
  add_samples(reference, samples);
  if (detail_ == Detail::all_atom) add_truth(reference);
}

void StructureScores::add_rmsd(const Points& reference, const Points& generated, double& frame_rmsd) {
  const Points named = renamed_superposed(groups_, generated, reference);
  const double best = superposed_rmsd(named, reference);
  frame_rmsd += best;
  tally_.mean("rmsd", "A", "RMSD of heavy atoms, superposed, twin side-chain atoms under the kinder name",
              best);
  tally_.mean("rmsd_unaligned", "A", "the same without superposition: as placed on the beads",
              rmsd(renamed(groups_, generated, reference), reference));
  tally_.mean("rmsd_backbone", "A", "RMSD of N, CA, C, O, superposed on themselves",
              superposed_rmsd(pick(generated, backbone_), pick(reference, backbone_)));
  tally_.mean("rmsd_ca", "A", "RMSD of CA, superposed on themselves",
              superposed_rmsd(pick(generated, alpha_), pick(reference, alpha_)));
  tally_.mean("rmsd_reference", "A", "RMSD of heavy atoms, superposed, atom names as given",
              superposed_rmsd(generated, reference));
  const double as_is = rmsd(generated, reference);
  tally_.mean("rmsd_unaligned_reference", "A", "RMSD of heavy atoms, not superposed, atom names as given",
              as_is);
  tally_.root_mean("rmsd_pooled_reference", "A",
                   "root of the mean square over all frames and atoms, not superposed (CGVAE code)",
                   as_is * as_is);
}

void StructureScores::add_samples(const Points& reference, const std::vector<Points>& samples) {
  tally_.mean(
      "energy_score", "A",
      "mean RMSD to the truth less half the mean RMSD between samples, not superposed; lower is better",
      energy_score(samples, reference));
  tally_.mean("sample_diversity", "A", "mean RMSD between two samples of one input, not superposed",
              mean_pairwise_rmsd(samples));
  if (!side_chain_.empty()) {
    std::vector<Points> side_chains;
    for (const Points& sample : samples) side_chains.push_back(pick(sample, side_chain_));
    tally_.mean("sample_diversity_side_chain", "A", "the same for side-chain atoms",
                mean_pairwise_rmsd(side_chains));
  }
  const Spread s = spread(samples, reference);
  const double atoms = static_cast<double>(reference.size());
  tally_.root_mean("rmsf", "A", "root mean square deviation of samples from their mean", s.variance / atoms);
  tally_.root_mean("residual", "A", "root mean square error of the samples' mean, corrected for their number",
                   s.squared_error / atoms);
  variance_ += s.variance;
  squared_error_ += s.squared_error;
}

void StructureScores::add_bond_graph(const BondList& reference, const Points& generated) {
  const GraphDifference difference = graph_difference(reference, bond_graph(radii_, generated));
  tally_.mean("nged", "", "missing plus spurious bonds over bonds of the truth", difference.nged());
  tally_.mean("nged_reference", "", "missing minus spurious bonds over bonds of the truth: the two cancel",
              difference.nged_reference());
  tally_.mean("valid_fraction", "share", "samples whose bond graph equals the truth's", difference.equal());
}

void StructureScores::add_trace(const BondList& reference, const Points& generated) {
  const BondList graph = trace_graph(topology_, generated);
  const GraphDifference difference = graph_difference(reference, graph);
  tally_.mean(
      "trace_nged", "",
      "NGED of the CA graph: consecutive CA 3.8 +- 0.4 A apart (cis 2.9 +- 0.4), others not under 3.4 A",
      difference.nged());
  tally_.mean("trace_nged_reference", "", "the same with signed sums: missing and spurious bonds cancel",
              difference.nged_reference());
  tally_.mean("trace_valid_fraction", "share", "samples whose CA graph equals the truth's",
              difference.equal());
  tally_.mean("trace_bonds_missing", "count", "CA bonds of the truth that a sample lacks",
              difference.n_missing);
  tally_.mean("trace_close_pairs", "count", "pairs of CA under 3.4 A, or bonded, that the truth doesn't have",
              difference.n_extra);
}

void StructureScores::add_atoms(const Points& reference, const Points& generated) {
  const Clashes::Counts clash = (*clashes_)(generated);
  tally_.mean("steric_clash_pairs", "share", "non-bonded pairs within 5.0 A that are closer than 1.2 A",
              clash.steric_pairs);
  tally_.mean("steric_clash_residues", "share", "residues with an atom in such a pair",
              clash.steric_residues);
  tally_.mean("contacts_under_2A", "per 100 residues", "pairs more than 3 bonds apart, closer than 2.0 A",
              clash.contacts);
  tally_.mean("vdw_overlaps", "per 100 residues",
              "pairs more than 3 bonds apart overlapping by over 0.4 A (N/O 0.9 A; S-S under 1.9 A)",
              clash.overlaps);

  const BondedGeometry geometry = bonded_geometry(template_.bonds, reference, generated);
  tally_.mean("bonds_within_10_percent", "share", "bond lengths within 10 % of the truth's", geometry.bonds);
  tally_.mean("angles_within_10_percent", "share", "bond angles within 10 % of the truth's", geometry.angles);

  const Stereo::Counts stereo = (*stereo_)(generated);
  tally_.mean("d_residues", "count", "CA of the wrong hand, per structure", stereo.d_alpha);
  tally_.mean("wrong_beta", "count", "ILE and THR with CB of the wrong hand, per structure",
              stereo.wrong_beta);
  tally_.mean("cis_peptides", "count",
              "peptides with |omega| under 90 degrees, other than before PRO, per structure",
              stereo.cis_peptides);
  tally_.mean("ring_penetrations", "count", "bonds through a ring, per structure", stereo.ring_penetrations);

  const RotamerCounts rotamers = compare_rotamers(*torsions_, reference, generated);
  const auto share = [](int count, int total) {
    return total ? static_cast<double>(count) / total : std::nan("");
  };
  tally_.mean("chi1_within_40", "share", "side chains with chi1 within 40 degrees of the truth",
              share(rotamers.chi1, rotamers.n_chi1));
  tally_.mean("chi12_within_40", "share",
              "side chains with chi1 and chi2 within 40 degrees, twin atoms swapped",
              share(rotamers.chi12, rotamers.n_chi12));
  tally_.mean("chi12_within_40_reference", "share", "the same, atom names as given",
              share(rotamers.chi12_as_named, rotamers.n_chi12));
  generated_torsions_.add(*torsions_, generated);
}

void StructureScores::add_truth(const Points& reference) {
  const Clashes::Counts clash = (*clashes_)(reference);
  const Stereo::Counts stereo = (*stereo_)(reference);
  const char* what = "of the truth itself";
  tally_.mean("truth_steric_clash_pairs", "share", what, clash.steric_pairs);
  tally_.mean("truth_contacts_under_2A", "per 100 residues", what, clash.contacts);
  tally_.mean("truth_vdw_overlaps", "per 100 residues", what, clash.overlaps);
  tally_.mean("truth_d_residues", "count", what, stereo.d_alpha);
  tally_.mean("truth_wrong_beta", "count", what, stereo.wrong_beta);
  tally_.mean("truth_cis_peptides", "count", what, stereo.cis_peptides);
  tally_.mean("truth_ring_penetrations", "count", what, stereo.ring_penetrations);
  reference_torsions_.add(*torsions_, reference);
}

std::vector<Entry> StructureScores::entries() const {
  Tally all = tally_;
  all.mean("rmsf_over_residual", "", "spread of the samples over their error; 1 is calibrated",
           std::sqrt(variance_ / squared_error_));
  const char* definition = "Jensen-Shannon divergence from the truth's histogram, 36 bins, natural logarithm";
  const auto divergence = [&](Torsion t) {
    return jensen_shannon(reference_torsions_.single[t], generated_torsions_.single[t]);
  };
  all.mean("jsd_phi", "nat", definition, divergence(phi));
  all.mean("jsd_psi", "nat", definition, divergence(psi));
  all.mean("jsd_omega", "nat", definition, divergence(omega));
  all.mean("jsd_chi1", "nat", definition, divergence(chi1));
  return all.entries();
}

}  // namespace regrain::metrics
