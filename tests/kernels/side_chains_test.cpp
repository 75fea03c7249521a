#include "kernels/side_chains.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>

#include "engine/context.hpp"
#include "models/allatom/side_chain_templates.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/random.hpp"
#include "tests/support/residue_cases.hpp"

namespace regrain::test {
namespace {

constexpr std::size_t at(int i) { return static_cast<std::size_t>(i); }

template <class T>
class SideChains : public ::testing::Test {};
using Scalars = ::testing::Types<float, double>;
TYPED_TEST_SUITE(SideChains, Scalars);

TYPED_TEST(SideChains, ChiOfPlacedResiduesIsTheChiTheyWerePlacedBy) {
  using T = TypeParam;
  Context context(2);
  const auto tables = models::allatom::side_chain_tables<T>();
  for (int n : {0, 1, 2, 66}) {
    const ResidueCase<T> c = residue_case<T>(n, 5);
    Tensor<T> atoms({n, 14, 3}), chi({n, 4});
    Tensor<char> valid({n, 4});
    kernels::place_residues<T>(context.host(), tables, c.type_R, c.backbone_R43, c.chi_R4, atoms);
    kernels::chi_angles<T>(context.host(), tables, c.type_R, atoms, chi, valid);
    for (int r = 0; r < n; ++r)
      for (int k = 0; k < 4; ++k) {
        const bool has = k < tables.n_chi[c.type_R[at(r)]];
        EXPECT_EQ(valid[at(4 * r + k)], has);
        const double off = has ? chi[at(4 * r + k)] - c.chi_R4[at(4 * r + k)] : chi[at(4 * r + k)];
        EXPECT_NEAR(std::remainder(off, 2 * std::numbers::pi), 0, sizeof(T) == 4 ? 1e-4 : 1e-10) << r << " " << k;
      }
  }
}

TYPED_TEST(SideChains, DrawsArePlacedAsSingleResiduesAre) {
  using T = TypeParam;
  Context one(1), two(2);
  const auto tables = models::allatom::side_chain_tables<T>();
  constexpr int kN = 300, kDraws = 5;
  const ResidueCase<T> c = residue_case<T>(kN, 6);
  const Tensor<T> chi = random<T>({kN, kDraws, 4}, 9, 2);
  Tensor<T> side({kN, kDraws, 10, 3}), again({kN, kDraws, 10, 3}), atoms({kN, 14, 3}), chi_of_draw({kN, 4});
  kernels::place_side_chains<T>(two.host(), tables, c.type_R, c.backbone_R43, chi, side);
  kernels::place_side_chains<T>(one.host(), tables, c.type_R, c.backbone_R43, chi, again);
  EXPECT_TRUE(std::equal(side.begin(), side.end(), again.begin()));
  for (int d = 0; d < kDraws; ++d) {
    for (int r = 0; r < kN; ++r)
      for (int k = 0; k < 4; ++k) chi_of_draw[at(4 * r + k)] = chi[at((r * kDraws + d) * 4 + k)];
    kernels::place_residues<T>(two.host(), tables, c.type_R, c.backbone_R43, chi_of_draw, atoms);
    for (int r = 0; r < kN; ++r)
      for (int i = 0; i < 30; ++i)
        ASSERT_EQ(side[at((r * kDraws + d) * 30 + i)], atoms[at(r * 42 + 12 + i)]) << r << " " << d << " " << i;
  }
}

TEST(SideChains, DerivativeIsThatOfCentralDifferences) {
  Context context(1);
  const auto tables = models::allatom::side_chain_tables<double>();
  for (int n : {0, 1, 22, 45}) {
    ResidueCase<double> c = residue_case<double>(n, 7);
    const Tensor<double> g = random({n, 14, 3}, 11);
    Tensor<double> atoms({n, 14, 3}), dchi = random({n, 4}, 12);
    const Tensor<double> before = dchi;
    kernels::place_residues<double>(context.host(), tables, c.type_R, c.backbone_R43, c.chi_R4, atoms);
    kernels::place_residues_backward<double>(context.host(), tables, c.type_R, atoms, g, dchi);
    const auto value = [&](int r) {
      kernels::place_residues<double>(context.host(), tables, c.type_R, c.backbone_R43, c.chi_R4, atoms);
      double sum = 0;
      for (int i = 0; i < 42; ++i) sum += g[at(42 * r + i)] * atoms[at(42 * r + i)];
      return sum;
    };
    for (int i = 0; i < 4 * n; ++i) {
      constexpr double kStep = 1e-5;
      const double x = c.chi_R4[at(i)];
      c.chi_R4[at(i)] = x + kStep;
      const double up = value(i / 4);
      c.chi_R4[at(i)] = x - kStep;
      const double down = value(i / 4);
      c.chi_R4[at(i)] = x;
      EXPECT_NEAR(dchi[at(i)] - before[at(i)], (up - down) / (2 * kStep), 1e-7) << i;
    }
  }
}

TYPED_TEST(SideChains, StayFiniteWhereAtomsFallTogether) {
  using T = TypeParam;
  Context context(1);
  const auto tables = models::allatom::side_chain_tables<T>();
  constexpr int kTypes = models::allatom::kTypes;
  for (int along : {0, 1}) {  // all in one place, all on a line
    Tensor<int> types({kTypes});
    Tensor<T> backbone({kTypes, 4, 3}), chi = random<T>({kTypes, 4}), atoms({kTypes, 14, 3});
    for (int r = 0; r < kTypes; ++r) {
      types[at(r)] = r;
      for (int s = 0; s < 4; ++s) backbone[at(r * 12 + s * 3 + r % 3)] = T(along * s);
    }
    kernels::place_residues<T>(context.host(), tables, types, backbone, chi, atoms);
    for (T x : atoms) ASSERT_TRUE(std::isfinite(x));
    Tensor<char> valid({kTypes, 4});
    kernels::chi_angles<T>(context.host(), tables, types, backbone_only(backbone), chi, valid);
    for (char v : valid) EXPECT_EQ(v, 0);
    for (T x : chi) EXPECT_EQ(x, T(0));
  }
}

TYPED_TEST(SideChains, AMissingAtomMakesItsChiInvalid) {
  using T = TypeParam;
  Context context(1);
  const auto tables = models::allatom::side_chain_tables<T>();
  ResidueCase<T> c = residue_case<T>(2, 3);
  c.type_R[0] = c.type_R[1] = models::allatom::type_of_residue("LYS");
  Tensor<T> atoms({2, 14, 3}), chi({2, 4});
  Tensor<char> valid({2, 4});
  kernels::place_residues<T>(context.host(), tables, c.type_R, c.backbone_R43, c.chi_R4, atoms);
  atoms[7 * 3] = std::numeric_limits<T>::quiet_NaN();  // CE of the first: chi3 and chi4
  kernels::chi_angles<T>(context.host(), tables, c.type_R, atoms, chi, valid);
  EXPECT_EQ(std::vector<char>(valid.begin(), valid.end()), (std::vector<char>{1, 1, 0, 0, 1, 1, 1, 1}));
  EXPECT_EQ(chi[2], T(0));
}

TEST(SideChains, SayWhichResidueIsOfNoType) {
  Context context(1);
  Tensor<int> types = Tensor<int>::from({0, 22});
  Tensor<float> backbone({2, 4, 3}), chi({2, 4}), atoms({2, 14, 3});
  expect_error(ErrorKind::internal, {"place_residues", "residue 1", "type 22"}, [&] {
    kernels::place_residues<float>(context.host(), models::allatom::side_chain_tables<float>(), types, backbone, chi, atoms);
  });
}

}  // namespace
}  // namespace regrain::test
