// covers kernels/cuda/vector_update.cu
#include "kernels/vector_update.hpp"

#include "tests/simt/device_case.hpp"

namespace regrain::kernels {
namespace {

using namespace regrain::test;

template <class T>
struct VectorUpdate : ::testing::Test {};
TYPED_TEST_SUITE(VectorUpdate, Scalars);

TYPED_TEST(VectorUpdate, VectorNorm) {
  for (int n : kWarpSizes)
    for (int f : {1, 7, 32}) {
      DeviceCase<TypeParam> c;
      const auto v = c.input({n, 3, f});
      const auto norm = c.output({n, f});
      c.expect_same([&](auto on) { vector_norm(on.backend, on(v), on(norm)); });
    }
}

TYPED_TEST(VectorUpdate, VectorNormBackward) {
  for (int n : kWarpSizes) {
    const int f = 5;
    DeviceCase<TypeParam> c;
    Tensor<double> length = random({n, f}, 2);
    for (double& x : length) x = 1 + x * x;
    const auto v = c.input({n, 3, f});
    const auto norm = c.input({n, f}, length);
    const auto dnorm = c.input({n, f});
    const auto dv = c.sum({n, 3, f});
    c.expect_same([&](auto on) { vector_norm_backward(on.backend, on(v), on(norm), on(dnorm), on(dv)); });
  }
}

TYPED_TEST(VectorUpdate, GatedUpdate) {
  for (int n : kWarpSizes)
    for (int f : {1, 7, 32}) {
      DeviceCase<TypeParam> c;
      const auto q = c.input({n, 3 * f});
      const auto a = c.input({n, 3, f}), b = c.input({n, 3, f});
      const auto ds = c.output({n, f});
      const auto dv = c.output({n, 3, f});
      c.expect_same([&](auto on) { gated_update(on.backend, on(q), on(a), on(b), on(ds), on(dv)); });
    }
}

TYPED_TEST(VectorUpdate, GatedUpdateBackward) {
  for (int n : kWarpSizes)
    for (int f : {1, 7, 32}) {
      DeviceCase<TypeParam> c;
      const auto q = c.input({n, 3 * f});
      const auto a = c.input({n, 3, f}), b = c.input({n, 3, f});
      const auto gs = c.input({n, f});
      const auto gv = c.input({n, 3, f});
      const auto dq = c.sum({n, 3 * f});
      const auto da = c.sum({n, 3, f}), db = c.sum({n, 3, f});
      c.expect_same([&](auto on) {
        gated_update_backward(on.backend, on(q), on(a), on(b), on(gs), on(gv), on(dq), on(da), on(db));
      });
    }
}

TYPED_TEST(VectorUpdate, GateVectors) {
  for (int n : kWarpSizes) {
    const int f = 9;
    DeviceCase<TypeParam> c;
    const auto q = c.input({n, f});
    const auto a = c.input({n, 3, f});
    const auto v = c.output({n, 3, f});
    c.expect_same([&](auto on) { gate_vectors(on.backend, on(q), on(a), on(v)); });
  }
}

TYPED_TEST(VectorUpdate, GateVectorsBackward) {
  for (int n : kWarpSizes) {
    const int f = 9;
    DeviceCase<TypeParam> c;
    const auto q = c.input({n, f});
    const auto a = c.input({n, 3, f}), dv = c.input({n, 3, f});
    const auto dq = c.sum({n, f});
    const auto da = c.sum({n, 3, f});
    c.expect_same([&](auto on) { gate_vectors_backward(on.backend, on(q), on(a), on(dv), on(dq), on(da)); });
  }
}

}  // namespace
}  // namespace regrain::kernels
