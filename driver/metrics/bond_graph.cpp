#include "driver/metrics/bond_graph.hpp"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <limits>
#include <map>

#include "driver/metrics/pair_search.hpp"
#include "engine/errors.hpp"

namespace regrain::metrics {

namespace {

double over(int count, int total) {
  return total ? static_cast<double>(count) / total : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

double covalent_radius(const std::string& element) {
  static const std::map<std::string, double> radius{
      {"H", 0.23},  {"D", 0.23},  {"C", 0.68},  {"N", 0.68},  {"O", 0.68}, {"S", 1.02},  {"P", 0.75},
      {"SE", 1.22}, {"FE", 1.34}, {"ZN", 1.45}, {"CA", 0.99}, {"MG", 1.1}, {"NA", 0.97}, {"CL", 0.99}};
  const auto found = radius.find(element);
  if (found == radius.end())
    fail(ErrorKind::input, "bond graph: no bond radius for element \"", element,
         "\"; expected H, C, N, O, S, P, SE or a common ion: correct the element column or leave the atom "
         "out");
  return found->second;
}

std::vector<double> covalent_radii(const io::Topology& topology) {
  std::vector<double> radius_A;
  for (const io::Atom& atom : topology.atoms) radius_A.push_back(covalent_radius(atom.element));
  return radius_A;
}

BondList bond_graph(const std::vector<double>& radius_A, const Points& points) {
  REGRAIN_CHECK(radius_A.size() == points.size(), "bond_graph: ", radius_A.size(), " radii for ",
                points.size(), " atoms");
  BondList bonds;
  if (points.empty()) return bonds;
  const double largest = *std::max_element(radius_A.begin(), radius_A.end());
  PairSearch(points, 1.3 * (largest + largest)).for_each([&](int a, int b, double d2) {
    const double reach = 1.3 * (radius_A[static_cast<size_t>(a)] + radius_A[static_cast<size_t>(b)]);
    if (std::sqrt(d2) < reach) bonds.emplace_back(a, b);
  });
  std::sort(bonds.begin(), bonds.end());
  return bonds;
}

BondList trace_graph(const io::Topology& topology, const Points& points) {
  REGRAIN_CHECK(topology.n_atoms() == topology.n_residues() && topology.atoms.size() == points.size(),
                "trace_graph: ", topology.n_residues(), " residues, ", topology.n_atoms(), " atoms and ",
                points.size(), " positions; expected one of each");
  const auto consecutive = [&](int a, int b) {  // one atom a residue: atom a is residue a
    return b == a + 1 &&
           topology.residues[static_cast<size_t>(a)].chain == topology.residues[static_cast<size_t>(b)].chain;
  };
  BondList bonds;
  for (int a = 0; a + 1 < topology.n_residues(); ++a) {
    const double d = distance(points[static_cast<size_t>(a)], points[static_cast<size_t>(a) + 1]);
    if (consecutive(a, a + 1) && (std::abs(d - 3.8) <= 0.4 || std::abs(d - 2.9) <= 0.4))
      bonds.emplace_back(a, a + 1);
  }
  PairSearch(points, 3.4).for_each([&](int a, int b, double) {
    if (!consecutive(a, b)) bonds.emplace_back(a, b);
  });
  std::sort(bonds.begin(), bonds.end());
  return bonds;
}

double GraphDifference::nged() const { return over(n_missing + n_extra, n_reference); }
double GraphDifference::nged_reference() const { return over(std::abs(n_missing - n_extra), n_reference); }

GraphDifference graph_difference(const BondList& reference, const BondList& generated) {
  BondList both;
  std::set_intersection(reference.begin(), reference.end(), generated.begin(), generated.end(),
                        std::back_inserter(both));
  return {static_cast<int>(reference.size()), static_cast<int>(reference.size() - both.size()),
          static_cast<int>(generated.size() - both.size())};
}

}  // namespace regrain::metrics
