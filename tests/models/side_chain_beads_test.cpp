#include "models/allatom/side_chain_beads.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "engine/context.hpp"
#include "tests/support/residue_cases.hpp"

namespace regrain::models::allatom {
namespace {

constexpr std::size_t at(int i) { return static_cast<std::size_t>(i); }

TEST(SideChainBeads, AreMostLikelyWhereTheAtomsAre) {
  const int n = 2 * kTypes, n_draws = 5;
  Context context(2);
  const auto tables = side_chain_tables<double>();
  const test::ResidueCase<double> c = test::residue_case<double>(n, 3);
  const Tensor<double> draws = test::random<double>({n, n_draws, kChi}, 5, 2);
  Tensor<double> chi({n, n_draws, kChi}), one({n, kChi}), atoms({n, kResidueSlots, 3}), bead({n, 3}), logp({n, n_draws});
  std::copy(draws.begin(), draws.end(), chi.begin());
  Tensor<char> bead_of({n});
  // the beads of draw 2
  for (int i = 0; i < n; ++i) std::copy_n(chi.data() + (i * n_draws + 2) * kChi, kChi, one.data() + i * kChi);
  kernels::place_residues<double>(context.host(), tables, c.type_R, c.backbone_R43, one, atoms);
  constexpr double masses[] = {12.011, 14.007, 15.999, 32.06, 30.974};
  for (int i = 0; i < n; ++i) {
    bead_of[at(i)] = i < kTypes ? kSideChainBead : i % 3 == 0 ? kNoBead : kResidueBead;
    double total = 0;
    for (int s = i < kTypes ? 4 : 0; s < tables.n_slots[c.type_R[at(i)]]; ++s) {
      const double mass = masses[static_cast<int>(class_of_slot(c.type_R[at(i)], s))];
      total += mass;
      for (int k = 0; k < 3; ++k) bead[at(3 * i + k)] += mass * atoms[at((i * kResidueSlots + s) * 3 + k)];
    }
    for (int k = 0; k < 3; ++k) bead[at(3 * i + k)] /= total > 0 ? total : 1;
  }
  bead_likelihoods<double>(context.host(), View<const int, 1>(c.type_R), c.backbone_R43, chi, View<const char, 1>(bead_of), bead, 0.5, logp);
  int lower = 0;
  for (int i = 0; i < n; ++i) {
    EXPECT_NEAR(logp[at(i * n_draws + 2)], 0, 1e-12) << i;
    for (int s = 0; s < n_draws; ++s) {
      EXPECT_LE(logp[at(i * n_draws + s)], 1e-12);
      EXPECT_GE(logp[at(i * n_draws + s)], bead_of[at(i)] == kNoBead ? 0 : -1e9);
      lower += logp[at(i * n_draws + s)] < -0.5;
    }
  }
  EXPECT_GT(lower, n);
  // an Angstrom off along x, two standard deviations: two nats less
  for (int i = 0; i < n; ++i) bead[at(3 * i)] += 1;
  bead_likelihoods<double>(context.host(), View<const int, 1>(c.type_R), c.backbone_R43, chi, View<const char, 1>(bead_of), bead, 0.5, logp);
  for (int i = 0; i < n; ++i) {
    const bool has = bead_of[at(i)] != kNoBead && (bead_of[at(i)] == kResidueBead || tables.n_slots[c.type_R[at(i)]] > 4);
    EXPECT_NEAR(logp[at(i * n_draws + 2)], has ? -2 : 0, 1e-9) << i;
  }
}

}  // namespace
}  // namespace regrain::models::allatom
