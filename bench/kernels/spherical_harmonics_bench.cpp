// Harmonics of as many edges as the atoms of a batch of stage 2 have.
#include "kernels/spherical_harmonics.hpp"

#include "bench/support/kernel_bench.hpp"

namespace regrain::bench {

namespace {

using namespace kernels;

[[maybe_unused]] const bool kRegistered = [] {
  add_kernel("spherical_harmonics/220000", [](const Place& on) {
    constexpr int kEdges = 220000;
    // length 6 and its inverse, direction 3, l = 1: 3, l = 2: 12
    return KernelCase{Work{25.0 * kEdges, kFloat * (3 + kHarmonics) * kEdges},
                      [r = on(normal({kEdges, 3}, 1)), y = on(Tensor<float>({kEdges, kHarmonics}))](
                          auto be) mutable { spherical_harmonics<float>(be, std::as_const(r), y); }};
  });
  return true;
}();

}  // namespace

}  // namespace regrain::bench
