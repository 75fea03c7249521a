#include "driver/metrics/superposition.hpp"

#include <gtest/gtest.h>

#include "driver/metrics/symmetric_names.hpp"
#include "engine/errors.hpp"
#include "tests/driver/metrics/peptide.hpp"

namespace regrain::metrics {
namespace {

using test::peptide;
using test::random_motion;
using test::random_points;

TEST(Superposition, MotionLeavesNothing) {
  for (int n : {1, 2, 3, 4, 50}) {
    const Points x = random_points(n, 3, 5);
    const Points y = moved(random_motion(static_cast<std::uint64_t>(n)), x);
    EXPECT_GT(rmsd(x, y), 0.1);
    EXPECT_NEAR(superposed_rmsd(x, y), 0, 1e-12) << n << " atoms";
  }
}

TEST(Superposition, RotationIsProper) {
  for (int n : {1, 2, 3, 10}) {
    const Motion m = superpose(random_points(n, 5), random_points(n, 6));
    const auto& r = m.rotation;
    const Vec3 a{r[0], r[1], r[2]}, b{r[3], r[4], r[5]}, c{r[6], r[7], r[8]};
    EXPECT_NEAR(dot(a, cross(b, c)), 1, 1e-12) << n << " atoms";
    EXPECT_NEAR(dot(a, b), 0, 1e-12);
  }
}

TEST(Superposition, MirrorImageDoesNotFit) {
  const Points x = random_points(20, 1, 4);
  EXPECT_GT(superposed_rmsd(test::mirrored(x), x), 1);
}

TEST(Superposition, KnownValues) {
  // two atoms 2 and 4 apart: each end is off by 1
  EXPECT_NEAR(superposed_rmsd({{0, 0, 0}, {2, 0, 0}}, {{5, 5, 5}, {5, 9, 5}}), 1, 1e-12);
  EXPECT_NEAR(rmsd({{0, 0, 0}, {0, 0, 0}}, {{3, 4, 0}, {0, 0, 0}}), std::sqrt(12.5), 1e-12);
  // a square against the same square with one diagonal stretched by 2 x 0.5
  const Points square{{1, 0, 0}, {0, 1, 0}, {-1, 0, 0}, {0, -1, 0}};
  const Points stretched{{1.5, 0, 0}, {0, 1, 0}, {-1.5, 0, 0}, {0, -1, 0}};
  EXPECT_NEAR(superposed_rmsd(moved(random_motion(4), stretched), square), std::sqrt(0.125), 1e-12);
}

TEST(Superposition, CollinearAtoms) {
  const Points line{{0, 0, 0}, {1, 0, 0}, {3, 0, 0}};
  const Motion motion = random_motion(9);
  EXPECT_NEAR(superposed_rmsd(line, moved(motion, line)), 0, 1e-12);
  EXPECT_NEAR(superposed_rmsd(moved(motion, line), line), 0, 1e-12);
}

TEST(Superposition, NoAtomsHaveNoRmsd) {
  EXPECT_TRUE(std::isnan(rmsd({}, {})));
  EXPECT_TRUE(std::isnan(superposed_rmsd({}, {})));
  EXPECT_THROW(rmsd({{0, 0, 0}}, {}), Error);
}

TEST(SymmetricNames, FlippedRingCountsAsEqual) {
  test::Molecule m = peptide({"ALA", "PHE", "ASP", "ILE"});
  const auto groups = symmetric_groups(m.topology);
  ASSERT_EQ(groups.size(), 2u);
  const Points reference = m.points;
  std::swap(m.at(1, "CD1"), m.at(1, "CD2"));
  std::swap(m.at(1, "CE1"), m.at(1, "CE2"));
  std::swap(m.at(2, "OD1"), m.at(2, "OD2"));
  EXPECT_GT(superposed_rmsd(m.points, reference), 0.5);
  EXPECT_EQ(rmsd(renamed(groups, m.points, reference), reference), 0);
  const Points elsewhere = moved(random_motion(2), m.points);
  EXPECT_NEAR(superposed_rmsd(renamed_superposed(groups, elsewhere, reference), reference), 0, 1e-12);
}

TEST(SymmetricNames, RingTurnsAsOne) {
  // CD swapped without CE is a broken ring and must stay wrong
  test::Molecule m = peptide({"PHE"});
  const Points reference = m.points;
  std::swap(m.at(0, "CD1"), m.at(0, "CD2"));
  EXPECT_GT(rmsd(renamed(symmetric_groups(m.topology), m.points, reference), reference), 0.5);
}

TEST(SymmetricNames, NeverWorse) {
  const test::Molecule m = peptide({"PHE", "ASP", "PHE", "ASP", "ALA"});
  const auto groups = symmetric_groups(m.topology);
  for (std::uint64_t seed = 1; seed < 20; ++seed) {
    const Points noisy = test::plus(m.points, random_points(m.topology.n_atoms(), seed, 1.5));
    EXPECT_LE(superposed_rmsd(renamed_superposed(groups, noisy, m.points), m.points),
              superposed_rmsd(noisy, m.points) + 1e-12);
  }
}

}  // namespace
}  // namespace regrain::metrics
