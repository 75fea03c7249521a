// Random arrays for tests: the same numbers on every machine.
#pragma once

#include <array>

#include "engine/philox.hpp"
#include "engine/tensor.hpp"

namespace regrain::test {

// standard normal entries times `scale`
template <class T = double>
Tensor<T> random(Shape shape, std::uint64_t seed = 1, double scale = 1) {
  Tensor<T> x(shape);
  const Rng rng{.seed = seed};
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<T>(scale * rng.normal(static_cast<std::uint32_t>(i)));
  return x;
}

// random integers in [0, n)
inline Tensor<int> random_index(int count, int n, std::uint64_t seed = 1) {
  Tensor<int> x({count});
  const Rng rng{.seed = seed};
  for (std::size_t i = 0; i < x.size(); ++i)
    x[i] = static_cast<int>(rng.below(static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(n)));
  return x;
}

}  // namespace regrain::test
