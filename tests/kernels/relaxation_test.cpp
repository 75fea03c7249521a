#include "kernels/relaxation.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "engine/context.hpp"
#include "kernels/neighbors.hpp"
#include "kernels/overlap.hpp"
#include "tests/support/residue_cases.hpp"

namespace regrain::test {
namespace {

using kernels::GraphOrders;
using kernels::kTurns;
using kernels::RelaxationSettings;
using kernels::RelaxedView;

constexpr std::size_t at(int i) { return static_cast<std::size_t>(i); }

// A made-up chain as relaxation wants it; turns start at the case's chi.
template <class T>
struct Relaxed {
  ResidueCase<T> c;
  Tensor<char> moving, linked;
  Tensor<T> given, turns;
  Tensor<int> sets;

  Relaxed(int n, std::uint64_t seed, double wobble = 0.1)
      : c(residue_case<T>(n, seed, wobble)), moving({n}), linked({n}), given({n, 14, 3}), turns({n, kTurns}),
        sets(Tensor<int>::from({0, n})) {
    Context context(1);
    kernels::place_residues<T>(context.host(), models::allatom::side_chain_tables<T>(), c.type_R, c.backbone_R43, c.chi_R4, given);
    for (int r = 0; r < n; ++r) {
      moving[at(r)] = r % 7 == 6 ? kernels::kStands : r % 7 == 3 ? kernels::kSideChainMoves : kernels::kMoves;
      linked[at(r)] = r + 1 < n && r != 11;  // a second chain begins at 12
      for (int k = 0; k < 4; ++k) turns[at(r * kTurns + k)] = c.chi_R4[at(4 * r + k)];
    }
  }
  RelaxedView<T> view() const {
    return {models::allatom::side_chain_tables<T>(), c.type_R.dim(0), c.type_R.data(), moving.data(), linked.data(),
            c.backbone_R43.data(), given.data()};
  }
  kernels::Graph near(Cpu be) const {
    Tensor<T> ca({c.type_R.dim(0), 3});
    for (int r = 0; r < c.type_R.dim(0); ++r) std::copy_n(c.backbone_R43.data() + 12 * r + 3, 3, ca.data() + 3 * r);
    return kernels::neighbor_graph<T>(be, View<const T, 2>(ca), T(25), std::vector<int>(sets.begin(), sets.end()), GraphOrders::receivers);
  }
};

// pairs that overlap, one by one, bonds counted by a walk
int overlaps_one_by_one(const Relaxed<double>& r, const Tensor<double>& atoms, int first, int last) {
  const auto& templates = models::allatom::residue_templates();
  const int n = last - first;
  std::vector<std::vector<int>> bonded(at(n * 14));
  const auto bond = [&](int a, int b) {
    bonded[at(a)].push_back(b);
    bonded[at(b)].push_back(a);
  };
  for (int i = 0; i < n; ++i) {
    const auto& t = templates[at(r.c.type_R[at(first + i)])];
    for (int b = 0; b < t.n_bonds; ++b) bond(i * 14 + t.bond[at(b)].first, i * 14 + t.bond[at(b)].second);
    if (i + 1 < n && r.linked[at(first + i)]) bond(i * 14 + 2, (i + 1) * 14);
  }
  int count = 0;
  for (int a = 0; a < n * 14; ++a) {
    std::vector<int> near{a};
    for (int step = 0; step < 3; ++step)
      for (std::size_t k = 0, end = near.size(); k < end; ++k)
        for (int b : bonded[at(near[k])]) near.push_back(b);
    for (int b = a + 1; b < n * 14; ++b) {
      const int s = r.c.type_R[at(first + a / 14)], t = r.c.type_R[at(first + b / 14)];
      if (a % 14 >= templates[at(s)].n_slots || b % 14 >= templates[at(t)].n_slots) continue;
      if (std::find(near.begin(), near.end(), b) != near.end()) continue;
      double d2 = 0;
      for (int k = 0; k < 3; ++k) {
        const double x = atoms[at((first * 14 + a) * 3 + k)] - atoms[at((first * 14 + b) * 3 + k)];
        d2 += x * x;
      }
      const double d = kernels::overlap::threshold_of(models::allatom::side_chain_tables<double>(), s, a % 14, t, b % 14);
      count += d2 < d * d;
    }
  }
  return count;
}

TEST(Relaxation, CountsTheOverlapsThatAreThere) {
  Context context(2);
  for (int n : {0, 1, 2, 60}) {
    Relaxed<double> r(n, 3);
    const int middle = n / 3;
    r.sets = Tensor<int>::from({0, middle, n});
    if (middle > 0) r.linked[at(middle - 1)] = 0;
    Tensor<double> atoms({n, 14, 3});
    Tensor<int> count({2});
    kernels::place_turned<double>(context.host(), r.view(), r.turns, atoms);
    kernels::count_overlaps<double>(context.host(), r.view(), r.near(context.host()), r.sets, r.turns, count);
    EXPECT_EQ(count[0], overlaps_one_by_one(r, atoms, 0, middle)) << n;
    EXPECT_EQ(count[1], overlaps_one_by_one(r, atoms, middle, n)) << n;
    EXPECT_TRUE(n < 60 || count[1] > 20);
  }
}

TEST(Relaxation, DerivativesAreThoseOfCentralDifferences) {
  Context context(1);
  RelaxationSettings settings;
  settings.buffer = 0.4;
  for (int n : {0, 1, 2, 30}) {
    // a wobble takes N-CA-C out of the range without a force
    Relaxed<double> r(n, 8, 0.25);
    const kernels::Graph near = r.near(context.host());
    const Tensor<double> start = r.turns, shift = random({n, kTurns}, 4, 0.15);
    for (std::size_t i = 0; i < shift.size(); ++i) r.turns[i] += shift[i];
    Tensor<double> d({n, kTurns}), unused({n, kTurns});
    const double energy = kernels::relaxation_energy<double>(context.host(), r.view(), near, settings, start, r.turns, d);
    EXPECT_TRUE(n < 30 || energy > 100) << energy;
    double largest = 0;
    int peptides = 0;
    for (double x : d) largest = std::max(largest, std::abs(x));
    for (int i = 0; i < n * kTurns; ++i) {
      const auto energy_at = [&](double step) {
        Tensor<double> moved = r.turns;
        moved[at(i)] += step;
        return kernels::relaxation_energy<double>(context.host(), r.view(), near, settings, start, moved, unused);
      };
      constexpr double kStep = 1e-6;
      // unknowns that don't count have a restraint's energy nowhere
      EXPECT_NEAR(d[at(i)], (energy_at(kStep) - energy_at(-kStep)) / (2 * kStep), 1e-6 * largest + 1e-6) << n << " " << i;
      peptides += i % kTurns == kTurns - 1 && d[at(i)] != 0;
    }
    EXPECT_TRUE(n < 30 || peptides > 10);
  }
}

// Two cysteines side by side, their SG `distance` apart.
Relaxed<double> two_cysteines(double distance) {
  Relaxed<double> r(2, 1, 0);
  r.c.type_R[0] = r.c.type_R[1] = models::allatom::type_of_residue("CYS");
  r.linked[0] = 0;
  for (int k = 0; k < 4; ++k) r.turns[at(kTurns + k)] = r.turns[at(k)];
  Tensor<double> atoms({2, 14, 3});
  for (int i = 0; i < 12; ++i) r.c.backbone_R43[at(12 + i)] = r.c.backbone_R43[at(i)];
  kernels::place_turned<double>(Context(1).host(), r.view(), r.turns, atoms);
  // turned half about the line from CB to SG, and moved across it
  double line[3], across[3] = {};
  for (int k = 0; k < 3; ++k) line[k] = (atoms[at(15 + k)] - atoms[at(12 + k)]) / 1.809;
  // across is where a turn of chi moves SG
  double bond[3], length = 0;
  for (int k = 0; k < 3; ++k) bond[k] = atoms[at(12 + k)] - atoms[at(3 + k)];
  for (int k = 0; k < 3; ++k) {
    across[k] = bond[(k + 1) % 3] * line[(k + 2) % 3] - bond[(k + 2) % 3] * line[(k + 1) % 3];
    length += across[k] * across[k];
  }
  for (double& x : across) x /= std::sqrt(length);
  for (int s = 0; s < 4; ++s) {
    double v[3], along = 0;
    for (int k = 0; k < 3; ++k) along += (v[k] = atoms[at(3 * s + k)] - atoms[at(15 + k)]) * line[k];
    for (int k = 0; k < 3; ++k)
      r.c.backbone_R43[at(12 + 3 * s + k)] = atoms[at(15 + k)] + distance * across[k] + 2 * along * line[k] - v[k];
  }
  return r;
}

TEST(Relaxation, PullsTwoSulfursToTheLengthOfTheirBond) {
  Context context(1);
  const auto distance = [&](const Relaxed<double>& r) {
    Tensor<double> atoms({2, 14, 3});
    kernels::place_turned<double>(context.host(), r.view(), r.turns, atoms);
    return std::hypot(atoms[15] - atoms[57], atoms[16] - atoms[58], atoms[17] - atoms[59]);
  };
  RelaxationSettings settings;
  settings.chi_restraint = 0.3;  // two cysteines alone have nothing else that pulls
  settings.buffer = 0.1;
  for (double apart : {2.8, 3.2}) {
    Relaxed<double> r = two_cysteines(apart);
    const kernels::Graph near = r.near(context.host());
    ASSERT_NEAR(distance(r), apart, 1e-3);
    const Tensor<double> start = r.turns;
    Tensor<double> d({2, kTurns}), unused({2, kTurns});
    const double energy = kernels::relaxation_energy<double>(context.host(), r.view(), near, settings, start, r.turns, d);
    for (int i = 0; i < 2; ++i) {
      Tensor<double> up = r.turns, down = r.turns;
      up[at(i * kTurns)] += 1e-6;
      down[at(i * kTurns)] -= 1e-6;
      const auto energy_at = [&](const Tensor<double>& turns) {
        return kernels::relaxation_energy<double>(context.host(), r.view(), near, settings, start, turns, unused);
      };
      EXPECT_NEAR(d[at(i * kTurns)], (energy_at(up) - energy_at(down)) / 2e-6, 1e-5);
    }
    settings.disulfide = 0;
    const double without = kernels::relaxation_energy<double>(context.host(), r.view(), near, settings, start, r.turns, d);
    settings.disulfide = 10;
    EXPECT_NEAR(energy - without, apart < 3 ? 10 * (apart - 2.05) * (apart - 2.05) : 0, 1e-6);
    Relaxed<double> alone = r;
    kernels::relax<double>(context.host(), r.view(), near, settings, r.sets, r.turns);
    settings.disulfide = 0;
    kernels::relax<double>(context.host(), alone.view(), near, settings, alone.sets, alone.turns);
    settings.disulfide = 10;
    if (apart < 3)
      EXPECT_LT(std::abs(distance(r) - 2.05), 0.8 * std::abs(distance(alone) - 2.05));
    else
      EXPECT_EQ(distance(r), distance(alone));
  }
}

template <class T>
class RelaxationRuns : public ::testing::Test {};
using Scalars = ::testing::Types<float, double>;
TYPED_TEST_SUITE(RelaxationRuns, Scalars);

TYPED_TEST(RelaxationRuns, TakesOverlapsAwayAndLeavesWhatMustStay) {
  using T = TypeParam;
  Context context(2);
  const Cpu be = context.host();
  const int n = 66;
  Relaxed<T> r(n, 5);
  const kernels::Graph near = r.near(be);
  Tensor<int> before({1}), after({1});
  Tensor<T> atoms({n, 14, 3}), start({n, 14, 3});
  kernels::place_turned<T>(be, r.view(), r.turns, start);
  kernels::count_overlaps<T>(be, r.view(), near, r.sets, r.turns, before);
  kernels::relax<T>(be, r.view(), near, {}, r.sets, r.turns);
  kernels::count_overlaps<T>(be, r.view(), near, r.sets, r.turns, after);
  EXPECT_GT(before[0], 50);
  EXPECT_LT(after[0], before[0] / 2);
  kernels::place_turned<T>(be, r.view(), r.turns, atoms);
  int moved = 0;
  for (int i = 0; i < n; ++i)
    for (int s = 0; s < 14; ++s)
      for (int k = 0; k < 3; ++k) {
        const std::size_t x = at((i * 14 + s) * 3 + k);
        moved += atoms[x] != start[x];
        if (s == 1 || !r.moving[at(i)]) {
          EXPECT_EQ(atoms[x], start[x]) << i << " " << s;
        }
      }
  EXPECT_GT(moved, 500);
}

TYPED_TEST(RelaxationRuns, NeverEndsWithMoreOverlapsAndGivesTheSameBitsInAnyCompany) {
  using T = TypeParam;
  Context one(1), two(2);
  // three sets together and each alone
  std::vector<int> first{0};
  for (int size : {40, 1, 90}) first.push_back(first.back() + size);
  Relaxed<T> r(first.back(), 21);
  for (int g = 1; g < 4; ++g) r.linked[at(first[at(g)] - 1)] = 0;
  r.sets = Tensor<int>::from(first);
  const Tensor<T> start = r.turns;
  const kernels::Graph near = r.near(one.host());
  RelaxationSettings hard;  // so long steps that a set may well end worse
  hard.chi_rate = 1.5;
  hard.margin = 5;
  for (const RelaxationSettings& settings : {RelaxationSettings{}, hard}) {
    Tensor<T> a = start, b = start;
    kernels::relax<T>(one.host(), r.view(), near, settings, r.sets, a);
    kernels::relax<T>(two.host(), r.view(), near, settings, r.sets, b);
    EXPECT_TRUE(std::equal(a.begin(), a.end(), b.begin()));
    Tensor<int> before({3}), after({3});
    kernels::count_overlaps<T>(one.host(), r.view(), near, r.sets, start, before);
    kernels::count_overlaps<T>(one.host(), r.view(), near, r.sets, a, after);
    for (int g = 0; g < 3; ++g) {
      EXPECT_LE(after[at(g)], before[at(g)]);
      const int from = first[at(g)], size = first[at(g + 1)] - from;
      Tensor<T> alone({size, kTurns}), ca({size, 3});
      std::copy_n(start.data() + from * kTurns, alone.size(), alone.data());
      RelaxedView<T> view = r.view();
      view.n_residues = size;
      view.type += from, view.moving += from, view.linked += from, view.backbone += 12 * from, view.given += 42 * from;
      for (int i = 0; i < size; ++i) std::copy_n(view.backbone + 12 * i + 3, 3, ca.data() + 3 * i);
      kernels::relax<T>(two.host(), view,
                        kernels::neighbor_graph<T>(one.host(), View<const T, 2>(ca), T(25), {0, size}, GraphOrders::receivers),
                        settings, Tensor<int>::from({0, size}), alone);
      EXPECT_TRUE(std::equal(alone.begin(), alone.end(), a.data() + from * kTurns)) << g;
    }
  }
}

}  // namespace
}  // namespace regrain::test
