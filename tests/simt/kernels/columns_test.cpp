// covers kernels/cuda/columns.cu
#include "kernels/columns.hpp"

#include "tests/simt/device_case.hpp"

namespace regrain::kernels {
namespace {

using namespace regrain::test;

template <class T>
struct Columns : ::testing::Test {};
TYPED_TEST_SUITE(Columns, Scalars);

TYPED_TEST(Columns, Join) {
  for (int n : kWarpSizes)
    for (int f : {0, 1, 33}) {
      DeviceCase<TypeParam> c;
      const auto x = c.input({n, f}), y = c.input({n, 5});
      const auto z = c.output({n, f + 5});
      c.expect_same([&](auto on) { join_columns(on.backend, on(x), on(y), on(z)); });
    }
}

TYPED_TEST(Columns, AddWidened) {
  for (int n : kWarpSizes)
    for (int f : {0, 1, 33}) {
      DeviceCase<TypeParam> c;
      const auto x = c.input({n, f}), y = c.input({n, 33});
      const auto z = c.output({n, 33});
      c.expect_same([&](auto on) { add_widened(on.backend, on(x), on(y), on(z)); });
    }
}

TYPED_TEST(Columns, Add) {
  for (int n : kWarpSizes)
    for (int first : {0, 2, 7}) {
      DeviceCase<TypeParam> c;
      const auto x = c.input({n, 40});
      const auto y = c.sum({n, 33});
      c.expect_same([&](auto on) { add_columns(on.backend, on(x), first, on(y)); });
    }
}

TYPED_TEST(Columns, KeepRows) {
  for (int n : kWarpSizes)
    for (int f : {1, 3, 33}) {
      DeviceCase<TypeParam> c;
      const auto keep = c.index({n}, 2);
      const auto x = c.input({n, f}), dy = c.input({n, f});
      const auto y = c.output({n, f});
      const auto dx = c.sum({n, f});
      c.expect_same([&](auto on) {
        keep_rows(on.backend, on(keep), on(x), on(y));
        keep_rows_backward(on.backend, on(keep), on(dy), on(dx));
      });
    }
}

}  // namespace
}  // namespace regrain::kernels
