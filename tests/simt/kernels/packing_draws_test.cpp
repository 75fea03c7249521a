// covers kernels/cuda/packing_draws.cu
#include "kernels/packing_draws.hpp"

#include "tests/simt/packing_case.hpp"

namespace regrain::kernels {
namespace {

using namespace regrain::test;

template <class T>
struct PackingDraws : ::testing::Test {};
TYPED_TEST_SUITE(PackingDraws, Scalars);

TYPED_TEST(PackingDraws, LayOut) {
  Context context(1);
  for (int n : {0, 1, 2, 33})
    for (int n_draws : {5, 13}) {
      const PackedResidues<TypeParam> p(context.host(), n, n_draws, 3);
      DeviceCase<TypeParam> c;
      const CaseTables<TypeParam> tables(c);
      const CaseMarks<TypeParam> moving(c, p.moving);
      const auto type = c.input({n}, p.c.type_R);
      const auto backbone = c.input({n, 4, 3}, p.c.backbone_R43);
      const auto chi = c.input({n, n_draws, 4}, p.chi);
      const auto count = c.input({n}, p.count);
      // of residues that don't move nothing is written
      const auto atoms = c.sum({n, 14, 3});
      const auto draws = c.sum({n, kMovingSlots, 3, p.stride});
      const auto boxes = c.sum({n, kMovingSlots, 6});
      c.expect_same(
          [&](auto on) {
            using T = typename decltype(on)::scalar;
            lay_out_draws<T>(on.backend, tables.view(on), on(type), moving.view(on), on(backbone), on(chi), on(count), on(atoms),
                             on(draws), on(boxes));
          },
          200);
    }
}

TYPED_TEST(PackingDraws, PairsAreThoseOfTheHost) {
  Context context(1);
  for (int n : {0, 1, 2, 33, 70}) {
    const PackedResidues<TypeParam> p(context.host(), n, 5, 4);
    EXPECT_TRUE(n < 33 || p.pairs.n_tables > 10);
    DeviceCase<TypeParam> c;
    const CaseDraws<TypeParam> d(c, p);
    const int n_tables = p.pairs.n_tables;
    const auto offset = c.int_output({n + 1}), partner = c.int_output({2 * n_tables}), table = c.int_output({2 * n_tables}),
               lower = c.int_output({n_tables}), higher = c.int_output({n_tables}), first = c.int_output({n_tables});
    c.expect_same([&](auto on) {
      using T = typename decltype(on)::scalar;
      const PackingPairs found = packing_pairs<T>(on.backend, d.view(on), on(d.near), *on.backend.scratch);
      ASSERT_EQ(found.n_tables, n_tables);
      const auto copy = [&](auto to, const int* from) {
        const auto view = on(to);
        if constexpr (decltype(on)::is_cuda)
          device::copy_on_device(view.data(), from, view.size() * sizeof(int), on.backend.stream);
        else
          std::copy_n(from, view.size(), view.data());
      };
      copy(offset, found.offset), copy(partner, found.partner), copy(table, found.table);
      ASSERT_EQ(found.n_energies, p.pairs.n_energies);
      copy(lower, found.lower), copy(higher, found.higher), copy(first, found.first);
    });
  }
}

}  // namespace
}  // namespace regrain::kernels
