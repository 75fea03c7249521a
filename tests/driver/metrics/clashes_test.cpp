#include "driver/metrics/clashes.hpp"

#include <gtest/gtest.h>

#include "driver/metrics/superposition.hpp"
#include "tests/driver/metrics/peptide.hpp"

namespace regrain::metrics {
namespace {

// Glycines of one atom each, of these elements, without bonds.
test::Molecule loose(const std::vector<std::string>& elements, const Points& points) {
  test::Molecule m;
  for (size_t i = 0; i < points.size(); ++i) {
    test::add_residue(m, "UNK");
    test::add_atom(m, elements[i], points[i]);
  }
  return m;
}

Clashes::Counts count(const test::Molecule& m, const BondList& bonds = {}) {
  return Clashes(m.topology, bonds)(m.points);
}

TEST(Clashes, StericShareOfPairsAndResidues) {
  // pairs: 1.0 (clash), 3.0 and 4.0 within 5 A; a fourth atom beyond it
  const auto m = loose({"C", "C", "C", "C"}, {{0, 0, 0}, {1, 0, 0}, {4, 0, 0}, {40, 0, 0}});
  const auto counts = count(m);
  EXPECT_DOUBLE_EQ(counts.steric_pairs, 1.0 / 3);
  EXPECT_DOUBLE_EQ(counts.steric_residues, 2.0 / 4);
  EXPECT_DOUBLE_EQ(counts.contacts, 100.0 / 4);
}

TEST(Clashes, BondedPairsAreLeftOut) {
  const auto m = loose({"C", "C", "C"}, {{0, 0, 0}, {1, 0, 0}, {4, 0, 0}});
  const auto counts = count(m, {{0, 1}});
  EXPECT_DOUBLE_EQ(counts.steric_pairs, 0);
  EXPECT_DOUBLE_EQ(counts.steric_residues, 0);
}

TEST(Clashes, ContactsNeedMoreThanThreeBonds) {
  // six atoms in a chain folded back so that 0 lies on 3, 4 and 5 in turn
  const BondList chain{{0, 1}, {1, 2}, {2, 3}, {3, 4}, {4, 5}};
  for (int end : {3, 4, 5}) {
    auto m = loose(std::vector<std::string>(6, "C"), {});
    for (int i = 0; i < 6; ++i) {
      test::add_residue(m, "UNK");
      test::add_atom(m, "C", {10.0 * i, 0, 0});
    }
    m.points[0] = m.points[static_cast<size_t>(end)] + Vec3{0, 1.5, 0};
    EXPECT_DOUBLE_EQ(count(m, chain).contacts, end > 3 ? 100.0 / 6 : 0) << "atoms 0 and " << end;
  }
}

TEST(Clashes, OverlapDependsOnTheElements) {
  EXPECT_DOUBLE_EQ(overlap_distance('C', 'C'), 3.0);
  EXPECT_DOUBLE_EQ(overlap_distance('N', 'O'), 1.55 + 1.52 - 0.9);
  EXPECT_DOUBLE_EQ(overlap_distance('O', 'O'), 1.52 * 2 - 0.9);
  EXPECT_DOUBLE_EQ(overlap_distance('C', 'O'), 1.70 + 1.52 - 0.4);
  EXPECT_DOUBLE_EQ(overlap_distance('S', 'S'), 1.9);
  const Points near{{0, 0, 0}, {2.8, 0, 0}};
  EXPECT_DOUBLE_EQ(count(loose({"C", "C"}, near)).overlaps, 50);
  EXPECT_DOUBLE_EQ(count(loose({"N", "O"}, near)).overlaps, 0);  // a hydrogen bond
}

TEST(Clashes, Degenerate) {
  EXPECT_TRUE(std::isnan(count(loose({}, {})).steric_pairs));
  const auto one = count(loose({"C"}, {{0, 0, 0}}));
  EXPECT_TRUE(std::isnan(one.steric_pairs));
  EXPECT_EQ(one.overlaps, 0);
}

TEST(Clashes, StaysUnderMotion) {
  const test::Molecule m = test::peptide({"ALA", "PHE", "THR", "ILE", "ASP", "GLY"});
  const Points noisy = test::plus(m.points, test::random_points(m.topology.n_atoms(), 4, 0.8));
  const Clashes clashes(m.topology, bond_template(m.topology, m.points).bonds);
  const auto before = clashes(noisy), after = clashes(moved(test::random_motion(5), noisy));
  EXPECT_GT(before.overlaps, 0);
  EXPECT_EQ(before.overlaps, after.overlaps);
  EXPECT_EQ(before.contacts, after.contacts);
  EXPECT_EQ(before.steric_pairs, after.steric_pairs);
}

TEST(BondTemplate, EqualsTheGraphOfAGoodStructure) {
  const test::Molecule m = test::peptide({"ALA", "PHE", "THR", "ILE", "PRO", "ASP", "SER", "GLY"});
  const BondList bonds = bond_graph(covalent_radii(m.topology), m.points);
  const BondTemplate expected = bond_template(m.topology, m.points);
  EXPECT_EQ(expected.bonds.size(), bonds.size());
  EXPECT_EQ(expected.bonds, bonds);
}

TEST(BondTemplate, BreaksStayBreaks) {
  test::Molecule m = test::peptide({"ALA", "ALA", "ALA"});
  for (int a = m.topology.residues[2].first_atom; a < m.topology.n_atoms(); ++a)
    m.points[static_cast<size_t>(a)].z += 9;
  EXPECT_EQ(bond_template(m.topology, m.points).linked_R, (std::vector<char>{0, 1, 0}));
}

TEST(BondTemplate, DisulfidesComeFromTheReference) {
  test::Molecule m;
  for (int i = 0; i < 2; ++i) {
    test::add_residue(m, "CYS");
    test::add_atom(m, "CB", {1.8 + 5.5 * i, 1, 0});
    test::add_atom(m, "SG", {3.6 + 2.05 * i, 0, 0});
  }
  EXPECT_EQ(bond_template(m.topology, m.points).bonds, (BondList{{0, 1}, {1, 3}, {2, 3}}));
}

TEST(BondedGeometry, ShareWithinTenPercent) {
  // a-b-c at right angles; one of two bonds 20 % too long, the angle kept
  const Points reference{{1, 0, 0}, {0, 0, 0}, {0, 1, 0}}, generated{{1.2, 0, 0}, {0, 0, 0}, {0, 1.05, 0}};
  const BondList bonds{{0, 1}, {1, 2}};
  const auto geometry = bonded_geometry(bonds, reference, generated);
  EXPECT_DOUBLE_EQ(geometry.bonds, 0.5);
  EXPECT_DOUBLE_EQ(geometry.angles, 1);
  EXPECT_DOUBLE_EQ(bonded_geometry(bonds, reference, {{1, 0, 0}, {0, 0, 0}, {0.5, 1, 0}}).angles, 0);
  EXPECT_TRUE(std::isnan(bonded_geometry({}, {}, {}).bonds));
}

}  // namespace
}  // namespace regrain::metrics
