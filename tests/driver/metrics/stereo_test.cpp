#include "driver/metrics/stereo.hpp"

#include <gtest/gtest.h>

#include "driver/metrics/superposition.hpp"
#include "tests/driver/metrics/peptide.hpp"

namespace regrain::metrics {
namespace {

Stereo stereo_of(const test::Molecule& m) { return {m.topology, bond_template(m.topology, m.points)}; }

TEST(Stereo, GoodPeptideHasNoFaults) {
  const test::Molecule m = test::peptide({"ALA", "ILE", "THR", "PHE", "PRO", "ASP", "GLY", "SER"});
  const auto counts = stereo_of(m)(moved(test::random_motion(1), m.points));
  EXPECT_EQ(counts.d_alpha, 0);
  EXPECT_EQ(counts.wrong_beta, 0);
  EXPECT_EQ(counts.cis_peptides, 0);
  EXPECT_EQ(counts.ring_penetrations, 0);
}

TEST(Stereo, MirrorImageIsAllD) {
  const test::Molecule m = test::peptide({"ALA", "ILE", "THR", "PHE", "PRO", "ASP", "GLY", "SER"});
  const auto counts = stereo_of(m)(test::mirrored(m.points));
  EXPECT_EQ(counts.d_alpha, 7);  // all but GLY
  EXPECT_EQ(counts.wrong_beta, 2);
  EXPECT_EQ(counts.cis_peptides, 0);
}

TEST(Stereo, OneWrongBeta) {
  for (const char* name : {"ILE", "THR"}) {
    test::Molecule m = test::peptide({"ALA", name, "ALA"});
    const Stereo stereo = stereo_of(m);
    std::swap(m.at(1, name == std::string("ILE") ? "CG1" : "OG1"), m.at(1, "CG2"));
    const auto counts = stereo(m.points);
    EXPECT_EQ(counts.wrong_beta, 1) << name;
    EXPECT_EQ(counts.d_alpha, 0) << name;
  }
}

TEST(Stereo, CisCountsUnlessBeforeProline) {
  std::vector<test::Backbone> angles(4);
  angles[1].omega = 0;
  angles[3].omega = -10;
  const test::Molecule proline = test::peptide({"ALA", "PRO", "ALA", "ALA"}, angles);
  EXPECT_EQ(stereo_of(proline)(proline.points).cis_peptides, 1);
  const test::Molecule alanine = test::peptide({"ALA", "ALA", "ALA", "ALA"}, angles);
  EXPECT_EQ(stereo_of(alanine)(alanine.points).cis_peptides, 2);
}

TEST(Stereo, BondThroughARing) {
  test::Molecule m = test::peptide({"PHE", "ALA", "ALA"});
  const Stereo stereo = stereo_of(m);
  const Vec3 middle = 0.5 * (m.at(0, "CG") + m.at(0, "CZ"));
  const Vec3 raw = cross(m.at(0, "CD1") - middle, m.at(0, "CD2") - m.at(0, "CE1"));
  const Vec3 normal = (1 / norm(raw)) * raw;
  m.at(2, "CA") = middle + 0.7 * normal;
  m.at(2, "CB") = middle - 0.8 * normal;
  EXPECT_EQ(stereo(m.points).ring_penetrations, 1);
  EXPECT_EQ(stereo(moved(test::random_motion(8), m.points)).ring_penetrations, 1);
  // on one side of the ring
  m.at(2, "CB") = middle + 2.2 * normal;
  EXPECT_EQ(stereo(m.points).ring_penetrations, 0);
  // through its plane, but outside
  const Vec3 beside = m.at(0, "CZ") + 0.9 * (m.at(0, "CZ") - m.at(0, "CG"));
  m.at(2, "CA") = beside + 0.7 * normal;
  m.at(2, "CB") = beside - 0.8 * normal;
  EXPECT_EQ(stereo(m.points).ring_penetrations, 0);
  // torn apart: no bond any more
  m.at(2, "CA") = middle + 3.0 * normal;
  m.at(2, "CB") = middle - 0.8 * normal;
  EXPECT_EQ(stereo(m.points).ring_penetrations, 0);
}

TEST(Stereo, Pierces) {
  const Points square{{1, 1, 0}, {-1, 1, 0}, {-1, -1, 0}, {1, -1, 0}};
  EXPECT_TRUE(pierces({0.3, 0.2, -1}, {0.3, 0.2, 1}, square));
  EXPECT_FALSE(pierces({0.3, 0.2, 0.5}, {0.3, 0.2, 1}, square));
  EXPECT_FALSE(pierces({2, 0.2, -1}, {2, 0.2, 1}, square));
  EXPECT_FALSE(pierces({0, 0, -1}, {0, 0, 1}, {}));
}

TEST(Stereo, Degenerate) {
  EXPECT_EQ(Stereo({}, {})({}).d_alpha, 0);
  const test::Molecule one = test::peptide({"GLY"});
  EXPECT_EQ(stereo_of(one)(one.points).d_alpha, 0);
}

}  // namespace
}  // namespace regrain::metrics
