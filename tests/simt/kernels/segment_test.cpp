// covers kernels/cuda/segment.cu
#include "kernels/segment.hpp"

#include "tests/simt/device_case.hpp"
#include "tests/support/graphs.hpp"

namespace regrain::kernels {
namespace {

using namespace regrain::test;

template <class T>
struct Segment : ::testing::Test {};
TYPED_TEST_SUITE(Segment, Scalars);

struct Case {
  int n_dst, n_src, n_edges, f;
};
// no edges, single ones, rows without any and crowded ones
const Case kCases[] = {{0, 0, 0, 4},   {1, 1, 0, 1},    {1, 1, 1, 33},
                       {5, 3, 31, 32}, {33, 9, 40, 31}, {7, 40, 300, 36}};

TYPED_TEST(Segment, NeighborReduce) {
  for (const Case& k : kCases)
    for (Reduce reduce : {Reduce::sum, Reduce::mean}) {
      DeviceCase<TypeParam> c;
      const auto g = c.graph(random_graph(k.n_dst, k.n_src, k.n_edges, 3));
      const auto x = c.input({k.n_src, k.f});
      const auto y = c.output({k.n_dst, k.f});
      c.expect_same([&](auto on) { neighbor_reduce(on.backend, reduce, on(g), on(x), on(y)); });
    }
}

TYPED_TEST(Segment, NeighborReduceBackward) {
  for (const Case& k : kCases)
    for (Reduce reduce : {Reduce::sum, Reduce::mean}) {
      DeviceCase<TypeParam> c;
      const auto g = c.graph(random_graph(k.n_dst, k.n_src, k.n_edges, 3));
      const auto dy = c.input({k.n_dst, k.f});
      const auto dx = c.sum({k.n_src, k.f});
      c.expect_same([&](auto on) { neighbor_reduce_backward(on.backend, reduce, on(g), on(dy), on(dx)); });
    }
}

TYPED_TEST(Segment, GatherRows) {
  for (int n : kWarpSizes)
    for (int f : {1, 12, 33}) {
      DeviceCase<TypeParam> c;
      const auto table = c.input({5, f});
      const auto index = c.index({n}, 5);
      const auto y = c.output({n, f});
      c.expect_same([&](auto on) { gather_rows(on.backend, on(table), on(index), on(y)); });
    }
}

TYPED_TEST(Segment, GatherRowsBackward) {
  for (int n : {0, 1, 31, 32, 33, 700})
    for (int f : {1, 32, 33})
      for (int frozen : {-1, 2}) {
        DeviceCase<TypeParam> c;
        const auto dy = c.input({n, f});
        const auto index = c.index({n}, 5);
        const auto dtable = c.sum({6, f});  // nothing goes to row 5
        c.expect_same(
            [&](auto on) { gather_rows_backward(on.backend, on(dy), on(index), frozen, on(dtable)); }, 200);
      }
}

}  // namespace
}  // namespace regrain::kernels
