#include "models/allatom/ca_shift.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "engine/context.hpp"
#include "tests/support/equivariance.hpp"
#include "tests/support/random.hpp"

namespace regrain::models::allatom {
namespace {

struct Beads {
  Sequence sequence;
  Tensor<double> bead, weight = test::random<double>({kShiftRows, 3}, 1, 0.3);

  Beads(std::vector<int> first_of_chain, std::uint64_t seed) {
    const int n = first_of_chain.back();
    sequence.first_of_chain = std::move(first_of_chain);
    bead = test::random<double>({n, 3}, seed, 1);
    for (int i = 0; i < n; ++i) {
      sequence.type.push_back((3 * i + 1) % kTypes);
      bead[static_cast<std::size_t>(3 * i)] += 3.8 * i;
    }
  }
  Tensor<double> shifted(int n_threads = 1) const {
    Tensor<double> ca({bead.dim(0), 3});
    shift_to_ca<double>(Context(n_threads).host(), sequence, weight, bead, ca);
    return ca;
  }
};

TEST(CaShift, TurnsWithTheBeadsAndKnowsTheirMirrorImage) {
  const Beads here({0, 12, 25}, 2);
  for (const bool mirror : {false, true}) {
    const test::Motion m = test::random_motion(4, mirror);
    Beads there = here;
    there.bead = test::moved(m, test::Kind::point, here.bead);
    const Tensor<double> want = test::moved(m, test::Kind::point, here.shifted()), found = there.shifted();
    double most = 0;
    // the ends of a chain have no bend, their axes are made up
    for (const int i : {1, 5, 10, 13, 20, 23})
      for (int k = 0; k < 3; ++k) most = std::max(most, std::abs(want[static_cast<std::size_t>(3 * i + k)] - found[static_cast<std::size_t>(3 * i + k)]));
    EXPECT_EQ(most < 1e-9, !mirror) << most;
  }
}

TEST(CaShift, SeesItsOwnChainAlone) {
  const Beads both({0, 12, 25}, 2);
  const Tensor<double> together = both.shifted(2);
  Beads other = both;
  for (int i = 12; i < 25; ++i) other.bead[static_cast<std::size_t>(3 * i)] += 100;
  const Tensor<double> apart = other.shifted();
  for (std::size_t i = 0; i < 36; ++i) EXPECT_EQ(together[i], apart[i]);
  // two places away counts, three don't
  for (const int away : {2, 3}) {
    Beads moved = both;
    moved.bead[static_cast<std::size_t>(3 * (5 + away) + 1)] += 0.5;
    bool same = true;
    for (std::size_t k = 0; k < 3; ++k) same &= moved.shifted()[15 + k] == together[15 + k];
    EXPECT_EQ(same, away == 3);
  }
}

TEST(CaShift, StandsAnything) {
  for (int n : {0, 1, 2, 3, 9})
    for (double scale : {0.0, 1.0, 100.0}) {
      Beads b({0, n}, 3);
      for (double& x : b.bead) x *= scale;
      for (double x : b.shifted()) EXPECT_TRUE(std::isfinite(x)) << n;
      EXPECT_EQ(n == 1 ? b.shifted()[1] : 0, n == 1 ? b.bead[1] : 0);
    }
}

}  // namespace
}  // namespace regrain::models::allatom
