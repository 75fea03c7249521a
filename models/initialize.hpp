// Initial weights, drawn per parameter from (seed, name), so that adding a layer changes no other.
#pragma once

#include <cstdint>

#include "autodiff/parameters.hpp"

namespace regrain::models {

// U(-a, a) with a = gain sqrt(6 / (rows + columns))
template <class T>
void xavier_uniform(Parameter<T>& p, std::uint64_t seed, double gain = 1);
// U(-1, 1) / sqrt(fan_in), for a weight and its bias
template <class T>
void fan_in_uniform(Parameter<T>& p, std::uint64_t seed, int fan_in);
// N(0, 1); `zero_row` >= 0 is set to 0
template <class T>
void standard_normal(Parameter<T>& p, std::uint64_t seed, int zero_row = -1);

}  // namespace regrain::models
