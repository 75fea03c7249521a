// The learned bead map: 181 atoms to 10 beads, 2000 atoms to 100.
#include "kernels/soft_assignment.hpp"

#include "bench/support/kernel_bench.hpp"

namespace regrain::bench {

namespace {

using namespace kernels;

constexpr float kTemperature = 0.5f;

auto gumbel(int a, int b) {
  return [=](Cpu) {
    const double n = double(a) * b;
    return KernelCase{Work{2 * n, kFloat * n}, [x = Tensor<float>({a * b})](Cpu be) mutable {
                        fill_gumbel<float>(be, Rng{.seed = kSeed}, x);
                      }};
  };
}
// sum, quotient, largest, difference, exponential, sum, quotient
auto softmax(int a, int b) {
  return [=](Cpu) {
    const double n = double(a) * b;
    return KernelCase{
        Work{7 * n, 3 * kFloat * n},
        [logit = normal({a, b}, 1), noise = normal({a, b}, 2), m = Tensor<float>({a, b})](Cpu be) mutable {
          gumbel_softmax<float>(be, std::as_const(logit), std::as_const(noise), kTemperature, m);
        }};
  };
}
auto softmax_backward(int a, int b) {
  return [=](Cpu) {
    const double n = double(a) * b;
    return KernelCase{
        Work{6 * n, 4 * kFloat * n},
        [m = normal({a, b}, 1), dm = normal({a, b}, 2), dlogit = Tensor<float>({a, b})](Cpu be) mutable {
          gumbel_softmax_backward<float>(be, std::as_const(m), kTemperature, std::as_const(dm), dlogit);
        }};
  };
}
auto columns(int a, int b) {
  return [=](Cpu) {
    const double n = double(a) * b;
    return KernelCase{Work{2 * n, 2 * kFloat * n},
                      [m = normal({a, b}, 1), y = Tensor<float>({a, b}), sum = Tensor<float>({b})](
                          Cpu be) mutable { normalize_columns<float>(be, std::as_const(m), y, sum); }};
  };
}

[[maybe_unused]] const bool kRegistered = [] {
  for (const auto& [a, b] : {std::pair{181, 10}, std::pair{2000, 100}}) {
    const std::string size = concat(a, "x", b);
    add_kernel("fill_gumbel/" + size, gumbel(a, b));
    add_kernel("gumbel_softmax/" + size, softmax(a, b));
    add_kernel("gumbel_softmax_backward/" + size, softmax_backward(a, b));
    add_kernel("normalize_columns/" + size, columns(a, b));
  }
  return true;
}();

}  // namespace

}  // namespace regrain::bench
