// Norm and Adam over the 42.8 million parameters of stage 1 at the published size: all of it memory traffic.
#include "kernels/optimizer.hpp"

#include "bench/support/kernel_bench.hpp"

namespace regrain::bench {

namespace {

using namespace kernels;

constexpr int kParameters = 42'800'000;

// the same number everywhere: drawing as many takes longer than the benchmark
Tensor<float> filled(float value) {
  Tensor<float> x({kParameters});
  std::fill(x.begin(), x.end(), value);
  return x;
}

[[maybe_unused]] const bool kRegistered = [] {
  constexpr double n = kParameters;
  add_kernel("begin_adam_step/42.8M", [](const Place& on) {
    return KernelCase{
        Work{2 * n, kFloat * n},
        [grad = on(filled(1e-3f)), state = on(Tensor<AdamState>::from({AdamState{}}))](auto be) mutable {
          begin_adam_step<float>(be, {}, std::as_const(grad), state.data());
        }};
  });
  // An element: both moments 7, their corrections 2, root, sum, quotient, step 2. Four arrays are read, three
  // written.
  add_kernel("adam_step/42.8M", [](const Place& on) {
    return KernelCase{
        Work{14 * n, 7 * kFloat * n},
        [grad = on(filled(1e-3f)), value = on(filled(1)), first = on(filled(0)), second = on(filled(0)),
         state = on(Tensor<AdamState>::from({AdamState{.norm = 1, .step_size = 1e-6}}))](auto be) mutable {
          adam_step<float>(be, {}, std::as_const(state).data(), std::as_const(grad), value, first, second);
        }};
  });
  return true;
}();

}  // namespace

}  // namespace regrain::bench
