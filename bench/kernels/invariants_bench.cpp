// Invariant features of the atoms of 85 residues in 4 frames, level by level.
#include "kernels/invariants.hpp"

#include "bench/support/kernel_bench.hpp"
#include "kernels/tensor_product_paths.hpp"

namespace regrain::bench {

namespace {

using namespace kernels;

constexpr int kAtoms = 2652;

// a length: 7; levels 2 and 3 have eight of them, level 1 four
double length_flops(int level) { return level == 0 ? 0 : level == 1 ? 28 : 56; }

auto forward(int level) {
  return [=](const Place& on) {
    const double bytes = kFloat * kAtoms * (feature_width(level) + invariant_width(level));
    return KernelCase{Work{length_flops(level) * kAtoms, bytes},
                      [=, x = on(normal({kAtoms, feature_width(level)}, 1)),
                       y = on(Tensor<float>({kAtoms, invariant_width(level)}))](auto be) mutable {
                        invariant_features<float>(be, level, Handedness::keep, std::as_const(x), y);
                      }};
  };
}
auto backward(int level) {
  return [=](const Place& on) {
    const double bytes = kFloat * kAtoms * (3 * feature_width(level) + invariant_width(level));
    return KernelCase{Work{2 * length_flops(level) * kAtoms, bytes},
                      [=, x = on(normal({kAtoms, feature_width(level)}, 1)),
                       dy = on(normal({kAtoms, invariant_width(level)}, 2)),
                       dx = on(Tensor<float>({kAtoms, feature_width(level)}))](auto be) mutable {
                        invariant_features_backward<float>(be, level, Handedness::keep, std::as_const(x),
                                                           std::as_const(dy), dx);
                      }};
  };
}

[[maybe_unused]] const bool kRegistered = [] {
  for (int level : {2, 3}) {
    add_kernel(concat("invariant_features/level_", level), forward(level));
    add_kernel(concat("invariant_features_backward/level_", level), backward(level));
  }
  return true;
}();

}  // namespace

}  // namespace regrain::bench
