// Arrays of standard normal numbers, the same in every run.
#pragma once

#include "engine/context.hpp"
#include "engine/tensor.hpp"
#include "kernels/gaussian.hpp"

namespace regrain::bench {

constexpr std::uint64_t kSeed = 20251124;

// `op` names the draw: equal numbers give equal arrays
inline Tensor<float> normal(Shape shape, std::uint16_t op = 0) {
  Tensor<float> x(shape);
  Context(1).visit(
      [&](auto be) { kernels::fill_normal<float>(be, Rng{.seed = kSeed, .op = op}, 0, x.ref().flat()); });
  return x;
}

}  // namespace regrain::bench
