// covers kernels/cuda/optimizer.cu
#include "kernels/optimizer.hpp"

#include "tests/simt/device_case.hpp"

namespace regrain::kernels {
namespace {

using namespace regrain::test;

template <class T>
struct OptimizerOnDevice : ::testing::Test {};
TYPED_TEST_SUITE(OptimizerOnDevice, Scalars);

// Two steps from the third on, with the state where the backend keeps it; returns it.
template <class On, class S>
AdamState two_steps(On on, double clip_norm, View<const S, 1> grad, View<S, 1> value, View<S, 1> first, View<S, 1> second) {
  const AdamSettings settings{.clip_norm = clip_norm};
  AdamState result{.learning_rate = 0.01, .step = 2};
  auto* state = on.backend.scratch->template allocate_array<AdamState>(1);
  if constexpr (on.is_cuda)
    device::copy_to_device(state, &result, sizeof(result), nullptr);
  else
    *state = result;
  for (int s = 0; s < 2; ++s) {
    begin_adam_step<S>(on.backend, settings, grad, state);
    adam_step<S>(on.backend, settings, state, grad, value, first, second);
  }
  if constexpr (on.is_cuda) {
    device::copy_to_host(&result, state, sizeof(result), nullptr);
    device::synchronise(nullptr);
  } else {
    result = *state;
  }
  return result;
}

template <class T>
void expect_two_steps(int n, int begin, double clip_norm) {
  DeviceCase<T> c;
  const auto grad = c.input({n + begin});
  Tensor<double> squares = random({n + begin}, 5);
  for (double& x : squares) x *= x;
  const auto value = c.sum({n + begin}), first = c.sum({n + begin}), second = c.sum({n + begin}, squares);
  std::vector<AdamState> states;
  c.expect_same([&](auto on) {
    const auto part = [&](auto a) {
      const auto all = on(a);
      return decltype(all)(all.data() + begin, {n});
    };
    states.push_back(two_steps(on, clip_norm, part(grad), part(value), part(first), part(second)));
  });
  // the host's, and the device's in two orders
  if (device::count() == 0) return;
  ASSERT_EQ(states.size(), 3u);
  for (const AdamState& s : states) {
    EXPECT_NEAR(s.norm, states[0].norm, 1e-12 * states[0].norm);
    EXPECT_NEAR(s.gradient_scale, states[0].gradient_scale, 1e-12);
    EXPECT_EQ(s.gradient_scale < 1, clip_norm > 0 && n > 1);
    EXPECT_EQ(s.step, 4);
    EXPECT_NEAR(s.step_size, states[0].step_size, 1e-14);
    EXPECT_NEAR(s.root, states[0].root, 1e-12);
  }
}

TYPED_TEST(OptimizerOnDevice, StepsWithAndWithoutClipping) {
  for (int n : {0, 1, 31, 32, 33, 3001}) expect_two_steps<TypeParam>(n, 0, 1.5);
  for (int n : {1, 33}) expect_two_steps<TypeParam>(n, 0, 0);
}

TYPED_TEST(OptimizerOnDevice, ArraysThatBeginAnywhere) {
  for (int n : {1, 1000}) expect_two_steps<TypeParam>(n, 1, 1.5);
}

// more packs than threads, in both precisions
TYPED_TEST(OptimizerOnDevice, AThreadAddsSeveralPacks) { expect_two_steps<TypeParam>(300'001, 0, 1.5); }

}  // namespace
}  // namespace regrain::kernels
