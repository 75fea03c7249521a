// covers kernels/cuda/activation.cu
#include "kernels/activation.hpp"

#include "tests/simt/device_case.hpp"

namespace regrain::kernels {
namespace {

using namespace regrain::test;

template <class T>
struct ActivationOnDevice : ::testing::Test {};
TYPED_TEST_SUITE(ActivationOnDevice, Scalars);

const Activation kKinds[] = {Activation::swish,
                             Activation::relu,
                             Activation::tanh,
                             Activation::sigmoid,
                             Activation::shifted_softplus,
                             Activation::leaky_relu,
                             Activation::elu};

TYPED_TEST(ActivationOnDevice, Value) {
  for (int n : kWarpSizes)
    for (Activation kind : kKinds) {
      DeviceCase<TypeParam> c;
      const auto x = c.input({n}, 4.0);
      const auto y = c.output({n});
      c.expect_same([&](auto on) { activation(on.backend, kind, on(x), on(y)); });
    }
}

TYPED_TEST(ActivationOnDevice, Backward) {
  for (int n : kWarpSizes)
    for (Activation kind : kKinds) {
      DeviceCase<TypeParam> c;
      const auto x = c.input({n}, 4.0);
      const auto dy = c.input({n});
      const auto dx = c.sum({n});
      c.expect_same([&](auto on) { activation_backward(on.backend, kind, on(x), on(dy), on(dx)); });
    }
}

}  // namespace
}  // namespace regrain::kernels
