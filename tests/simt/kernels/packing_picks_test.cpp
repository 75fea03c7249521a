// covers kernels/cuda/packing_picks.cu
#include "kernels/packing_picks.hpp"

#include "tests/simt/packing_case.hpp"

namespace regrain::kernels {
namespace {

using namespace regrain::test;

template <class T>
struct PackingPicksOf : ::testing::Test {};
TYPED_TEST_SUITE(PackingPicksOf, Scalars);

// residues, draws and whether these have log-probabilities
struct Case {
  int n, n_draws;
  bool likely;
};
const Case kCases[] = {{0, 5, false}, {1, 5, true}, {2, 13, false}, {31, 5, true}, {48, 13, false}, {40, 40, true}};

template <class T>
struct Energies {
  const PackedResidues<T> p;
  DeviceCase<T> c;
  CaseDraws<T> d;
  CaseArray<void, 2, true> self, logp;
  CaseArray<void, 1, true> pair;
  bool likely;

  Energies(Cpu be, const Case& k)
      : p(be, k.n, k.n_draws, 8), d(c, p), self(c.input({k.n, p.stride}, p.self)), logp(c.input({k.n, k.n_draws})),
        pair(c.input({p.pairs.n_energies}, p.pair)), likely(k.likely) {}
  template <class On>
  PackingEnergies<typename On::scalar> view(On on) const {
    PackingEnergies<typename On::scalar> e{on(self), on(pair), {}};
    if (likely) e.logp_RS = on(logp);
    return e;
  }
};

TYPED_TEST(PackingPicksOf, MeanFieldAndErrors) {
  Context context(1);
  for (const Case& k : kCases)
    for (int rounds : {0, 1, 4}) {
      Energies<TypeParam> e(context.host(), k);
      const auto marginal = e.c.output({k.n, e.p.stride}), error = e.c.output({k.n, e.p.stride});
      e.c.expect_same(
          [&](auto on) {
            using T = typename decltype(on)::scalar;
            mean_field<T>(on.backend, e.d.view(on), e.d.pairs(on), e.view(on), T(0.7), rounds, on(marginal));
            expected_errors<T>(on.backend, e.d.view(on), View<const T, 2>(on(marginal)), on(error));
          },
          400);
    }
}

TYPED_TEST(PackingPicksOf, TakeTheDrawsThatWerePicked) {
  Context context(1);
  for (const Case& k : kCases) {
    Energies<TypeParam> e(context.host(), k);
    Tensor<int> picked({k.n});
    for (int i = 0; i < k.n; ++i) picked[static_cast<std::size_t>(i)] = i * 7 % k.n_draws;
    const auto pick = e.c.input({k.n}, picked);
    const auto chi = e.c.input({k.n, k.n_draws, 4}, e.p.chi);
    const auto turns = e.c.output({k.n, 5});
    e.c.expect_same([&](auto on) {
      using T = typename decltype(on)::scalar;
      const auto draws = e.d.view(on);
      take_draws<T>(on.backend, draws.tables, on(e.d.type), e.d.moving.view(on), on(chi), on(pick), on(turns));
      if constexpr (!on.is_cuda)
        for (int i = 0; i < k.n; ++i)
          for (int j = 0; j < 5; ++j) {
            const bool has = draws.moving[i] && j < draws.tables.n_chi[draws.type[i]];
            EXPECT_EQ(on(turns)(i, j), has ? on(chi)(i, i * 7 % k.n_draws, j) : T(0));
          }
    });
  }
}

TYPED_TEST(PackingPicksOf, Picks) {
  Context context(1);
  for (const Case& k : kCases) {
    Energies<TypeParam> e(context.host(), k);
    const auto scores = e.c.input({k.n, e.p.stride});
    const auto marginal = e.c.output({k.n, e.p.stride});
    const auto least = e.c.int_output({k.n}), descended = e.c.int_output({k.n}), sampled = e.c.int_output({k.n});
    const auto frame = e.c.input({2}, Tensor<int>::from({3, 4})), sample = e.c.input({2}, Tensor<int>::from({0, 7}));
    e.c.expect_same(
        [&](auto on) {
          using T = typename decltype(on)::scalar;
          const auto draws = e.d.view(on);
          const auto pairs = e.d.pairs(on);
          const auto energies = e.view(on);
          least_errors<T>(on.backend, draws, on(scores), on(least));
          // starts where the least errors are
          least_errors<T>(on.backend, draws, on(scores), on(descended));
          descend<T>(on.backend, draws, pairs, energies, on(scores), T(0.1), T(0.5), 2, on(e.d.sets), on(descended));
          mean_field<T>(on.backend, draws, pairs, energies, T(0.5), 3, on(marginal));
          gibbs_sample<T>(on.backend, draws, pairs, energies, View<const T, 2>(on(marginal)), T(0.5), 4,
                          {11, on(frame).data(), on(sample).data()}, on(e.d.sets), on(sampled));
        },
        400);
  }
}

}  // namespace
}  // namespace regrain::kernels
