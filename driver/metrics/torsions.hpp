// phi, psi, omega, chi1 and chi2 of every residue, their histograms, and how far two of those lie apart.
//
// Which atoms make a torsion is settled once from the template: a torsion over a chain break does not
// exist, whatever the coordinates.
#pragma once

#include <array>

#include "driver/metrics/bond_template.hpp"

namespace regrain::metrics {

enum Torsion { phi, psi, omega, chi1, chi2 };
inline constexpr int kTorsions = 5;

class TorsionTable {
 public:
  TorsionTable(const io::Topology& topology, const BondTemplate& bonds);

  int n_residues() const { return static_cast<int>(atoms_R_.size()); }
  bool defined(int residue, Torsion which) const;
  // chi2 of PHE, TYR and ASP repeats after 180 degrees: its last atom has a twin
  bool half_period(int residue) const { return half_period_R_[static_cast<size_t>(residue)] != 0; }
  // radians in (-pi, pi]; NaN where not defined
  double value(int residue, Torsion which, const Points& points) const;

 private:
  std::vector<std::array<std::array<int, 4>, kTorsions>> atoms_R_;  // first atom -1: not defined
  std::vector<char> half_period_R_;
};

inline constexpr int kTorsionBins = 36;
int torsion_bin(double radians);  // over [-180, 180) degrees

using Histogram = std::vector<double>;  // counts
// Natural logarithm, in [0, ln 2]. NaN if one of them is empty.
double jensen_shannon(const Histogram& p, const Histogram& q);

// One per torsion over all residues, and phi x psi: bin = phi bin * 36 + psi bin.
struct TorsionDensity {
  std::array<Histogram, kTorsions> single;
  Histogram phi_psi;
  TorsionDensity();
  void add(const TorsionTable& table, const Points& points);
};

// Side chains whose chi1, and chi1 and chi2, lie within 40 degrees of the reference.
struct RotamerCounts {
  int n_chi1 = 0, chi1 = 0, n_chi12 = 0, chi12 = 0;
  int chi12_as_named = 0;  // the published codes' way: chi2 of PHE, TYR and ASP over the full circle
};
RotamerCounts compare_rotamers(const TorsionTable& table, const Points& reference, const Points& generated);

}  // namespace regrain::metrics
