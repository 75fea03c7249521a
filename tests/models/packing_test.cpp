#include "models/allatom/packing.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>

#include "engine/context.hpp"
#include "engine/philox.hpp"
#include "kernels/neighbors.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/residue_atoms.hpp"
#include "tests/support/residue_cases.hpp"

namespace regrain::models::allatom {
namespace {

constexpr std::size_t at(int i) { return static_cast<std::size_t>(i); }

template <class T>
struct Packed {
  Tensor<T> chi, backbone, atoms;
};

template <class T>
Packed<T> packed(Context& context, const PackingInput<T>& in, const PackingSettings& settings = {}) {
  const int n = in.type_R.dim(0);
  Packed<T> p{Tensor<T>({n, 4}), Tensor<T>({n, 4, 3}), Tensor<T>({n, 14, 3})};
  pack<T>(context.host(), in, settings, {p.chi, p.backbone, p.atoms});
  return p;
}

template <class T>
bool same(const Tensor<T>& a, const Tensor<T>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

// Trp-cage, and draws of which some are near its own chi and some anywhere.
struct Trpcage {
  test::ResidueAtoms<float> truth;
  Tensor<float> chi, draws;
  Tensor<char> valid;

  explicit Trpcage(int n_draws, double good = 0.4, int frame_seed = 0) {
    const io::Structure s = io::read_structure(REGRAIN_SOURCE_DIR "/tests/data/trpcage/trpcage_330K_heavy_top.pdb");
    truth = test::residue_atoms<float>(s.topology, s.frames[0]);
    const int n = truth.n();
    chi = Tensor<float>({n, 4});
    valid = Tensor<char>({n, 4});
    draws = Tensor<float>({n, n_draws, 4});
    Context context(1);
    kernels::chi_angles<float>(context.host(), side_chain_tables<float>(), truth.type_R, truth.atoms_R14_3, chi, valid);
    const Rng rng{.seed = 11, .step = static_cast<std::uint32_t>(frame_seed)};
    for (int r = 0; r < n; ++r)
      for (int d = 0; d < n_draws; ++d) {
        const auto element = static_cast<std::uint32_t>(r * n_draws + d);
        const bool near = rng.uniform(element) < good;
        for (int k = 0; k < 4; ++k) {
          const double turn = near ? 0.15 * rng.normal(10000 + 4 * element + static_cast<std::uint32_t>(k))
                                   : 2.094 * (1 + rng.below(90000 + element, 2));
          draws[at((r * n_draws + d) * 4 + k)] = chi[at(4 * r + k)] + static_cast<float>(turn);
        }
      }
  }
  PackingInput<float> input() const {
    PackingInput<float> in;
    in.type_R = truth.type_R;
    in.backbone_R43 = truth.backbone_R43;
    in.chi_RS4 = draws;
    in.first_of_set = {0, truth.n()};
    return in;
  }
  double share_of_chi1(const Tensor<float>& found) const {
    int good = 0, all = 0;
    for (int r = 0; r < truth.n(); ++r) {
      if (!valid[at(4 * r)]) continue;
      ++all;
      good += std::abs(std::remainder(found[at(4 * r)] - chi[at(4 * r)], 2 * std::numbers::pi)) < 0.7;
    }
    return static_cast<double>(good) / all;
  }
  int overlaps(const Tensor<float>& atoms_R14_3) const {
    Context context(1);
    const int n = truth.n();
    Tensor<char> none({n}), linked({n});
    std::fill_n(linked.data(), n - 1, char{1});
    Tensor<float> ca({n, 3}), turns({n, 5});
    for (int r = 0; r < n; ++r) std::copy_n(atoms_R14_3.data() + 42 * r + 3, 3, ca.data() + 3 * r);
    const auto near = kernels::neighbor_graph<float>(context.host(), View<const float, 2>(ca), 25.f, {0, n}, kernels::GraphOrders::receivers);
    Tensor<int> count({1});
    kernels::count_overlaps<float>(context.host(), {side_chain_tables<float>(), n, truth.type_R.data(), none.data(), linked.data(), atoms_R14_3.data(), atoms_R14_3.data()},
                                   near, Tensor<int>::from({0, n}), turns, count);
    return count[0];
  }
};

TEST(Packing, FindsTheSideChainsOfTrpcageAmongDraws) {
  Context context(2);
  const Trpcage many(16), one(1);
  PackingSettings no_relaxation;
  no_relaxation.relax = false;
  const Packed<float> first = packed(context, one.input(), no_relaxation), picked = packed(context, many.input(), no_relaxation),
                      relaxed = packed(context, many.input());
  EXPECT_LT(one.share_of_chi1(first.chi), 0.7);
  EXPECT_GT(many.share_of_chi1(picked.chi), 0.75);
  EXPECT_GT(many.share_of_chi1(relaxed.chi), 0.75);
  EXPECT_GT(one.overlaps(first.atoms), 10);
  EXPECT_LT(many.overlaps(picked.atoms), 6);
  EXPECT_LE(many.overlaps(relaxed.atoms), std::min(many.overlaps(picked.atoms), 2));
  EXPECT_TRUE(same(picked.backbone, many.truth.backbone_R43));
  EXPECT_FALSE(same(relaxed.backbone, many.truth.backbone_R43));
  for (int r = 0; r < many.truth.n(); ++r)
    for (int k = 3; k < 6; ++k) EXPECT_EQ(relaxed.atoms[at(42 * r + k)], many.truth.atoms_R14_3[at(42 * r + k)]);
}

TEST(Packing, PicksOneOfTheDrawsOfEveryResidue) {
  Context context(1);
  const Trpcage t(5);
  PackingSettings settings;
  settings.relax = false;
  for (bool sample : {false, true}) {
    settings.sample = sample;
    const Packed<float> p = packed(context, t.input(), settings);
    for (int r = 0; r < t.truth.n(); ++r) {
      const int n_chi = side_chain_tables<float>().n_chi[t.truth.type_R[at(r)]];
      bool found = n_chi == 0;
      for (int d = 0; d < 5 && !found; ++d) {
        found = true;
        for (int k = 0; k < n_chi; ++k)
          found &= std::abs(std::remainder(p.chi[at(4 * r + k)] - t.draws[at((r * 5 + d) * 4 + k)], 2 * std::numbers::pi)) < 1e-5;
      }
      EXPECT_TRUE(found) << r;
      for (int k = n_chi; k < 4; ++k) EXPECT_EQ(p.chi[at(4 * r + k)], 0.f);
    }
  }
}

TEST(Packing, LogProbabilitiesDecideWhereNothingOverlaps) {
  Context context(1);
  // one serine: nothing to overlap with
  const test::ResidueCase<float> c = test::residue_case<float>(1, 2, 0);
  const Tensor<int> types = Tensor<int>::from({15});
  Tensor<float> draws({1, 3, 4}), logp({1, 3});
  draws[0] = 1.f, draws[4] = 3.f, draws[8] = -1.f;
  PackingInput<float> in;
  in.type_R = types, in.backbone_R43 = c.backbone_R43, in.chi_RS4 = draws, in.logp_RS = logp, in.first_of_set = {0, 1};
  for (int likely = 0; likely < 3; ++likely) {
    for (int d = 0; d < 3; ++d) logp[at(d)] = d == likely ? -0.1f : -5.f;
    EXPECT_NEAR(packed(context, in).chi[0], draws[at(4 * likely)], 1e-5);
  }
}

TEST(Packing, SetsAreWhatTheyAreAloneForEveryNumberOfThreads) {
  Context one(1), two(2);
  const Trpcage a(8, 0.4, 1), b(8, 0.4, 2);
  const int n = a.truth.n();
  Tensor<int> types({2 * n});
  Tensor<float> backbone({2 * n, 4, 3}), draws({2 * n, 8, 4});
  for (const Trpcage* t : {&a, &b}) {
    const int first = t == &a ? 0 : n;
    std::copy(t->truth.type_R.begin(), t->truth.type_R.end(), types.begin() + first);
    std::copy(t->truth.backbone_R43.begin(), t->truth.backbone_R43.end(), backbone.begin() + 12 * first);
    std::copy(t->draws.begin(), t->draws.end(), draws.begin() + 32 * first);
  }
  PackingInput<float> in;
  in.type_R = types, in.backbone_R43 = backbone, in.chi_RS4 = draws, in.first_of_set = {0, n, n, 2 * n};
  in.frame = {4, 5, 6}, in.sample = {1, 1, 2};
  for (bool sample : {false, true}) {
    PackingSettings settings;
    settings.sample = sample;
    settings.seed = 3;
    const Packed<float> together = packed(two, in, settings);
    for (const Trpcage* t : {&a, &b}) {
      PackingInput<float> alone = t->input();
      alone.frame = {t == &a ? 4 : 6}, alone.sample = {t == &a ? 1 : 2};
      const Packed<float> p = packed(one, alone, settings);
      EXPECT_TRUE(std::equal(p.atoms.begin(), p.atoms.end(), together.atoms.begin() + (t == &a ? 0 : 42 * n)));
      EXPECT_TRUE(std::equal(p.chi.begin(), p.chi.end(), together.chi.begin() + (t == &a ? 0 : 4 * n)));
    }
  }
}

TEST(Packing, RandomDrawsDependOnSeedFrameAndSample) {
  Context context(1);
  const Trpcage t(16, 0.1);
  PackingSettings settings;
  settings.sample = true;
  settings.relax = false;
  const auto draw = [&](std::uint64_t seed, int frame, int sample) {
    settings.seed = seed;
    PackingInput<float> in = t.input();
    in.frame = {frame}, in.sample = {sample};
    return packed(context, in, settings);
  };
  const Packed<float> p = draw(1, 2, 3);
  EXPECT_TRUE(same(p.atoms, draw(1, 2, 3).atoms));
  EXPECT_FALSE(same(p.atoms, draw(2, 2, 3).atoms));
  EXPECT_FALSE(same(p.atoms, draw(1, 3, 3).atoms));
  EXPECT_FALSE(same(p.atoms, draw(1, 2, 4).atoms));
}

// ... and where the likely ones find no room an unlikely one is taken: what the wide draws of rebuild() are for.
TEST(Packing, TakesAnUnlikelyDrawWhereTheOthersHaveNoRoom) {
  Context context(1);
  const test::ResidueCase<float> one = test::residue_case<float>(1, 2, 0);
  const Tensor<int> types = Tensor<int>::from({type_of_residue("TYR"), type_of_residue("ALA")});
  Tensor<float> backbone({2, 4, 3}), draws({2, 6, 4}), logp({2, 6}), given_atoms({2, 14, 3});
  for (int i = 0; i < 12; ++i) backbone[at(i)] = one.backbone_R43[at(i)], backbone[at(12 + i)] = 100 + one.backbone_R43[at(i)];
  for (int d = 0; d < 6; ++d) {
    draws[at(4 * d)] = d < 5 ? -1.1f + 0.02f * static_cast<float>(d) : 3.1f;
    draws[at(4 * d + 1)] = 1.5f;
    logp[at(d)] = d < 5 ? 0.f : -4.f;
  }
  PackingInput<float> in;
  in.type_R = types, in.backbone_R43 = backbone, in.chi_RS4 = draws, in.logp_RS = logp, in.first_of_set = {0, 2};
  PackingSettings picks_alone;
  picks_alone.relax = false;
  const Packed<float> free = packed(context, in, picks_alone);
  EXPECT_NEAR(free.chi[0], -1.1, 0.1);
  // atoms of the other residue go where CG and the ring of the likely draws are
  Tensor<char> given({2});
  given[1] = kGivenWhole;
  for (int a = 0; a < 5; ++a)
    for (int k = 0; k < 3; ++k) given_atoms[at(42 + 3 * a + k)] = free.atoms[at(3 * (6 + a) + k)];
  in.given_R = given;
  in.given_R14_3 = given_atoms;
  EXPECT_NEAR(packed(context, in, picks_alone).chi[0], 3.1, 1e-3);
}

TEST(Packing, GivenResiduesStayAsTheyAre) {
  Context context(1);
  const Trpcage t(8);
  Tensor<char> given({t.truth.n()});
  for (int r : {0, 5, 6, 7, 11, 19}) given[at(r)] = 1;
  PackingInput<float> in = t.input();
  in.given_R = given;
  in.given_R14_3 = t.truth.atoms_R14_3;
  const Packed<float> p = packed(context, in);
  const auto tables = side_chain_tables<float>();
  for (int r = 0; r < t.truth.n(); ++r) {
    if (!given[at(r)]) continue;
    const int used = 3 * tables.n_slots[t.truth.type_R[at(r)]];
    for (int i = 0; i < 42; ++i) EXPECT_EQ(p.atoms[at(42 * r + i)], i < used ? t.truth.atoms_R14_3[at(42 * r + i)] : 0.f) << r;
    for (int k = 0; k < 4; ++k) EXPECT_EQ(p.chi[at(4 * r + k)], t.chi[at(4 * r + k)]);
  }
}

// N, CA, C and O of given backbones keep their bits where side chains and other peptides are relaxed.
TEST(Packing, GivenBackbonesStayUnderMovingSideChains) {
  Context context(1);
  const Trpcage t(8, 0.1);
  PackingInput<float> in = t.input();
  const Packed<float> free = packed(context, in);
  Tensor<char> given({t.truth.n()});
  for (int r : {3, 4, 5, 12}) given[at(r)] = kGivenBackbone;
  in.given_R = given;
  in.given_R14_3 = t.truth.atoms_R14_3;
  const Packed<float> p = packed(context, in);
  int moved = 0, turned = 0;
  for (int r = 0; r < t.truth.n(); ++r)
    for (int i = 0; i < 12; ++i) {
      const float truth = t.truth.backbone_R43[at(12 * r + i)];
      if (given[at(r)]) {
        EXPECT_EQ(p.backbone[at(12 * r + i)], truth) << r;
        turned += free.backbone[at(12 * r + i)] != truth;
      } else {
        moved += p.backbone[at(12 * r + i)] != truth;
      }
    }
  EXPECT_GT(moved, 20);
  EXPECT_GT(turned, 10);  // which they would not have done by themselves
  int relaxed = 0;
  for (int r : {3, 4, 5, 12}) {
    bool drawn = false;
    for (int s = 0; s < 8; ++s) drawn |= p.chi[at(4 * r)] == in.chi_RS4(r, s, 0);
    relaxed += !drawn;
  }
  EXPECT_GT(relaxed, 0);
}

// No residues at all, few, all in one place, on a line, glycine alone.
TEST(Packing, StandsWhatUsersBring) {
  Context context(2);
  for (int n : {0, 1, 2, 30})
    for (const char* shape : {"helix", "point", "line", "glycine"})
      for (int n_draws : {1, 3}) {
        test::ResidueCase<float> c = test::residue_case<float>(n, 5);
        const std::string_view word = shape;
        for (int r = 0; r < n; ++r) {
          if (word == "glycine") c.type_R[at(r)] = 7;
          if (word != "point" && word != "line") continue;
          for (int s = 0; s < 4; ++s)
            for (int k = 0; k < 3; ++k)
              c.backbone_R43[at((r * 4 + s) * 3 + k)] = word == "line" && k == 0 ? 3.8f * static_cast<float>(r) + 1.2f * static_cast<float>(s - 1) : 0.f;
        }
        const Tensor<float> draws = test::random<float>({n, n_draws, 4}, 3, 2);
        PackingInput<float> in;
        in.type_R = c.type_R, in.backbone_R43 = c.backbone_R43, in.chi_RS4 = draws, in.first_of_set = {0, n};
        for (bool sample : {false, true}) {
          PackingSettings settings;
          settings.sample = sample;
          const Packed<float> p = packed(context, in, settings);
          for (float x : p.atoms) ASSERT_TRUE(std::isfinite(x)) << shape << " " << n;
          for (float x : p.chi) ASSERT_TRUE(std::abs(x) < 3.1416f) << shape << " " << n;
          for (int r = 0; r < n; ++r)
            for (int k = 0; k < 3; ++k) EXPECT_EQ(p.atoms[at(42 * r + 3 + k)], c.backbone_R43[at(12 * r + 3 + k)]);
        }
      }
}

TEST(Packing, SaysWhatIsWrongWithItsInput) {
  Context context(1);
  Trpcage t(3);
  t.truth.backbone_R43[at(4 * 12 + 7)] = std::numeric_limits<float>::quiet_NaN();
  test::expect_error(ErrorKind::numbers, {"packing", "backbone", "residue 4", "not finite"}, [&] { packed(context, t.input()); });
  t.truth.backbone_R43[at(4 * 12 + 7)] = 0;
  t.draws[at(2 * 12)] = std::numeric_limits<float>::infinity();
  test::expect_error(ErrorKind::numbers, {"chi angle", "residue 2"}, [&] { packed(context, t.input()); });
  t.draws[at(2 * 12)] = 0;
  t.truth.type_R[3] = -1;
  test::expect_error(ErrorKind::internal, {"residue 3", "type -1"}, [&] { packed(context, t.input()); });
  t.truth.type_R[3] = 0;
  PackingInput<float> in = t.input();
  in.first_of_set = {0, 7};
  test::expect_error(ErrorKind::internal, {"sets don't cover 20"}, [&] { packed(context, in); });

  const int many = 1100;
  const Tensor<int> types({many});
  const Tensor<float> backbone({many, 4, 3}), draws({many, 2, 4});
  PackingInput<float> heap;
  heap.type_R = types, heap.backbone_R43 = backbone, heap.chi_RS4 = draws, heap.first_of_set = {0, many};
  test::expect_error(ErrorKind::input, {"1000 residues", "20 A"}, [&] { packed(context, heap); });
}

}  // namespace
}  // namespace regrain::models::allatom
