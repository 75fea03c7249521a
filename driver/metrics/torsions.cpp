#include "driver/metrics/torsions.hpp"

#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <string>

#include "driver/metrics/residue_chemistry.hpp"
#include "engine/errors.hpp"

namespace regrain::metrics {

namespace {

constexpr double kPi = std::numbers::pi;
constexpr double kNear = 40 * kPi / 180;

size_t at(int a) { return static_cast<size_t>(a); }

// smallest distance on a circle of that period
double circular_distance(double a, double b, double period) {
  return std::abs(std::remainder(a - b, period));
}

bool has_twin(const ResidueChemistry& chemistry, const std::string& atom) {
  for (const auto& [a, b] : chemistry.swaps)
    if (a == atom || b == atom) return true;
  return false;
}

}  // namespace

TorsionTable::TorsionTable(const io::Topology& topology, const BondTemplate& bonds)
    : atoms_R_(topology.residues.size()), half_period_R_(topology.residues.size(), 0) {
  for (int r = 0; r < topology.n_residues(); ++r) {
    const auto set = [&](Torsion which, const std::array<int, 4>& atoms) {
      const bool all = atoms[0] >= 0 && atoms[1] >= 0 && atoms[2] >= 0 && atoms[3] >= 0;
      atoms_R_[at(r)][which] = all ? atoms : std::array{-1, -1, -1, -1};
    };
    const auto atom = [&](int residue, const char* name) {
      const bool there = residue >= 0 && residue < topology.n_residues();
      return there ? topology.find_atom(residue, name) : -1;
    };
    const int before = bonds.linked_R[at(r)] ? r - 1 : -1;
    const int after = r + 1 < topology.n_residues() && bonds.linked_R[at(r + 1)] ? r + 1 : -1;
    const int n = atom(r, "N"), ca = atom(r, "CA"), c = atom(r, "C");
    set(phi, {atom(before, "C"), n, ca, c});
    set(psi, {n, ca, c, atom(after, "N")});
    set(omega, {atom(before, "CA"), atom(before, "C"), n, ca});

    set(chi1, {-1, -1, -1, -1});
    set(chi2, {-1, -1, -1, -1});
    const ResidueChemistry* chemistry = residue_chemistry(topology.residues[at(r)].name);
    if (!chemistry) continue;
    for (size_t k = 0; k < chemistry->chi.size(); ++k) {
      const auto& names = chemistry->chi[k];
      set(k == 0 ? chi1 : chi2, {topology.find_atom(r, names[0]), topology.find_atom(r, names[1]),
                                 topology.find_atom(r, names[2]), topology.find_atom(r, names[3])});
      if (k == 1) half_period_R_[at(r)] = has_twin(*chemistry, names[3]);
    }
  }
}

bool TorsionTable::defined(int residue, Torsion which) const { return atoms_R_[at(residue)][which][0] >= 0; }

double TorsionTable::value(int residue, Torsion which, const Points& points) const {
  if (!defined(residue, which)) return std::numeric_limits<double>::quiet_NaN();
  const auto& [a, b, c, d] = atoms_R_[at(residue)][which];
  return torsion(points[at(a)], points[at(b)], points[at(c)], points[at(d)]);
}

int torsion_bin(double radians) {
  const int bin = static_cast<int>(std::floor((radians / kPi + 1) / 2 * kTorsionBins));
  return (bin % kTorsionBins + kTorsionBins) % kTorsionBins;  // 180 is -180
}

double jensen_shannon(const Histogram& p, const Histogram& q) {
  REGRAIN_CHECK(p.size() == q.size(), "jensen_shannon: ", p.size(), " bins against ", q.size());
  const double sum_p = std::accumulate(p.begin(), p.end(), 0.0),
               sum_q = std::accumulate(q.begin(), q.end(), 0.0);
  if (!(sum_p > 0 && sum_q > 0)) return std::numeric_limits<double>::quiet_NaN();
  double divergence = 0;
  for (size_t i = 0; i < p.size(); ++i) {
    const double a = p[i] / sum_p, b = q[i] / sum_q, middle = (a + b) / 2;
    if (a > 0) divergence += a * std::log(a / middle) / 2;
    if (b > 0) divergence += b * std::log(b / middle) / 2;
  }
  return divergence;
}

TorsionDensity::TorsionDensity() : phi_psi(kTorsionBins * kTorsionBins, 0) {
  single.fill(Histogram(kTorsionBins, 0));
}

void TorsionDensity::add(const TorsionTable& table, const Points& points) {
  for (int r = 0; r < table.n_residues(); ++r) {
    for (int t = 0; t < kTorsions; ++t)
      if (table.defined(r, Torsion(t))) ++single[at(t)][at(torsion_bin(table.value(r, Torsion(t), points)))];
    if (table.defined(r, phi) && table.defined(r, psi)) {
      const int i = torsion_bin(table.value(r, phi, points)), j = torsion_bin(table.value(r, psi, points));
      ++phi_psi[at(i * kTorsionBins + j)];
    }
  }
}

RotamerCounts compare_rotamers(const TorsionTable& table, const Points& reference, const Points& generated) {
  RotamerCounts counts;
  for (int r = 0; r < table.n_residues(); ++r) {
    const auto near = [&](Torsion which, double period) {
      return circular_distance(table.value(r, which, reference), table.value(r, which, generated), period) <=
             kNear;
    };
    if (!table.defined(r, chi1)) continue;
    const bool first = near(chi1, 2 * kPi);
    ++counts.n_chi1;
    counts.chi1 += first;
    if (!table.defined(r, chi2)) continue;
    ++counts.n_chi12;
    counts.chi12 += first && near(chi2, table.half_period(r) ? kPi : 2 * kPi);
    counts.chi12_as_named += first && near(chi2, 2 * kPi);
  }
  return counts;
}

}  // namespace regrain::metrics
