#include "models/allatom/known_atoms.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>

#include "engine/context.hpp"
#include "engine/philox.hpp"
#include "tests/support/residue_cases.hpp"

namespace regrain::models::allatom {
namespace {

constexpr std::size_t at(int i) { return static_cast<std::size_t>(i); }
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr double kUntouched = 9;

// All types twice, their atoms by template, and those of them that are known.
struct Partial {
  Context context{2};
  SideChainTables<double> tables = side_chain_tables<double>();
  test::ResidueCase<double> c;
  Tensor<double> atoms, known;

  // of the atoms a residue has, each is known with probability `share`
  explicit Partial(std::uint64_t seed, double share, int n = 2 * kTypes)
      : c(test::residue_case<double>(n, seed)), atoms({n, kResidueSlots, 3}), known({n, kResidueSlots, 3}) {
    kernels::place_residues<double>(context.host(), tables, c.type_R, c.backbone_R43, c.chi_R4, atoms);
    const Rng rng{.seed = seed};
    for (int r = 0; r < n; ++r)
      for (int s = 0; s < kResidueSlots; ++s) {
        const bool is = s < tables.n_slots[c.type_R[at(r)]] && rng.uniform(static_cast<std::uint32_t>(r * kResidueSlots + s)) < share;
        for (int k = 0; k < 3; ++k) known[at((r * kResidueSlots + s) * 3 + k)] = is ? atoms[at((r * kResidueSlots + s) * 3 + k)] : kNone;
      }
  }
  int n() const { return c.type_R.dim(0); }
  bool is_known(int r, int slot) const { return std::isfinite(known[at((r * kResidueSlots + slot) * 3)]); }
};

TEST(KnownAtoms, TellTheChiTheyHave) {
  for (double share : {0.0, 0.8, 1.0}) {
    Partial p(3, share);
    Tensor<double> chi({p.n(), 3, kChi});
    std::fill(chi.begin(), chi.end(), kUntouched);
    keep_chi<double>(p.context.host(), View<const int, 1>(p.c.type_R), p.known, chi);
    int told = 0, all = 0;
    for (int r = 0; r < p.n(); ++r)
      for (int k = 0; k < kChi; ++k) {
        const int type = p.c.type_R[at(r)];
        all += k < p.tables.n_chi[type];
        bool four = k < p.tables.n_chi[type];
        for (int a = 0; four && a < 4; ++a) four = p.is_known(r, p.tables.chi_slots[(type * kChi + k) * 4 + a]);
        for (int s = 0; s < 3; ++s) {
          const double found = chi[at((r * 3 + s) * kChi + k)];
          if (found == kUntouched) {
            EXPECT_FALSE(four) << r << " chi " << k;
            continue;
          }
          EXPECT_NEAR(std::remainder(found - p.c.chi_R4[at(r * kChi + k)], 2 * std::numbers::pi), 0, 1e-9) << r << " chi " << k;
          told += s == 0;
        }
      }
    EXPECT_LE(told, share > 0 ? all : 0);
    EXPECT_GE(told, share < 1 ? (share > 0 ? all / 4 : 0) : all);
  }
}

// With the chi of the truth, what is built onto known atoms is the truth, wherever the other atoms were before.
TEST(KnownAtoms, StayAndTheRestIsBuiltOntoThem) {
  for (double share : {0.3, 0.7, 1.0}) {
    Partial p(5, share);
    for (int r = 0; r < p.n(); ++r)  // backbones are known
      std::copy_n(p.atoms.data() + r * kResidueSlots * 3, 12, p.known.data() + r * kResidueSlots * 3);
    Tensor<double> made({p.n(), kResidueSlots, 3});
    for (int r = 0; r < p.n(); ++r)
      for (int i = 0; i < 3 * p.tables.n_slots[p.c.type_R[at(r)]]; ++i) made[at(r * 42 + i)] = 100 + i;
    for (int r = 0; r < p.n(); ++r) std::copy_n(p.atoms.data() + r * 42 + 3, 3, made.data() + r * 42 + 3);  // CA
    keep_atoms<double>(p.context.host(), View<const int, 1>(p.c.type_R), p.known, p.c.chi_R4, made);
    for (int r = 0; r < p.n(); ++r)
      for (int s = 0; s < kResidueSlots; ++s)
        for (int k = 0; k < 3; ++k) {
          const std::size_t i = at((r * kResidueSlots + s) * 3 + k);
          EXPECT_NEAR(made[i], p.atoms[i], p.is_known(r, s) ? 0 : 1e-9) << r << " slot " << s;
        }
  }
}

TEST(KnownAtoms, SayWhatOfAResidueIsGiven) {
  Partial p(7, 1.0, 6);
  const auto forget = [&](int r, int slot) { std::fill_n(p.known.data() + (r * kResidueSlots + slot) * 3, 3, kNone); };
  const int types[] = {0, 18, 7, 18, 10, 18};  // ALA, TYR, GLY, TYR, LEU, TYR
  std::copy_n(types, 6, p.c.type_R.data());
  for (double& x : p.known) x = 1;
  forget(0, 1);  // CA is the trace's
  forget(1, 11);
  for (int s : {0, 2, 3}) forget(2, s);
  for (int s : {0, 3}) forget(3, s);
  for (int s = 0; s < kResidueSlots; ++s) forget(4, s);
  forget(5, 13);  // a tyrosine has twelve
  Tensor<char> given({6});
  given_residues<double>(p.context.host(), View<const int, 1>(p.c.type_R), p.known, given);
  const char want[] = {kGivenWhole, kGivenBackbone, kNotGiven, kGivenBackbone, kNotGiven, kGivenWhole};
  for (int r = 0; r < 6; ++r) EXPECT_EQ(given[at(r)], want[r]) << r;
}

// Four CA; the peptides between the first three are bonded, the last residue stands alone.
struct Peptides {
  Context context{1};
  Tensor<double> ca{{4, 3}, {0, 0, 0, 3.8, 0, 0, 5.2, 3.53, 0, 20, 0, 0}}, axes{{4, 3, 3}};
  Tensor<int> linked{{4}, {1, 1, 0, 0}};
  Tensor<double> flat{{4, 4, 3}}, known{{4, kResidueSlots, 3}}, backbone{{4, 4, 3}};

