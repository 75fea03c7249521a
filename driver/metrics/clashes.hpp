// Atoms too close to each other: the paper's steric clash, contacts under 2 Angstrom, vdW overlaps.
//
// Bonded atoms are told by the template, never by the generated distances: a clash is not a bond.
#pragma once

#include <string>

#include "driver/metrics/bond_template.hpp"

namespace regrain::metrics {

class Clashes {
 public:
  Clashes(const io::Topology& topology, const BondList& bonds);

  struct Counts {
    double steric_pairs = 0;  // share of non-bonded pairs within 5.0 A closer than 1.2 A; NaN: no such pair
    double steric_residues = 0;  // share of residues with an atom in such a pair
    double contacts = 0;         // pairs more than 3 bonds apart under 2.0 A, per 100 residues
    double overlaps = 0;         // pairs more than 3 bonds apart with overlapping spheres, per 100 residues
  };
  Counts operator()(const Points& points) const;

 private:
  std::vector<int> residue_A_;
  int n_residues_;
  std::vector<char> element_A_;
  BondNeighbors bonded_, near_;
};

// Distance below which two atoms overlap: 0.4 A less than the sum of their radii (C 1.70, N 1.55, O 1.52,
// S 1.80), 0.9 A less for two of N and O, which may share a hydrogen; 1.9 A for two S.
double overlap_distance(char first, char second);

}  // namespace regrain::metrics
