// Philox4x32-10: random numbers as a pure function of (seed, stream, element).
//
// No state to save, no order of calls to keep: the draw for an element is the same whatever the
// thread count, the batch size or the backend. Salmon, Moraes, Dror, Shaw, "Parallel random
// numbers: as easy as 1, 2, 3", SC 2011.
//
// Normal and Gumbel draws use fused multiply-adds, divisions and square roots alone, each of which IEEE 754
// rounds in one way, so a GPU and a CPU give the same bits; libm's log and sin would not.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "engine/host_device.hpp"

namespace regrain {

using Philox4 = std::array<std::uint32_t, 4>;

REGRAIN_HD inline Philox4 philox4x32(Philox4 counter, std::array<std::uint32_t, 2> key) {
  constexpr std::uint32_t kM0 = 0xD2511F53u, kM1 = 0xCD9E8D57u, kW0 = 0x9E3779B9u, kW1 = 0xBB67AE85u;
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p0 = std::uint64_t{kM0} * counter[0];
    const std::uint64_t p1 = std::uint64_t{kM1} * counter[2];
    counter = {static_cast<std::uint32_t>(p1 >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(p1),
               static_cast<std::uint32_t>(p0 >> 32) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(p0)};
    key = {key[0] + kW0, key[1] + kW1};
  }
  return counter;
}

// Names one family of draws. `step` is a training step or a frame, `op` says what the draw is for,
// `sample` counts draws for the same input.
struct Rng {
  std::uint64_t seed = 0;
  std::uint32_t step = 0;
  std::uint16_t op = 0;
  std::uint16_t sample = 0;

  REGRAIN_HD Philox4 bits(std::uint32_t element) const {
    return philox4x32({element, step, static_cast<std::uint32_t>(op) | (static_cast<std::uint32_t>(sample) << 16), 0},
                      {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)});
  }
  // uniform in (0, 1), never 0 or 1
  REGRAIN_HD double uniform(std::uint32_t element) const { return to_unit(bits(element)[0]); }
  // uniform integer in [0, n), n > 0, by multiply and shift
  REGRAIN_HD std::uint32_t below(std::uint32_t element, std::uint32_t n) const {
    return static_cast<std::uint32_t>((std::uint64_t{bits(element)[0]} * n) >> 32);
  }
  REGRAIN_HD double normal(std::uint32_t element) const {
    const std::array<double, 2> pair = normal_pair(bits(element / 2));
    return element % 2 == 0 ? pair[0] : pair[1];
  }

  REGRAIN_HD double gumbel(std::uint32_t element) const { return gumbel_of(uniform(element)); }

  REGRAIN_HD static double to_unit(std::uint32_t x) { return std::fma(static_cast<double>(x), 0x1p-32, 0x1p-33); }

  // standard Gumbel of a uniform draw
  REGRAIN_HD static double gumbel_of(double u) { return -log_of(-log_of(u)); }

  // Box-Muller on the first two words
  REGRAIN_HD static std::array<double, 2> normal_pair(const Philox4& b) {
    const double radius = std::sqrt(-2 * log_of(to_unit(b[0])));
    const auto [s, c] = sincos_turns(to_unit(b[1]));
    return {radius * c, radius * s};
  }

 private:
  // ln x for normal x > 0: exponent, then 2 atanh((m-1)/(m+1)) as a series
  REGRAIN_HD static double log_of(double x) {
    std::uint64_t bits;
    std::memcpy(&bits, &x, 8);
    int exponent = static_cast<int>(bits >> 52) - 1023;
    bits = (bits & 0xFFFFFFFFFFFFFull) | 0x3FF0000000000000ull;
    double m;
    std::memcpy(&m, &bits, 8);
    if (m > 1.4142135623730951) {
      m *= 0.5;  // exact
      ++exponent;
    }
    const double s = (m - 1) / (m + 1), t = s * s;
    double series = 1.0 / 23;
    for (double k : {1.0 / 21, 1.0 / 19, 1.0 / 17, 1.0 / 15, 1.0 / 13, 1.0 / 11, 1.0 / 9, 1.0 / 7, 1.0 / 5, 1.0 / 3, 1.0})
      series = std::fma(series, t, k);
    return std::fma(static_cast<double>(exponent), 0.6931471805599453, 2 * s * series);
  }

  // (sin, cos) of 2 pi u for u in (0, 1): quarter turns, then Taylor on [-pi/4, pi/4]
  REGRAIN_HD static std::array<double, 2> sincos_turns(double u) {
    const int quarter = static_cast<int>(std::fma(u, 4.0, 0.5));
    const double x = std::fma(static_cast<double>(quarter), -0.25, u) * 6.283185307179586, t = x * x;
    double s = 1.0 / 6227020800;
    for (double k : {-1.0 / 39916800, 1.0 / 362880, -1.0 / 5040, 1.0 / 120, -1.0 / 6, 1.0}) s = std::fma(s, t, k);
    s *= x;
    double c = -1.0 / 87178291200;
    for (double k : {1.0 / 479001600, -1.0 / 3628800, 1.0 / 40320, -1.0 / 720, 1.0 / 24, -1.0 / 2, 1.0})
      c = std::fma(c, t, k);
    switch (quarter & 3) {
      case 0: return {s, c};
      case 1: return {c, -s};
      case 2: return {-s, -c};
      default: return {-c, s};
    }
  }
};

}  // namespace regrain
