// The learned bead map: 181 atoms to 10 beads, 2000 atoms to 100.
#include "kernels/soft_assignment.hpp"

#include "bench/support/kernel_bench.hpp"

namespace regrain::bench {

namespace {

using namespace kernels;

constexpr float kTemperature = 0.5f;

auto gumbel(int a, int b) {
  return [=](const Place& on) {
    const double n = double(a) * b;
    return KernelCase{Work{2 * n, kFloat * n}, [x = on(Tensor<float>({a * b}))](auto be) mutable {
                        fill_gumbel<float>(be, Rng{.seed = kSeed}, x);
                      }};
  };
}
// sum, quotient, largest, difference, exponential, sum, quotient
auto softmax(int a, int b) {
  return [=](const Place& on) {
    const double n = double(a) * b;
    return KernelCase{
        Work{7 * n, 3 * kFloat * n}, [logit = on(normal({a, b}, 1)), noise = on(normal({a, b}, 2)),
                                      m = on(Tensor<float>({a, b}))](auto be) mutable {
          gumbel_softmax<float>(be, std::as_const(logit), std::as_const(noise), kTemperature, m);
        }};
  };
}
auto softmax_backward(int a, int b) {
  return [=](const Place& on) {
    const double n = double(a) * b;
    return KernelCase{Work{6 * n, 4 * kFloat * n}, [m = on(normal({a, b}, 1)), dm = on(normal({a, b}, 2)),
                                                    dlogit = on(Tensor<float>({a, b}))](auto be) mutable {
                        gumbel_softmax_backward<float>(be, std::as_const(m), kTemperature, std::as_const(dm),
                                                       dlogit);
                      }};
  };
}
auto columns(int a, int b) {
  return [=](const Place& on) {
    const double n = double(a) * b;
    return KernelCase{Work{2 * n, 2 * kFloat * n}, [m = on(normal({a, b}, 1)), y = on(Tensor<float>({a, b})),
                                                    sum = on(Tensor<float>({b}))](auto be) mutable {
                        normalize_columns<float>(be, std::as_const(m), y, sum);
                      }};
  };
}

// the weighted sum of a column's gradients, then difference and quotient
auto columns_backward(int a, int b) {
  return [=](const Place& on) {
    const double n = double(a) * b;
    return KernelCase{Work{5 * n, 4 * kFloat * n},
                      [y = on(normal({a, b}, 1)), sum = on(normal({b}, 2)), dy = on(normal({a, b}, 3)),
                       dm = on(Tensor<float>({a, b}))](auto be) mutable {
                        normalize_columns_backward<float>(be, std::as_const(y), std::as_const(sum),
                                                          std::as_const(dy), dm);
                      }};
  };
}

[[maybe_unused]] const bool kRegistered = [] {
  for (const auto& [a, b] : {std::pair{181, 10}, std::pair{2000, 100}}) {
    const std::string size = concat(a, "x", b);
    add_kernel("fill_gumbel/" + size, gumbel(a, b));
    add_kernel("gumbel_softmax/" + size, softmax(a, b));
    add_kernel("gumbel_softmax_backward/" + size, softmax_backward(a, b));
    add_kernel("normalize_columns/" + size, columns(a, b));
    add_kernel("normalize_columns_backward/" + size, columns_backward(a, b));
  }
  return true;
}();

}  // namespace

}  // namespace regrain::bench
