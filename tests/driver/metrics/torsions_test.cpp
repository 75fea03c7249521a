#include "driver/metrics/torsions.hpp"

#include <gtest/gtest.h>

#include "driver/metrics/superposition.hpp"
#include "tests/driver/metrics/peptide.hpp"

namespace regrain::metrics {
namespace {

using test::rad;

TorsionTable table_of(const test::Molecule& m) { return {m.topology, bond_template(m.topology, m.points)}; }

TEST(Torsions, RecoverWhatThePeptideWasBuiltFrom) {
  const std::vector<test::Backbone> angles{
      {-65, 140, 180, -60, 90}, {-120, 130, 175, 60, 170}, {55, 45, 180, 180, 80}, {-80, -30, 5, -65, -50}};
  const test::Molecule m = test::peptide({"ALA", "ILE", "PHE", "SER"}, angles);
  const TorsionTable table = table_of(m);
  EXPECT_FALSE(table.defined(0, phi));
  EXPECT_FALSE(table.defined(0, omega));
  EXPECT_FALSE(table.defined(3, psi));
  EXPECT_FALSE(table.defined(0, chi1));
  EXPECT_FALSE(table.defined(3, chi2));
  EXPECT_TRUE(std::isnan(table.value(0, phi, m.points)));
  const auto expect = [&](int r, Torsion t, double degrees) {
    ASSERT_TRUE(table.defined(r, t));
    EXPECT_NEAR(std::remainder(table.value(r, t, m.points) - rad(degrees), rad(360)), 0, 1e-9)
        << r << " " << t;
  };
  for (int r = 0; r < 4; ++r) {
    const auto& a = angles[static_cast<size_t>(r)];
    if (r > 0) expect(r, phi, a.phi);
    if (r < 3) expect(r, psi, a.psi);
    if (r > 0) expect(r, omega, a.omega);
  }
  expect(1, chi1, 60);
  expect(1, chi2, 170);
  expect(2, chi1, 180);
  expect(2, chi2, 80);
  expect(3, chi1, -65);
}

TEST(Torsions, EndAtChainBreaks) {
  test::Molecule m = test::peptide({"ALA", "ALA", "ALA"});
  for (int a = m.topology.residues[1].first_atom; a < m.topology.n_atoms(); ++a)
    m.points[static_cast<size_t>(a)].z += 9;
  const TorsionTable table = table_of(m);
  EXPECT_FALSE(table.defined(1, phi));
  EXPECT_FALSE(table.defined(0, psi));
  EXPECT_TRUE(table.defined(2, phi));
}

TEST(Torsions, MirrorTurnsTheSign) {
  const test::Molecule m = test::peptide({"ALA", "THR", "ALA"});
  const TorsionTable table = table_of(m);
  const Points other = test::mirrored(m.points), turned = moved(test::random_motion(6), m.points);
  EXPECT_NEAR(table.value(1, phi, other), -table.value(1, phi, m.points), 1e-12);
  EXPECT_NEAR(table.value(1, phi, turned), table.value(1, phi, m.points), 1e-12);
}

TEST(Torsions, Bins) {
  EXPECT_EQ(torsion_bin(rad(-180)), 0);
  EXPECT_EQ(torsion_bin(rad(180)), 0);
  EXPECT_EQ(torsion_bin(rad(-170.1)), 0);
  EXPECT_EQ(torsion_bin(rad(-169.9)), 1);
  EXPECT_EQ(torsion_bin(0), 18);
  EXPECT_EQ(torsion_bin(rad(179.9)), 35);
}

TEST(JensenShannon, KnownValues) {
  EXPECT_DOUBLE_EQ(jensen_shannon({1, 2, 3}, {2, 4, 6}), 0);
  EXPECT_DOUBLE_EQ(jensen_shannon({5, 0}, {0, 1}), std::log(2.0));
  // p = (1, 0), q = (1/2, 1/2): half of log(4/3), and half of (log(2/3) + log 2) / 2
  EXPECT_NEAR(jensen_shannon({1, 0}, {1, 1}),
              0.5 * std::log(4.0 / 3) + 0.25 * (std::log(2.0 / 3) + std::log(2.0)), 1e-15);
  EXPECT_DOUBLE_EQ(jensen_shannon({1, 0}, {1, 1}), jensen_shannon({1, 1}, {1, 0}));
  EXPECT_TRUE(std::isnan(jensen_shannon({0, 0}, {1, 1})));
}

TEST(TorsionDensity, CountsEachResidueOnce) {
  const test::Molecule m =
      test::peptide({"ALA", "ALA", "ALA", "ILE"}, std::vector<test::Backbone>(4, {-65, -45, 180, -60, 90}));
  TorsionDensity density;
  density.add(table_of(m), m.points);
  const size_t i = static_cast<size_t>(torsion_bin(rad(-65.0))),
               j = static_cast<size_t>(torsion_bin(rad(-45.0)));
  const auto total = [](const Histogram& h) {
    double sum = 0;
    for (double count : h) sum += count;
    return sum;
  };
  EXPECT_EQ(density.single[phi][i], 3);
  EXPECT_EQ(total(density.single[psi]), 3);
  EXPECT_EQ(total(density.single[chi1]), 1);
  EXPECT_EQ(total(density.phi_psi), 2);
  EXPECT_EQ(density.phi_psi[i * kTorsionBins + j], 2);
}

TEST(Rotamers, WithinForty) {
  const std::vector<std::string> sequence{"ILE", "PHE", "SER", "ALA"};
  const auto with = [&](double chi1_deg, double chi2_deg) {
    return test::peptide(sequence, std::vector<test::Backbone>(4, {-65, -40, 180, chi1_deg, chi2_deg}));
  };
  const test::Molecule truth = with(-60, 90);
  const TorsionTable table = table_of(truth);
  const auto same = compare_rotamers(table, truth.points, with(-60, 90).points);
  EXPECT_EQ(same.n_chi1, 3);
  EXPECT_EQ(same.n_chi12, 2);
  EXPECT_EQ(same.chi1, 3);
  EXPECT_EQ(same.chi12, 2);
  // chi1 39 degrees off still counts, 41 doesn't, also across +-180
  EXPECT_EQ(compare_rotamers(table, truth.points, with(-99, 90).points).chi1, 3);
  EXPECT_EQ(compare_rotamers(table, truth.points, with(-101, 90).points).chi1, 0);
  const test::Molecule edge = with(175, 90);
  EXPECT_EQ(compare_rotamers(table, edge.points, with(-170, 90).points).chi1, 3);
  // chi2 half a turn off: the ring of PHE is the same ring, the chain of ILE is not the same chain
  const auto flipped = compare_rotamers(table, truth.points, with(-60, -90).points);
  EXPECT_EQ(flipped.chi12, 1);
  EXPECT_EQ(flipped.chi12_as_named, 0);
}

TEST(Torsions, Degenerate) {
  EXPECT_EQ(TorsionTable({}, {}).n_residues(), 0);
  const test::Molecule one = test::peptide({"ALA"});
  const TorsionTable table = table_of(one);
  for (int t = 0; t < kTorsions; ++t) EXPECT_FALSE(table.defined(0, Torsion(t)));
  EXPECT_EQ(compare_rotamers(table, one.points, one.points).n_chi1, 0);
}

}  // namespace
}  // namespace regrain::metrics
