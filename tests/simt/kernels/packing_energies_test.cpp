// covers kernels/cuda/packing_energies.cu
#include "kernels/packing_energies.hpp"

#include "tests/simt/packing_case.hpp"

namespace regrain::kernels {
namespace {

using namespace regrain::test;

template <class T>
struct PackingEnergiesOf : ::testing::Test {};
TYPED_TEST_SUITE(PackingEnergiesOf, Scalars);

TYPED_TEST(PackingEnergiesOf, DrawsAndPairsOfThem) {
  Context context(1);
  for (int n : {0, 1, 2, 31, 48})
    for (int n_draws : {5, 13}) {
      const PackedResidues<TypeParam> p(context.host(), n, n_draws, 6);
      DeviceCase<TypeParam> c;
      const CaseDraws<TypeParam> d(c, p);
      const auto self = c.output({n, p.stride});
      const auto pair = c.output({p.pairs.n_energies});
      c.expect_same(
          [&](auto on) {
            using T = typename decltype(on)::scalar;
            self_energies<T>(on.backend, d.view(on), on(d.near), {}, on(self));
            pair_energies<T>(on.backend, d.view(on), d.pairs(on), {}, on(pair));
          },
          4000);  // squares of small differences of distances
    }
}

}  // namespace
}  // namespace regrain::kernels
