#include "models/allatom/trace_fixes.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "engine/context.hpp"
#include "tests/support/equivariance.hpp"
#include "tests/support/random.hpp"
#include "tests/support/residue_atoms.hpp"

namespace regrain::models::allatom {
namespace {

struct Chain {
  Sequence sequence;
  Tensor<double> ca;

  int n() const { return ca.dim(0); }
  TraceFixes fix() { return fix_trace<double>(Context(1).host(), sequence, ca); }
  double distance(int a, int b) const {
    double square = 0;
    for (int k = 0; k < 3; ++k) square += std::pow(ca[static_cast<std::size_t>(3 * b + k)] - ca[static_cast<std::size_t>(3 * a + k)], 2);
    return std::sqrt(square);
  }
  double rms_to(const Tensor<double>& other) const {
    double square = 0;
    for (std::size_t i = 0; i < ca.size(); ++i) square += std::pow(ca[i] - other[i], 2);
    return std::sqrt(square / n());
  }
};

Chain trp_cage() {
  const io::Structure s = io::read_structure(REGRAIN_SOURCE_DIR "/tests/data/trpcage/trpcage_330K_heavy_top.pdb");
  const auto atoms = test::residue_atoms<double>(s.topology, s.frames[0]);
  Chain c;
  c.sequence.type.assign(atoms.type_R.begin(), atoms.type_R.end());
  c.sequence.first_of_chain = {0, atoms.n()};
  c.ca = Tensor<double>({atoms.n(), 3});
  for (int r = 0; r < atoms.n(); ++r) std::copy_n(atoms.atoms_R14_3.data() + r * 42 + 3, 3, c.ca.data() + 3 * r);
  return c;
}

// a stretched chain of one type, a bond of `step` Angstrom each, alternately `beside` off the line
Chain zigzag(int n, double step, double beside, const char* type = "ALA") {
  Chain c;
  c.sequence.type.assign(static_cast<std::size_t>(n), type_of_residue(type));
  c.sequence.first_of_chain = {0, n};
  c.ca = Tensor<double>({n, 3});
  for (int i = 0; i < n; ++i) c.ca[static_cast<std::size_t>(3 * i)] = step * i, c.ca[static_cast<std::size_t>(3 * i + 1)] = beside * (i % 2);
  return c;
}

void expect_shape(const Chain& c, double tolerance) {
  for (int i = 0; i < c.n(); ++i)
    for (int j = i + 1; j < c.n(); ++j) {
      const double d = c.distance(i, j);
      EXPECT_GT(d, (j == i + 1 ? 3.75 : j == i + 2 ? 4.9 : 3.9) - tolerance) << i << " " << j;
      EXPECT_LT(d, (j == i + 1 ? 3.85 : j == i + 2 ? 7.4 : 1e9) + tolerance) << i << " " << j;
    }
}

TEST(TraceFixes, LeaveAGoodTraceNearlyAsItIs) {
  Chain c = trp_cage();
  const Tensor<double> before = c.ca;
  const TraceFixes f = c.fix();
  EXPECT_LT(f.rms(), 0.06);
  EXPECT_NEAR(f.rms(), c.rms_to(before), 1e-12);
  EXPECT_EQ(f.n_overlaps + f.n_bends, 0);
  expect_shape(c, 0.03);
}

TEST(TraceFixes, BringANoisyTraceNearerToTheTruth) {
  for (std::uint64_t seed : {1, 2, 3}) {
    Chain c = trp_cage();
    std::fill(c.sequence.type.begin(), c.sequence.type.end(), type_of_residue("ALA"));  // noise can make a bond to a proline look cis
    const Tensor<double> truth = c.ca, noise = test::random<double>({c.n(), 3}, seed, 0.25);
    for (std::size_t i = 0; i < c.ca.size(); ++i) c.ca[i] += noise[i];
    const double before = c.rms_to(truth);
    const TraceFixes f = c.fix();
    EXPECT_GT(f.n_bonds, 5);
    EXPECT_LT(f.remaining, 0.02);
    expect_shape(c, 0.05);
    EXPECT_LT(c.rms_to(truth), before);
    EXPECT_LT(f.rms(), before);
    // done once, done for good
    EXPECT_LT(c.fix().rms(), 0.02);
  }
}

TEST(TraceFixes, KeepCisBondsOfProlinesAndBreaks) {
  Chain c = zigzag(8, 3.2, 2.05, "PRO");
  // residues 3 and 4 are as near as cis ones; 5 and 6 are not bonded
  for (int i = 4; i < 8; ++i) c.ca[static_cast<std::size_t>(3 * i)] -= 0.95;
  for (int i = 6; i < 8; ++i) c.ca[static_cast<std::size_t>(3 * i)] += 9;
  const double gap = c.distance(5, 6);
  ASSERT_LT(c.distance(3, 4), 3.3);
  c.fix();
  EXPECT_NEAR(c.distance(3, 4), 2.95, 0.08);
  EXPECT_NEAR(c.distance(2, 3), 3.80, 0.08);
  EXPECT_NEAR(c.distance(5, 6), gap, 0.5);
  // no other residue is
  Chain a = zigzag(8, 3.2, 2.05, "ALA");
  for (int i = 4; i < 8; ++i) a.ca[static_cast<std::size_t>(3 * i)] -= 0.95;
  a.fix();
  EXPECT_NEAR(a.distance(3, 4), 3.80, 0.08);
}

TEST(TraceFixes, PartChainsThatLieOnEachOther) {
  Chain c = zigzag(24, 3.3, 1.9);
  c.sequence.first_of_chain = {0, 12, 24};
  for (int i = 12; i < 24; ++i)  // the second chain crosses the first half an Angstrom above it
    for (int k = 0; k < 3; ++k) {
      const double from = c.ca[static_cast<std::size_t>(3 * (i - 12) + k)];
      c.ca[static_cast<std::size_t>(3 * i + (k == 0 ? 1 : k == 1 ? 0 : 2))] = k == 0 ? from - 18 : k == 1 ? from + 18 : 0.5;
    }
  const TraceFixes f = c.fix();
  EXPECT_GE(f.n_overlaps, 1);
  for (int i = 0; i < 12; ++i)
    for (int j = 12; j < 24; ++j) EXPECT_GT(c.distance(i, j), 3.85);
}

TEST(TraceFixes, StandAnything) {
  for (int n : {0, 1, 2, 3, 40})
    for (double step : {0.0, 0.5, 3.8}) {
      Chain c = zigzag(n, step, 0);
      const TraceFixes f = c.fix();
      for (double x : c.ca) ASSERT_TRUE(std::isfinite(x));
      EXPECT_TRUE(std::isfinite(f.remaining));
      EXPECT_EQ(f.n_residues, n);
      EXPECT_NEAR(n == 2 ? c.distance(0, 1) : 3.8, 3.8, 0.08);
    }
}

TEST(TraceFixes, TurnWithTheTrace) {
  Chain c = trp_cage();
  const Tensor<double> noise = test::random<double>({c.n(), 3}, 8, 0.3);
  for (std::size_t i = 0; i < c.ca.size(); ++i) c.ca[i] += noise[i];
  Chain turned = trp_cage();
  const test::Motion m = test::random_motion(3, false);
  turned.ca = test::moved(m, test::Kind::point, c.ca);
  c.fix();
  turned.fix();
  EXPECT_LT(turned.rms_to(test::moved(m, test::Kind::point, c.ca)), 1e-9);
}

TEST(TraceFixes, AddUp) {
  TraceFixes a, b;
  a.n_residues = 1, a.n_frames = 1, a.sum_square = 4, a.largest = 2, a.n_bonds = 3;
  b.n_residues = 3, b.n_frames = 1, b.sum_square = 0, b.remaining = 0.5, b.n_overlaps = 2;
  a.add(b);
  EXPECT_EQ(a.rms(), 1);
  EXPECT_EQ(a.largest, 2);
  EXPECT_EQ(a.n_frames, 2);
  EXPECT_EQ(a.n_bonds, 3);
  EXPECT_EQ(a.n_overlaps, 2);
  EXPECT_EQ(a.remaining, 0.5);
}

}  // namespace
}  // namespace regrain::models::allatom
