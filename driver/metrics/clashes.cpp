#include "driver/metrics/clashes.hpp"

#include <algorithm>
#include <limits>

#include "driver/metrics/pair_search.hpp"
#include "engine/errors.hpp"

namespace regrain::metrics {

namespace {

double vdw_radius(char element) {
  switch (element) {
    case 'N':
      return 1.55;
    case 'O':
      return 1.52;
    case 'S':
    case 'P':
      return 1.80;
    default:
      return 1.70;
  }
}

bool polar(char element) { return element == 'N' || element == 'O'; }

size_t at(int a) { return static_cast<size_t>(a); }

}  // namespace

double overlap_distance(char first, char second) {
  if (first == 'S' && second == 'S') return 1.9;
  return vdw_radius(first) + vdw_radius(second) - (polar(first) && polar(second) ? 0.9 : 0.4);
}

Clashes::Clashes(const io::Topology& topology, const BondList& bonds)
    : n_residues_(topology.n_residues()),
      bonded_(bonds, topology.n_atoms(), 1),
      near_(bonds, topology.n_atoms(), 3) {
  for (const io::Atom& atom : topology.atoms) {
    residue_A_.push_back(atom.residue);
    // metals and other two-letter elements are treated as carbon
    element_A_.push_back(atom.element.size() == 1 ? atom.element[0] : 'C');
  }
}

Clashes::Counts Clashes::operator()(const Points& points) const {
  REGRAIN_CHECK(points.size() == residue_A_.size(), "clashes: ", points.size(), " positions for ",
                residue_A_.size(), " atoms");
  size_t n_pairs = 0, n_steric = 0, n_contacts = 0, n_overlaps = 0;
  std::vector<char> touched_R(at(n_residues_), 0);
  PairSearch(points, 5.0).for_each([&](int a, int b, double d2) {
    if (bonded_.contains(a, b)) return;
    ++n_pairs;
    if (d2 < 1.2 * 1.2) {
      ++n_steric;
      touched_R[at(residue_A_[at(a)])] = touched_R[at(residue_A_[at(b)])] = 1;
    }
    const double overlap = overlap_distance(element_A_[at(a)], element_A_[at(b)]);
    const bool contact = d2 < 2.0 * 2.0, overlapping = d2 < overlap * overlap;
    if ((contact || overlapping) && !near_.contains(a, b)) {
      n_contacts += contact;
      n_overlaps += overlapping;
    }
  });

  const auto ratio = [](double count, double total) {
    return total > 0 ? count / total : std::numeric_limits<double>::quiet_NaN();
  };
  const auto n_touched = std::count(touched_R.begin(), touched_R.end(), char{1});
  Counts counts;
  counts.steric_pairs = ratio(static_cast<double>(n_steric), static_cast<double>(n_pairs));
  counts.steric_residues = ratio(static_cast<double>(n_touched), n_residues_);
  counts.contacts = ratio(100.0 * static_cast<double>(n_contacts), n_residues_);
  counts.overlaps = ratio(100.0 * static_cast<double>(n_overlaps), n_residues_);
  return counts;
}

}  // namespace regrain::metrics
