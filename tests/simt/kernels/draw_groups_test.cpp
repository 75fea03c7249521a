// covers kernels/cuda/draw_groups.cu
#include "kernels/draw_groups.hpp"

#include "tests/simt/packing_case.hpp"

namespace regrain::kernels {
namespace {

using namespace regrain::test;

template <class T>
struct DrawGroupsOnDevice : ::testing::Test {};
TYPED_TEST_SUITE(DrawGroupsOnDevice, Scalars);

// Bins of few values, so that many draws are alike.
Tensor<int> some_bins(int n, int n_draws) {
  Tensor<int> bins({n, n_draws});
  for (int i = 0; i < n; ++i)
    for (int s = 0; s < n_draws; ++s) {
      const int b = (i * 31 + s * s * 7) % 6;
      bins[static_cast<std::size_t>(i * n_draws + s)] = b * 5 | (b % 3 * 11) << 8 | (s % 2) << 16 | 35 << 24;
    }
  return bins;
}

TYPED_TEST(DrawGroupsOnDevice, AreThoseOfTheCpu) {
  Context context(1);
  for (int n : {0, 1, 31, 33})
    for (int n_draws : {1, 5, 32, 70})
      for (const bool binned : {true, false})
        for (const bool any : {true, false}) {
          const PackedResidues<TypeParam> p(context.host(), n, n_draws, 3);
          DeviceCase<TypeParam> c;
          const CaseTables<TypeParam> tables(c);
          const CaseMarks<TypeParam> moving(c, p.moving);
          const auto type = c.input({n}, p.c.type_R);
          const auto bins = c.input({n, n_draws}, some_bins(n, n_draws));
          const auto chi = c.input({n, n_draws, 4}, p.chi);
          const auto logp = c.input({n, n_draws});
          const auto sets = c.input({4}, Tensor<int>::from({0, n / 3, n / 3, n}));
          const auto grouped = c.sum({n, n_draws, 4}), together = c.sum({n, n_draws}), likeliest = c.sum({n, n_draws});
          const auto count = c.int_output({n});
          c.expect_same(
              [&](auto on) {
                using T = typename decltype(on)::scalar;
                group_draws<T>(on.backend, tables.view(on), on(type), moving.view(on), binned ? on(bins) : View<const int, 2>(), 36, on(chi),
                               binned ? View<const T, 2>(on(logp)) : View<const T, 2>(),
                               GroupTakes{any, {.seed = 5}, on(sets)}, {on(grouped), on(together), on(likeliest), on(count)});
              },
              400);
        }
}

}  // namespace
}  // namespace regrain::kernels