  Peptides() {
    // a flat peptide each, its plane told by y
    const double y[2][3] = {{0, 0.6, 0.8}, {0, 0, 1}};
    for (int i = 0; i < 2; ++i) {
      double x[3], up[3], atoms[3][3];
      for (std::size_t k = 0; k < 3; ++k) x[k] = ca[at(3 * i + 3) + k] - ca[at(3 * i) + k], up[k] = y[i][k];
      const double length = std::sqrt(kernels::peptide::dot3(x, x));
      kernels::peptide::normalize(x);
      kernels::peptide::normal_part(x, up);
      kernels::peptide::peptide_in_plane(x, up, length, atoms);
      for (std::size_t k = 0; k < 3; ++k) {
        flat[at(i * 12 + 6) + k] = ca[at(3 * i) + k] + atoms[0][k];
        flat[at(i * 12 + 9) + k] = ca[at(3 * i) + k] + atoms[1][k];
        flat[at(i * 12 + 12) + k] = ca[at(3 * i) + k] + atoms[2][k];
      }
    }
    std::fill(known.begin(), known.end(), kNone);
    for (double& v : backbone) v = -7;
  }
  void know(int r, int slot) { std::copy_n(flat.data() + r * 12 + slot * 3, 3, known.data() + (r * kResidueSlots + slot) * 3); }
  void keep() {
    const kernels::TraceFrames<double> trace{View<const double, 2>(ca), View<const double, 3>(axes), View<const double, 3>(axes),
                                             View<const int, 1>(linked)};
    keep_backbone<double>(context.host(), trace, known, backbone);
  }
  double off(int r, int slot) const {
    double most = 0;
    for (int k = 0; k < 3; ++k) most = std::max(most, std::abs(backbone[at(r * 12 + slot * 3 + k)] - flat[at(r * 12 + slot * 3 + k)]));
    return most;
  }
};

TEST(KnownAtoms, TellThePlaneOfTheirPeptide) {
  for (auto [residue, slot] : {std::pair{0, 2}, {0, 3}, {1, 0}}) {
    Peptides p;
    p.know(residue, slot);
    p.keep();
    EXPECT_LT(p.off(0, 2), 1e-9) << residue << " " << slot;
    EXPECT_LT(p.off(0, 3), 1e-9) << residue << " " << slot;
    EXPECT_LT(p.off(1, 0), 1e-9) << residue << " " << slot;
    EXPECT_EQ(p.off(residue, slot), 0);
    // the next peptide, of which nothing is known, and the first N are left alone
    EXPECT_EQ(p.backbone[at(12 + 6)], -7);
    EXPECT_EQ(p.backbone[at(24)], -7);
    EXPECT_EQ(p.backbone[0], -7);
  }
}

TEST(KnownAtoms, OfAChainsEndsStay) {
  Peptides p;
  for (std::size_t k = 0; k < 3; ++k) {
    p.known[at(0 * 42) + k] = 1.25 * static_cast<double>(k);                // N of the first residue
    p.known[at(3 * 42 + 6) + k] = p.ca[9 + k] + (k == 0 ? 1.525 : 0);       // C of the last, whose O is not known
    p.known[at(2 * 42 + 9) + k] = 3.5;                                      // O of a residue whose C is not known
  }
  p.backbone[at(3 * 12 + 10)] = 30;  // where the networks see that O: on the side of y
  p.keep();
  for (std::size_t k = 0; k < 3; ++k) {
    EXPECT_EQ(p.backbone[k], 1.25 * static_cast<double>(k));
    EXPECT_EQ(p.backbone[at(3 * 12 + 6) + k], p.known[at(3 * 42 + 6) + k]);
    EXPECT_EQ(p.backbone[at(2 * 12 + 9) + k], 3.5);
  }
  double bond = 0;
  for (std::size_t k = 0; k < 3; ++k) bond += std::pow(p.backbone[at(3 * 12 + 9) + k] - p.backbone[at(3 * 12 + 6) + k], 2);
  EXPECT_NEAR(std::sqrt(bond), 1.231, 1e-6);
  EXPECT_GT(p.backbone[at(3 * 12 + 10)], 0.5);
}

}  // namespace
}  // namespace regrain::models::allatom
