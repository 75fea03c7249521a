#include "driver/metrics/stereo.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

#include "driver/metrics/pair_search.hpp"
#include "driver/metrics/residue_chemistry.hpp"

namespace regrain::metrics {

namespace {

// a longer "bond" is broken, which the bond graph reports; rings are about 1.4 A in radius
constexpr double kLongestBond = 3.0;
constexpr double kRingReach = 1.8;

size_t at(int a) { return static_cast<size_t>(a); }

// signed volume spanned by a, b, c around the centre
double volume(Vec3 center, Vec3 a, Vec3 b, Vec3 c) { return dot(a - center, cross(b - center, c - center)); }

bool through_triangle(Vec3 a, Vec3 b, Vec3 p, Vec3 q, Vec3 r) {
  // a and b on different sides of the plane, and the line on the same side of all three edges
  const double side_a = volume(a, p, q, r), side_b = volume(b, p, q, r);
  if (!(side_a * side_b < 0)) return false;
  const double u = volume(a, b, p, q), v = volume(a, b, q, r), w = volume(a, b, r, p);
  return (u >= 0 && v >= 0 && w >= 0) || (u <= 0 && v <= 0 && w <= 0);
}

}  // namespace

bool pierces(Vec3 a, Vec3 b, const Points& corners) {
  const Vec3 middle = centroid(corners);
  for (size_t i = 0; i < corners.size(); ++i)
    if (through_triangle(a, b, middle, corners[i], corners[(i + 1) % corners.size()])) return true;
  return false;
}

Stereo::Stereo(const io::Topology& topology, const BondTemplate& bonds) : bonds_(bonds.bonds) {
  for (int r = 0; r < topology.n_residues(); ++r) {
    const auto atom = [&](const std::string& name) { return topology.find_atom(r, name); };
    const auto add = [](std::vector<Center>& centers, Center c) {
      if (c.center >= 0 && c.a >= 0 && c.b >= 0 && c.c >= 0) centers.push_back(c);
    };
    const std::string& name = topology.residues[at(r)].name;
    add(alpha_, {atom("CA"), atom("N"), atom("C"), atom("CB")});
    if (name == "ILE") add(beta_, {atom("CB"), atom("CA"), atom("CG1"), atom("CG2")});
    if (name == "THR") add(beta_, {atom("CB"), atom("CA"), atom("OG1"), atom("CG2")});

    if (bonds.linked_R[at(r)] && name != "PRO") {
      const std::array<int, 4> atoms{topology.find_atom(r - 1, "CA"), topology.find_atom(r - 1, "C"),
                                     atom("N"), atom("CA")};
      if (*std::min_element(atoms.begin(), atoms.end()) >= 0) omega_.push_back(atoms);
    }
    if (const ResidueChemistry* chemistry = residue_chemistry(name))
      for (const auto& names : chemistry->rings) {
        std::vector<int> ring;
        for (const std::string& corner : names) ring.push_back(atom(corner));
        if (*std::min_element(ring.begin(), ring.end()) >= 0) rings_.push_back(ring);
      }
  }
}

Stereo::Counts Stereo::operator()(const Points& points) const {
  const auto p = [&](int a) { return points[at(a)]; };
  const auto wrong_hand = [&](const Center& c) { return volume(p(c.center), p(c.a), p(c.b), p(c.c)) < 0; };
  Counts counts;
  counts.d_alpha = static_cast<int>(std::count_if(alpha_.begin(), alpha_.end(), wrong_hand));
  counts.wrong_beta = static_cast<int>(std::count_if(beta_.begin(), beta_.end(), wrong_hand));
  for (const auto& [a, b, c, d] : omega_)
    if (std::abs(torsion(p(a), p(b), p(c), p(d))) < std::numbers::pi / 2) ++counts.cis_peptides;

  // ring centres first, then the midpoints of bonds
  Points middles;
  std::vector<Points> corners;
  for (const auto& ring : rings_) {
    corners.push_back(pick(points, ring));
    middles.push_back(centroid(corners.back()));
  }
  for (const auto& [a, b] : bonds_) middles.push_back(0.5 * (p(a) + p(b)));
  const int n_rings = static_cast<int>(rings_.size());
  PairSearch(middles, kRingReach + kLongestBond / 2).for_each([&](int i, int j, double) {
    if (i >= n_rings || j < n_rings) return;
    const auto& ring = rings_[at(i)];
    const auto [a, b] = bonds_[at(j - n_rings)];
    const auto in_ring = [&](int atom) { return std::find(ring.begin(), ring.end(), atom) != ring.end(); };
    if (in_ring(a) || in_ring(b) || distance(p(a), p(b)) > kLongestBond) return;
    if (pierces(p(a), p(b), corners[at(i)])) ++counts.ring_penetrations;
  });
  return counts;
}

}  // namespace regrain::metrics
