// Random numbers that packing asks for. They depend on seed, a set's frame and sample and a residue's place in its set alone.
#pragma once

#include <cstdint>

#include "engine/philox.hpp"

namespace regrain::kernels {

// What numbers are for (Rng::op): the first round of Gibbs draws, behind which those of the others lie, and the draws that
// stand for groups.
constexpr int kGibbsDraws = 0x6100, kMostRounds = 0x100, kGroupDraws = 0x6200;

struct PackingSeed {
  std::uint64_t seed = 0;
  const int *frame = nullptr, *sample = nullptr;  // (G), null: 0

  REGRAIN_HD Rng of(int set, int purpose) const {
    return {seed, static_cast<std::uint32_t>(frame ? frame[set] : 0), static_cast<std::uint16_t>(purpose),
            static_cast<std::uint16_t>(sample ? sample[set] : 0)};
  }
};

}  // namespace regrain::kernels
