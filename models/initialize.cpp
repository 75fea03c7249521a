#include "models/initialize.hpp"

#include <cmath>

#include "engine/philox.hpp"

namespace regrain::models {

namespace {

// FNV-1a of the name, mixed into the seed
Rng stream_of(const std::string& name, std::uint64_t seed) {
  std::uint64_t hash = 0xcbf29ce484222325ull;
  for (char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ull;
  return {.seed = seed ^ hash, .step = 0, .op = 0xF111};
}

template <class T>
void fill_uniform(Parameter<T>& p, std::uint64_t seed, double a) {
  const Rng rng = stream_of(p.name, seed);
  for (std::size_t i = 0; i < p.shape.size(); ++i)
    p.value[i] = static_cast<T>(a * (2 * rng.uniform(static_cast<std::uint32_t>(i)) - 1));
}

}  // namespace

template <class T>
void xavier_uniform(Parameter<T>& p, std::uint64_t seed, double gain) {
  fill_uniform(p, seed, gain * std::sqrt(6.0 / (p.shape[0] + p.shape[1])));
}

template <class T>
void fan_in_uniform(Parameter<T>& p, std::uint64_t seed, int fan_in) {
  fill_uniform(p, seed, 1 / std::sqrt(static_cast<double>(fan_in)));
}

template <class T>
void standard_normal(Parameter<T>& p, std::uint64_t seed, int zero_row) {
  const Rng rng = stream_of(p.name, seed);
  for (std::size_t i = 0; i < p.shape.size(); ++i) p.value[i] = static_cast<T>(rng.normal(static_cast<std::uint32_t>(i)));
  if (zero_row >= 0)
    for (int c = 0; c < p.shape[1]; ++c) p.value[zero_row * p.shape[1] + c] = T(0);
}

#define REGRAIN_INSTANTIATE(T)                                              \
  template void xavier_uniform<T>(Parameter<T>&, std::uint64_t, double);    \
  template void fan_in_uniform<T>(Parameter<T>&, std::uint64_t, int);       \
  template void standard_normal<T>(Parameter<T>&, std::uint64_t, int);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::models
