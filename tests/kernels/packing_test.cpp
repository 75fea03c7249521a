#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <vector>

#include "engine/context.hpp"
#include "kernels/neighbors.hpp"
#include "kernels/overlap.hpp"
#include "kernels/packing_energies.hpp"
#include "kernels/packing_picks.hpp"
#include "tests/support/residue_cases.hpp"

namespace regrain::test {
namespace {

using kernels::kFirstMoving;
using kernels::kMovingSlots;
namespace overlap = kernels::overlap;

constexpr std::size_t at(int i) { return static_cast<std::size_t>(i); }

// A made-up chain with draws, laid out, and its pairs and energies.
template <class T>
struct Draws {
  ResidueCase<T> c;
  int n, n_draws, stride;
  Tensor<T> chi, atoms, draws, boxes, self, pair;
  Tensor<char> moving, linked;
  Tensor<int> count;  // draws of a residue: all, or of every third some
  kernels::Graph near;
  Arena arena;
  kernels::PackingPairs pairs{};

  Draws(Cpu be, int residues, int draws_each, std::uint64_t seed, bool ragged = false)
      : c(residue_case<T>(residues, seed)), n(residues), n_draws(draws_each), stride(kernels::draws_stride(draws_each)),
        chi(random<T>({n, n_draws, 4}, seed + 1, 2)), atoms({n, 14, 3}), draws({n, kMovingSlots, 3, stride}),
        boxes({n, kMovingSlots, 6}), self({n, stride}), moving({n}), linked({n}), count({n}) {
    const auto tables = models::allatom::side_chain_tables<T>();
    kernels::place_residues<T>(be, tables, c.type_R, c.backbone_R43, c.chi_R4, atoms);
    for (int r = 0; r < n; ++r) {
      moving[at(r)] = tables.n_chi[c.type_R[at(r)]] > 0 && r % 9 != 5;
      linked[at(r)] = r + 1 < n && r != 11;
      count[at(r)] = ragged && r % 3 == 0 ? 1 + r % n_draws : n_draws;
    }
    kernels::lay_out_draws<T>(be, tables, c.type_R, moving, c.backbone_R43, chi, count, atoms, draws, boxes);
    Tensor<T> ca({n, 3});
    for (int r = 0; r < n; ++r) std::copy_n(c.backbone_R43.data() + 12 * r + 3, 3, ca.data() + 3 * r);
    near = kernels::neighbor_graph<T>(be, View<const T, 2>(ca), T(22), {0, n}, kernels::GraphOrders::receivers);
    pairs = kernels::packing_pairs<T>(be, view(), near, arena);
    pair = Tensor<T>({pairs.n_energies});
    kernels::self_energies<T>(be, view(), near, {}, self);
    kernels::pair_energies<T>(be, view(), pairs, {}, pair);
  }
  kernels::DrawsView<T> view() const {
    return {models::allatom::side_chain_tables<T>(), n, stride, kernels::draws_pitch(), c.type_R.data(), count.data(), moving.data(),
            linked.data(), atoms.data(), draws.data(), boxes.data()};
  }
  kernels::PackingEnergies<T> energies() const { return {self, pair, {}}; }
  // energy of draw s of the lower residue of a table with draw t of the higher one
  T pair_of(int table, int s, int t) const { return pair[at(pairs.first[table] + s * view().width(pairs.higher[table]) + t)]; }
  const T* atom(int r, int slot, int draw, T* x) const {
    for (int k = 0; k < 3; ++k)
      x[k] = slot < kFirstMoving || !moving[at(r)]
                 ? atoms[at((r * 14 + slot) * 3 + k)]
                 : draws[at(((r * kMovingSlots + slot - kFirstMoving) * 3 + k) * stride + draw)];
    return x;
  }
  // energy of one pair of atoms, by the words of packing_energies.hpp
  double atom_pair(int r, int a, int draw, int s, int b, int other) const {
    const auto tables = models::allatom::side_chain_tables<T>();
    int bonds = kernels::kFarApart;
    if (r == s) bonds = overlap::bonds_inside(tables, c.type_R[at(r)], a, b);
    if (s == r + 1 && linked[at(r)]) bonds = overlap::bonds_across(tables, c.type_R[at(r)], a, c.type_R[at(s)], b);
    if (r == s + 1 && linked[at(s)]) bonds = overlap::bonds_across(tables, c.type_R[at(s)], b, c.type_R[at(r)], a);
    if (bonds <= 3) return 0;
    T x[3], y[3];
    atom(r, a, draw, x);
    atom(s, b, other, y);
    const double d = std::hypot(double(x[0] - y[0]), double(x[1] - y[1]), double(x[2] - y[2]));
    const bool disulfide = c.type_R[at(r)] == 4 && c.type_R[at(s)] == 4 && a == 5 && b == 5;
    const double off = (d - 2.05) / 0.35;
    return overlap::energy<double>(double(overlap::threshold_of(tables, c.type_R[at(r)], a, c.type_R[at(s)], b)) - d) -
           (disulfide ? std::max(0.0, 1 - off * off) : 0);
  }
  int slots(int r) const { return models::allatom::side_chain_tables<T>().n_slots[c.type_R[at(r)]]; }
};

template <class T>
class Packing : public ::testing::Test {};
using Scalars = ::testing::Types<float, double>;
TYPED_TEST_SUITE(Packing, Scalars);

TYPED_TEST(Packing, EnergiesAreSumsOverPairsOfAtoms) {
  using T = TypeParam;
  Context context(2);
  for (int n : {0, 1, 2, 45})
    for (int n_draws : {1, 5, 8, 11}) {
      const Draws<T> d(context.host(), n, n_draws, 7, n_draws == 11);
      std::map<std::pair<int, int>, int> table;
      for (int i = 0; i < n; ++i)
        for (int k = d.pairs.offset[i]; k < d.pairs.offset[i + 1]; ++k) {
          const int j = d.pairs.partner[k];
          const auto key = std::pair{std::min(i, j), std::max(i, j)};
          EXPECT_TRUE(!table.contains(key) || table[key] == d.pairs.table[k]);
          table[key] = d.pairs.table[k];
        }
      EXPECT_EQ(static_cast<int>(table.size()), d.pairs.n_tables);
      EXPECT_TRUE(n < 45 || n_draws == 1 || d.pairs.n_tables > 20);
      double largest = 0;
      for (int i = 0; i < n; ++i) {
        if (!d.moving[at(i)]) continue;
        for (int s = 0; s < d.count[at(i)]; ++s) {
          double self = 0;
          for (int a = kFirstMoving; a < d.slots(i); ++a) {
            for (int b = a + 1; b < d.slots(i); ++b) self += d.atom_pair(i, a, s, i, b, s);
            for (int j = 0; j < n; ++j)
              for (int b = 0; b < (d.moving[at(j)] ? kFirstMoving : d.slots(j)); ++b) self += d.atom_pair(i, a, s, j, b, 0);
          }
          if (d.c.type_R[at(i)] == 14) {
            T x[3], y[3];
            d.atom(i, 6, s, x);
            d.atom(i, 0, s, y);
            const double off = std::hypot(double(x[0] - y[0]), double(x[1] - y[1]), double(x[2] - y[2])) - 1.473;
            self += 30 * off * off;
          }
          EXPECT_NEAR(d.self[at(i * d.stride + s)], self, 2e-4 * (1 + self)) << n << " " << i << " " << s;
          for (int j = i + 1; j < n; ++j) {
            if (!d.moving[at(j)]) continue;
            for (int t = 0; t < d.count[at(j)]; ++t) {
              double pair = 0;
              for (int a = kFirstMoving; a < d.slots(i); ++a)
                for (int b = kFirstMoving; b < d.slots(j); ++b) pair += d.atom_pair(i, a, s, j, b, t);
              const auto found = table.find({i, j});
              const double energy = found == table.end() ? 0 : static_cast<double>(d.pair_of(found->second, s, t));
              EXPECT_NEAR(energy, pair, 2e-4 * (1 + pair)) << n << " " << i << " " << s << " " << j << " " << t;
              largest = std::max(largest, pair);
            }
          }
        }
        for (int s = d.count[at(i)]; s < d.stride; ++s) {
          EXPECT_EQ(d.self[at(i * d.stride + s)], T(0));
        }
      }
      EXPECT_TRUE(n < 45 || n_draws == 1 || largest > 3);
    }
}

TYPED_TEST(Packing, TwoSulfursABondApartGain) {
  using T = TypeParam;
  Context context(1);
  // two cysteines whose SG turn about parallel axes: chi of the second sweeps through the distance of a bond
  const int n_draws = 72, stride = kernels::draws_stride(n_draws);
  const Tensor<int> count = Tensor<int>::from({n_draws, n_draws});
  ResidueCase<T> c = residue_case<T>(2, 1, 0);
  c.type_R[0] = c.type_R[1] = 4;
  Tensor<T> chi({2, n_draws, 4}), atoms({2, 14, 3}), draws({2, kMovingSlots, 3, stride}), boxes({2, kMovingSlots, 6});
  const auto tables = models::allatom::side_chain_tables<T>();
  for (int d = 0; d < n_draws; ++d) chi[at(4 * (n_draws + d))] = static_cast<T>(d * 0.0872664626);
  for (int d = 0; d < n_draws; ++d) chi[at(4 * d)] = T(1);
  // the second is the first, turned half about the line from CB to SG and moved by a bond across it
  Tensor<T> first({2, 14, 3}), angles({2, 4});
  angles[0] = angles[4] = T(1);
  kernels::place_residues<T>(context.host(), tables, c.type_R, c.backbone_R43, angles, first);
  T line[3], across[3] = {};
  for (int k = 0; k < 3; ++k) line[k] = (first[at(15 + k)] - first[at(12 + k)]) / T(1.809);
  across[0] = line[1] / std::hypot(line[0], line[1]);
  across[1] = -line[0] / std::hypot(line[0], line[1]);
  for (int s = 0; s < 4; ++s) {
    T v[3], along = T(0);
    for (int k = 0; k < 3; ++k) along += (v[k] = first[at(3 * s + k)] - first[at(15 + k)]) * line[k];
    for (int k = 0; k < 3; ++k)
      c.backbone_R43[at(12 + 3 * s + k)] = first[at(15 + k)] + T(2.05) * across[k] + 2 * along * line[k] - v[k];
  }
  Tensor<char> moving({2}), linked({2});
  moving[0] = moving[1] = 1;
  kernels::lay_out_draws<T>(context.host(), tables, c.type_R, moving, c.backbone_R43, chi, count, atoms, draws, boxes);
  const kernels::DrawsView<T> view{tables, 2, stride, kernels::draws_pitch(), c.type_R.data(), count.data(), moving.data(), linked.data(), atoms.data(), draws.data(), boxes.data()};
  Tensor<T> ca({2, 3});
  for (int r = 0; r < 2; ++r) std::copy_n(c.backbone_R43.data() + 12 * r + 3, 3, ca.data() + 3 * r);
  const auto near = kernels::neighbor_graph<T>(context.host(), View<const T, 2>(ca), T(22), {0, 2}, kernels::GraphOrders::receivers);
  Arena arena;
  const auto pairs = kernels::packing_pairs<T>(context.host(), view, near, arena);
  ASSERT_EQ(pairs.n_tables, 1);
  Tensor<T> pair({pairs.n_energies});
  kernels::pair_energies<T>(context.host(), view, pairs, {}, pair);
  T least = T(0);
  for (int t = 0; t < n_draws; ++t) {
    T d2 = T(0);
    for (int k = 0; k < 3; ++k) {
      const T x = draws[at(k * stride)] - draws[at((kMovingSlots * 3 + k) * stride + t)];
      d2 += x * x;
    }
    const double off = (std::sqrt(double(d2)) - 2.05) / 0.35, deep = std::max(1.9 - std::sqrt(double(d2)), 0.0);
    EXPECT_NEAR(pair[at(t)], 4 * deep * deep + (deep > 0.1 ? 0.5 : 0) - std::max(0.0, 1 - off * off), 1e-4);
    least = std::min(least, pair[at(t)]);
  }
  EXPECT_LT(least, T(-0.7));
}

// of all combinations of draws, exactly
struct Exact {
  std::vector<double> marginal;
  std::vector<int> best;
};
Exact by_enumeration(const Draws<double>& d, double beta) {
  Exact exact{std::vector<double>(at(d.n * d.n_draws)), {}};
  std::vector<int> pick(at(d.n));
  double total = 0, least = 1e300;
  for (;;) {
    double energy = 0;
    for (int i = 0; i < d.n; ++i) {
      energy += d.self[at(i * d.stride + pick[at(i)])];
      for (int k = d.pairs.offset[i]; k < d.pairs.offset[i + 1]; ++k)
        if (d.pairs.partner[k] > i)
          energy += d.pair_of(d.pairs.table[k], pick[at(i)], pick[at(d.pairs.partner[k])]);
    }
    const double p = std::exp(-beta * energy);
    total += p;
    for (int i = 0; i < d.n; ++i) exact.marginal[at(i * d.n_draws + pick[at(i)])] += p;
    if (energy < least) {
      least = energy;
      exact.best = pick;
    }
    int i = 0;
    while (i < d.n && (!d.moving[at(i)] || ++pick[at(i)] == d.n_draws)) pick[at(i++)] = 0;
    if (i == d.n) break;
  }
  for (double& p : exact.marginal) p /= total;
  return exact;
}

TEST(PackingPicks, GibbsSamplesFollowTheDistribution) {
  Context context(1);
  const Draws<double> d(context.host(), 7, 3, 31);
  ASSERT_GE(d.pairs.n_tables, 3);
  const double beta = 0.4;
  const Exact exact = by_enumeration(d, beta);
  Tensor<double> marginal({d.n, d.stride});
  kernels::mean_field<double>(context.host(), d.view(), d.pairs, d.energies(), beta, 10, marginal);
  Tensor<int> pick({d.n});
  const int n_samples = 4000;
  std::vector<double> count(at(d.n * d.n_draws));
  for (int k = 0; k < n_samples; ++k) {
    const int sample = k, frame = 3;
    kernels::gibbs_sample<double>(context.host(), d.view(), d.pairs, d.energies(), marginal, beta, 10, {9, &frame, &sample},
                                  Tensor<int>::from({0, d.n}), pick);
    for (int i = 0; i < d.n; ++i) count[at(i * d.n_draws + pick[at(i)])] += 1.0 / n_samples;
  }
  double spread = 0;
  for (std::size_t k = 0; k < count.size(); ++k) {
    EXPECT_NEAR(count[k], exact.marginal[k], 0.04) << k;
    if (exact.marginal[k] > 0.2 && exact.marginal[k] < 0.8) spread += 1;
  }
  EXPECT_GT(spread, 3);
  // the mean field is near it, better than no pairs at all
  double off = 0, without = 0;
  Tensor<double> alone({d.n, d.stride});
  const Tensor<double> no_pairs({d.pairs.n_energies});
  kernels::mean_field<double>(context.host(), d.view(), d.pairs, {d.self, no_pairs, {}}, beta, 10, alone);
  for (int i = 0; i < d.n; ++i)
    for (int s = 0; s < d.n_draws; ++s) {
      off += std::abs(marginal[at(i * d.stride + s)] - exact.marginal[at(i * d.n_draws + s)]);
      without += std::abs(alone[at(i * d.stride + s)] - exact.marginal[at(i * d.n_draws + s)]);
    }
  EXPECT_LT(off, 0.8 * without);
}

TEST(PackingPicks, DescentEndsWhereNoSingleChangeHelps) {
  Context context(1);
  for (std::uint64_t seed : {1, 2, 3}) {
    const Draws<double> d(context.host(), 8, 4, seed);
    const Exact exact = by_enumeration(d, 1);
    Tensor<int> pick({d.n});
    const Tensor<double> error({d.n, d.stride});
    kernels::descend<double>(context.host(), d.view(), d.pairs, d.energies(), error, 0.0, 0.0, 50, Tensor<int>::from({0, d.n}), pick);
    const auto energy = [&](const int* p) {
      double sum = 0;
      for (int i = 0; i < d.n; ++i) {
        sum += d.self[at(i * d.stride + p[i])];
        for (int k = d.pairs.offset[i]; k < d.pairs.offset[i + 1]; ++k)
          if (d.pairs.partner[k] > i) sum += d.pair_of(d.pairs.table[k], p[i], p[d.pairs.partner[k]]);
      }
      return sum;
    };
    const double reached = energy(pick.data());
    EXPECT_GE(reached, energy(exact.best.data()) - 1e-9);
    const std::vector<int> zero(at(d.n));
    EXPECT_LE(reached, energy(zero.data()));
    for (int i = 0; i < d.n; ++i) {
      if (!d.moving[at(i)]) continue;
      for (int s = 0; s < d.n_draws; ++s) {
        std::vector<int> changed(pick.begin(), pick.end());
        changed[at(i)] = s;
        EXPECT_GE(energy(changed.data()), reached - 1e-9);
      }
    }
  }
}

TYPED_TEST(Packing, ExpectedErrorsMayExchangeAtoms) {
  using T = TypeParam;
  Context context(1);
  const auto tables = models::allatom::side_chain_tables<T>();
  for (int type = 0; type < tables.n_types; ++type) {
    if (tables.n_chi[type] == 0) continue;
    // a draw, the same turned by a period, and one a radian away
    ResidueCase<T> c = residue_case<T>(1, 4);
    c.type_R[0] = type;
    Tensor<T> chi({1, 3, 4}), atoms({1, 14, 3}), boxes({1, kMovingSlots, 6}), draws({1, kMovingSlots, 3, 8}), marginal({1, 8}), error({1, 8});
    const int last = tables.n_chi[type] - 1;
    chi[at(4 + last)] = static_cast<T>(6.283185307179586 / tables.symmetry[type]);
    chi[at(8 + last)] = T(1);
    Tensor<char> one({1}), none({1});
    one[0] = 1;
    const int stride = kernels::draws_stride(3);
    const Tensor<int> three = Tensor<int>::from({3});
    draws = Tensor<T>({1, kMovingSlots, 3, stride});
    marginal = Tensor<T>({1, stride});
    error = Tensor<T>({1, stride});
    marginal[0] = T(1);
    kernels::lay_out_draws<T>(context.host(), tables, c.type_R, one, c.backbone_R43, chi, three, atoms, draws, boxes);
    const kernels::DrawsView<T> view{tables, 1, stride, kernels::draws_pitch(), c.type_R.data(), three.data(), one.data(), none.data(), atoms.data(), draws.data(), boxes.data()};
    kernels::expected_errors<T>(context.host(), view, marginal, error);
    EXPECT_EQ(error[0], T(0));
    EXPECT_LT(error[1], T(1e-3)) << type;
    EXPECT_GT(error[2], T(0.2)) << type;
    Tensor<int> pick({1});
    kernels::least_errors<T>(context.host(), view, error, pick);
    EXPECT_EQ(pick[0], 0);
  }
}

TYPED_TEST(Packing, GivesTheSameBitsForEveryNumberOfThreads) {
  using T = TypeParam;
  Context one(1), two(2);
  const Draws<T> a(one.host(), 120, 16, 3), b(two.host(), 120, 16, 3);
  EXPECT_TRUE(std::equal(a.self.begin(), a.self.end(), b.self.begin()));
  EXPECT_TRUE(std::equal(a.pair.begin(), a.pair.end(), b.pair.begin()));
  Tensor<T> m({a.n, a.stride}), k({a.n, a.stride});
  kernels::mean_field<T>(one.host(), a.view(), a.pairs, a.energies(), T(1), 7, m);
  kernels::mean_field<T>(two.host(), b.view(), b.pairs, b.energies(), T(1), 7, k);
  EXPECT_TRUE(std::equal(m.begin(), m.end(), k.begin()));
  for (int r = 0; r < a.n; ++r) {
    T sum = T(0);
    for (int s = 0; s < a.stride; ++s) sum += m[at(r * a.stride + s)];
    EXPECT_NEAR(sum, 1, 1e-5);
  }
}

// Rows without a mark are never read: there is rubbish in them, and every result has the bits of full tables.
TYPED_TEST(Packing, RowsOfZerosMayBeLeftOut) {
  using T = TypeParam;
  Context context(2);
  const Draws<T> d(context.host(), 60, 8, 3, true);
  Tensor<T> sparse({d.pairs.n_energies});
  std::fill(sparse.begin(), sparse.end(), std::numeric_limits<T>::quiet_NaN());
  const int pitch = kernels::draws_pitch();
  Tensor<char> used({d.pairs.n_energies / pitch});
  kernels::pair_energies<T>(context.host(), d.view(), d.pairs, {}, sparse, used);
  int left_out = 0;
  for (int p = 0; p < d.pairs.n_tables; ++p)
    for (int s = 0; s < d.count[at(d.pairs.lower[p])]; ++s) {
      const int width = d.view().width(d.pairs.higher[p]);
      const bool marked = used[at(kernels::mark_of(d.pairs.first[p], pitch, s))];
      left_out += marked ? 0 : width;
      for (int t = 0; t < width; ++t) {
        const std::size_t i = at(d.pairs.first[p] + s * width + t);
        EXPECT_EQ(marked ? sparse[i] : T(0), d.pair[i]) << p << " " << s;
      }
    }
  EXPECT_GT(left_out, 100);
  const kernels::PackingEnergies<T> some{d.self, sparse, {}, used};
  const auto results = [&](const kernels::PackingEnergies<T>& energies) {
    Tensor<T> m({d.n, d.stride}), error({d.n, d.stride});
    Tensor<int> descended({d.n}), drawn({d.n});
    const Tensor<int> sets = Tensor<int>::from({0, d.n});
    kernels::mean_field<T>(context.host(), d.view(), d.pairs, energies, T(1), 7, m);
    kernels::descend<T>(context.host(), d.view(), d.pairs, energies, error, T(0), T(0), 3, sets, descended);
    const int frame = 1, sample = 2;
    kernels::gibbs_sample<T>(context.host(), d.view(), d.pairs, energies, m, T(1), 5, {4, &frame, &sample}, sets, drawn);
    std::vector<double> all(m.begin(), m.end());
    all.insert(all.end(), descended.begin(), descended.end());
    all.insert(all.end(), drawn.begin(), drawn.end());
    return all;
  };
  EXPECT_EQ(results(some), results(d.energies()));
}

}  // namespace
}  // namespace regrain::test
