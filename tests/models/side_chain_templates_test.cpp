#include "models/allatom/side_chain_templates.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <set>

#include "engine/context.hpp"
#include "models/residues.hpp"
#include "tests/support/random.hpp"
#include "tests/support/residue_atoms.hpp"

namespace regrain::models::allatom {
namespace {

constexpr std::size_t at(int i) { return static_cast<std::size_t>(i); }

io::Structure trpcage() {
  return io::read_structure(REGRAIN_SOURCE_DIR "/tests/data/trpcage/trpcage_330K_heavy_top.pdb");
}

TEST(SideChainTemplates, AreInAlphabeticalOrderAndKnowTheirAtoms) {
  constexpr int kHeavy[kTypes] = {5, 11, 8, 8, 6, 9, 9, 4, 10, 8, 8, 9, 8, 11, 7, 6, 7, 14, 12, 7, 10, 11};
  constexpr int kChis[kTypes] = {0, 4, 2, 2, 1, 3, 3, 0, 2, 2, 2, 4, 3, 2, 2, 1, 1, 2, 2, 1, 3, 3};
  std::string_view last;
  for (int type = 0; type < kTypes; ++type) {
    const ResidueTemplate& t = residue_templates()[at(type)];
    EXPECT_EQ(t.n_slots, kHeavy[type]) << t.name;
    EXPECT_EQ(t.n_chi, kChis[type]) << t.name;
    EXPECT_EQ(type_of_residue(t.name), type);
    if (type < kStandardTypes) {
      EXPECT_LT(last, t.name);
    }
    last = t.name;
    // the same atoms and bonds as the published residues have
    const models::ResidueTemplate& other = models::residue_templates()[at(models::residue_type(t.name))];
    ASSERT_EQ(t.n_slots, other.n_slots) << t.name;
    ASSERT_EQ(t.n_bonds, other.n_bonds) << t.name;
    std::set<std::set<int>> mine, theirs;
    for (int b = 0; b < t.n_bonds; ++b) {
      mine.insert({t.bond[at(b)].first, t.bond[at(b)].second});
      const auto slot = [&](int s) { return slot_of_atom(type, other.atom[at(s)]); };
      theirs.insert({slot(other.bond[at(b)].first), slot(other.bond[at(b)].second)});
    }
    EXPECT_EQ(mine, theirs) << t.name;
  }
  EXPECT_EQ(type_of_residue("ALA"), 0);
  EXPECT_EQ(type_of_residue("VAL"), 19);
  EXPECT_EQ(type_of_residue("SEP"), 20);
  EXPECT_EQ(type_of_residue("MSE"), -1);
  EXPECT_EQ(slot_of_atom(type_of_residue("ILE"), "CD"), 7);
  EXPECT_EQ(slot_of_atom(type_of_residue("ALA"), "OXT"), -1);
}

TEST(SideChainTemplates, PlaceEveryAtomAlongAPathOfBonds) {
  for (const ResidueTemplate& t : residue_templates()) {
    const auto bonded = [&](int a, int b) {
      return std::any_of(t.bond.begin(), t.bond.begin() + t.n_bonds, [&](const std::pair<int, int>& bond) {
        return bond == std::pair{a, b} || bond == std::pair{b, a};
      });
    };
    for (int s = kernels::kAtCb; s < t.n_slots; ++s) {
      const Placement& p = t.placement[at(s - kernels::kAtCb)];
      EXPECT_TRUE(bonded(s, p.bonded) && bonded(p.bonded, p.angle_atom)) << t.name << " " << t.atom[at(s)];
      // CB's torsion is an improper one
      EXPECT_TRUE(s == kernels::kAtCb || bonded(p.angle_atom, p.torsion_atom)) << t.name << " " << t.atom[at(s)];
      EXPECT_TRUE(p.length > 1.2 && p.length < 1.85 && p.angle > 1.7 && p.angle < 2.4) << t.name << " " << t.atom[at(s)];
    }
    for (int k = 0; k < t.n_chi; ++k)
      for (int j = 0; j < 3; ++j) EXPECT_TRUE(bonded(t.chi_slots[at(k)][at(j)], t.chi_slots[at(k)][at(j + 1)])) << t.name;
  }
}

// CZ of a ring is placed along one of its sides and stands where the other side would put it within 0.01 A.
TEST(SideChainTemplates, ExchangedAtomsComeToEachOthersPlaces) {
  Context context(1);
  const auto tables = side_chain_tables<double>();
  const auto chain = test::residue_atoms<double>(trpcage().topology, trpcage().frames[0]);
  for (int type = 0; type < kTypes; ++type) {
    const ResidueTemplate& t = residue_templates()[at(type)];
    const Tensor<int> types = Tensor<int>::from({type, type});
    Tensor<double> backbone({2, 4, 3}), chi({2, 4}), atoms({2, 14, 3});
    for (int r = 0; r < 2; ++r) {
      std::copy_n(chain.backbone_R43.data() + 36, 12, backbone.data() + 12 * r);
      for (int k = 0; k < 4; ++k) chi[at(r * 4 + k)] = 0.4 + k;
    }
    if (t.n_chi) chi[at(4 + t.n_chi - 1)] += 2 * std::numbers::pi / t.symmetry;
    kernels::place_residues<double>(context.host(), tables, types, backbone, chi, atoms);
    for (int s = 0; s < t.n_slots; ++s)
      for (int k = 0; k < 3; ++k)
        EXPECT_NEAR(atoms[at(42 + 3 * s + k)], atoms[at(3 * t.exchange[at(s)] + k)], 0.01) << t.name << " " << t.atom[at(s)];
  }
}

TEST(SideChainTemplates, NoAtomIsFurtherFromCaThanItsReach) {
  Context context(1);
  const auto tables = side_chain_tables<double>();
  const auto chain = test::residue_atoms<double>(trpcage().topology, trpcage().frames[0]);
  constexpr int kDraws = 500;
  const Tensor<double> chi = test::random({kDraws, 4}, 3, 2);
  Tensor<double> backbone({kDraws, 4, 3}), atoms({kDraws, 14, 3});
  for (int d = 0; d < kDraws; ++d) std::copy_n(chain.backbone_R43.data() + 36, 12, backbone.data() + 12 * d);
  for (int type = 0; type < kTypes; ++type) {
    const Tensor<int> types({kDraws}, std::vector<int>(kDraws, type));
    kernels::place_residues<double>(context.host(), tables, types, backbone, chi, atoms);
    double furthest = 0;
    for (int d = 0; d < kDraws; ++d)
      for (int s = 0; s < tables.n_slots[type]; ++s)
        furthest = std::max(furthest, std::hypot(atoms[at(42 * d + 3 * s)] - atoms[at(42 * d + 3)],
                                                 atoms[at(42 * d + 3 * s + 1)] - atoms[at(42 * d + 4)],
                                                 atoms[at(42 * d + 3 * s + 2)] - atoms[at(42 * d + 5)]));
    EXPECT_LT(furthest, tables.reach[type]) << residue_templates()[at(type)].name;
    EXPECT_GT(furthest, 0.75 * tables.reach[type]) << residue_templates()[at(type)].name;
  }
}

// Bonds and angles of a simulation swing about the table's: 0.31 A here, 0.16 A on crystal chains.
TEST(SideChainTemplates, RebuildTrpcageFromItsBackboneAndChi) {
  Context context(2);
  const io::Structure s = trpcage();
  const auto tables = side_chain_tables<float>();
  const auto chain = test::residue_atoms<float>(s.topology, s.frames[0]);
  Tensor<float> chi({chain.n(), 4}), atoms({chain.n(), 14, 3});
  Tensor<char> valid({chain.n(), 4});
  kernels::chi_angles<float>(context.host(), tables, chain.type_R, chain.atoms_R14_3, chi, valid);
  kernels::place_residues<float>(context.host(), tables, chain.type_R, chain.backbone_R43, chi, atoms);
  double sum = 0;
  int count = 0;
  for (int r = 0; r < chain.n(); ++r)
    for (int slot = 4; slot < tables.n_slots[chain.type_R[at(r)]]; ++slot, ++count)
      for (int k = 0; k < 3; ++k) {
        const std::size_t i = at((r * 14 + slot) * 3 + k);
        sum += (atoms[i] - chain.atoms_R14_3[i]) * (atoms[i] - chain.atoms_R14_3[i]);
      }
  const double rmsd = std::sqrt(sum / count);
  EXPECT_EQ(count, 73);
  EXPECT_LT(rmsd, 0.35);
  EXPECT_GT(rmsd, 0.02);
}

}  // namespace
}  // namespace regrain::models::allatom
