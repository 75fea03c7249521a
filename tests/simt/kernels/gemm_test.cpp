// covers kernels/cuda/gemm.cu
#include "kernels/gemm.hpp"

#include "tests/simt/device_case.hpp"

namespace regrain::kernels {
namespace {

using namespace regrain::test;

template <class T>
struct GemmOnDevice : ::testing::Test {};
TYPED_TEST_SUITE(GemmOnDevice, Scalars);

struct Case {
  int m, n, k;
};
const Case kCases[] = {{0, 5, 3}, {5, 0, 3}, {4, 5, 0}, {1, 1, 1}, {7, 33, 12}, {40, 6, 65}, {33, 70, 300}};

TYPED_TEST(GemmOnDevice, EveryTranspositionStartAndWrite) {
  for (const Case& k : kCases)
    for (Trans trans_a : {Trans::no, Trans::yes})
      for (Trans trans_b : {Trans::no, Trans::yes})
        for (Write write : {Write::overwrite, Write::accumulate})
          for (bool has_bias : {false, true}) {
            DeviceCase<TypeParam> c;
            const auto a = trans_a == Trans::no ? c.input({k.m, k.k}) : c.input({k.k, k.m});
            const auto b = trans_b == Trans::no ? c.input({k.k, k.n}) : c.input({k.n, k.k});
            const auto bias = c.input({k.n});
            const auto y = write == Write::accumulate ? c.sum({k.m, k.n}) : c.output({k.m, k.n});
            c.expect_same(
                [&](auto on) {
                  using T = typename decltype(on)::scalar;
                  gemm<T>(on.backend, trans_a, trans_b, on(a), on(b), on(y), write,
                          has_bias ? on(bias).data() : nullptr);
                },
                100);
          }
}

// columns of a wider matrix: what lies between them stays
TYPED_TEST(GemmOnDevice, PartsOfLargerMatrices) {
  const int m = 9, n = 5, k = 7, wide = 20;
  for (bool has_bias : {false, true}) {
    DeviceCase<TypeParam> c;
    const auto a = c.input({m, wide}), b = c.input({n, wide});
    const auto bias = c.input({n});
    const auto y = c.sum({m, wide});
    c.expect_same([&](auto on) {
      using T = typename decltype(on)::scalar;
      gemm<T>(on.backend, Trans::no, Trans::yes, {on(a).data() + 3, m, k, wide},
              {on(b).data() + 8, n, k, wide}, {on(y).data() + 2, m, n, wide}, Write::overwrite,
              has_bias ? on(bias).data() : nullptr);
    });
  }
}

}  // namespace
}  // namespace regrain::kernels
