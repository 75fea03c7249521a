// All metrics of predictions against the truth, frame by frame, for whatever detail the structures have.
//
// The one place that says which metric goes under which name. Predictions of a model and of a baseline pass
// through here alike.
#pragma once

#include <optional>

#include "driver/metrics/clashes.hpp"
#include "driver/metrics/stereo.hpp"
#include "driver/metrics/symmetric_names.hpp"
#include "driver/metrics/tally.hpp"
#include "driver/metrics/torsions.hpp"

namespace regrain::metrics {

enum class Detail {
  all_atom,     // residues with N, CA and C
  alpha_trace,  // one CA a residue
  points,       // anything else: only distances to the truth make sense
};
Detail detail_of(const io::Topology& heavy);

class StructureScores {
 public:
  // `heavy` has no hydrogens. The template of bonds comes from `first_reference`.
  StructureScores(const io::Topology& heavy, const Points& first_reference);

  // One frame: the truth, and at least one sample of it.
  void add(const Points& reference, const std::vector<Points>& samples);

  std::vector<Entry> entries() const;
  const std::vector<double>& rmsd_per_frame() const { return rmsd_per_frame_; }
  const TorsionDensity& reference_torsions() const { return reference_torsions_; }
  const TorsionDensity& generated_torsions() const { return generated_torsions_; }

 private:
  void add_rmsd(const Points& reference, const Points& generated, double& frame_rmsd);
  void add_samples(const Points& reference, const std::vector<Points>& samples);
  void add_bond_graph(const BondList& reference, const Points& generated);
  void add_trace(const BondList& reference, const Points& generated);
  void add_atoms(const Points& reference, const Points& generated);
  void add_truth(const Points& reference);

  io::Topology topology_;
  Detail detail_;
  std::vector<SymmetricGroup> groups_;
  std::vector<int> backbone_, alpha_, side_chain_;
  std::vector<double> radii_;
  BondTemplate template_;
  std::optional<Clashes> clashes_;
  std::optional<Stereo> stereo_;
  std::optional<TorsionTable> torsions_;

  Tally tally_;
  double variance_ = 0, squared_error_ = 0;
  TorsionDensity reference_torsions_, generated_torsions_;
  std::vector<double> rmsd_per_frame_;
};

}  // namespace regrain::metrics
