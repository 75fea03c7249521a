// Nonlinearities on the features of 362 atoms, 472 channels each.
#include "kernels/activation.hpp"

#include "bench/support/kernel_bench.hpp"

namespace regrain::bench {

namespace {

using namespace kernels;

constexpr int kElements = 362 * 472;

// A sigmoid: exponential, sum, quotient; one operation where the kind has no exponential.
double element_flops(Activation kind) {
  return kind == Activation::relu || kind == Activation::leaky_relu ? 1 : 4;
}

auto forward(Activation kind) {
  return [=](const Place& on) {
    return KernelCase{Work{element_flops(kind) * kElements, 2 * kFloat * kElements},
                      [=, x = on(normal({kElements}, 1)), y = on(Tensor<float>({kElements}))](
                          auto be) mutable { activation<float>(be, kind, x, y); }};
  };
}
auto backward(Activation kind) {
  return [=](const Place& on) {
    return KernelCase{Work{2 * (element_flops(kind) + 1) * kElements, 4 * kFloat * kElements},
                      [=, x = on(normal({kElements}, 1)), dy = on(normal({kElements}, 2)),
                       dx = on(Tensor<float>({kElements}))](auto be) mutable {
                        activation_backward<float>(be, kind, x, dy, dx);
                      }};
  };
}

[[maybe_unused]] const bool kRegistered = [] {
  for (Activation kind : {Activation::swish, Activation::relu, Activation::tanh, Activation::sigmoid,
                          Activation::shifted_softplus, Activation::leaky_relu, Activation::elu}) {
    add_kernel(concat("activation/", activation_name(kind)), forward(kind));
    add_kernel(concat("activation_backward/", activation_name(kind)), backward(kind));
  }
  return true;
}();

}  // namespace

}  // namespace regrain::bench
