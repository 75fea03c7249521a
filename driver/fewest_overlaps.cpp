#include "driver/fewest_overlaps.hpp"

#include "driver/chemistry.hpp"
#include "engine/errors.hpp"

namespace regrain::driver {

FewestOverlaps::FewestOverlaps(const io::Topology& topology) : clashes_(topology, bonds_of(topology)) {}

double FewestOverlaps::overlaps(const io::Frame& frame) const { return clashes_(metrics::to_points(frame)).overlaps; }

std::ptrdiff_t FewestOverlaps::of(std::span<const io::Frame> frames) const {
  REGRAIN_CHECK(!frames.empty(), "fewest overlaps: of no structure");
  std::ptrdiff_t best = 0;
  double least = overlaps(frames.front());
  for (std::size_t i = 1; i < frames.size() && least > 0; ++i)
    if (const double count = overlaps(frames[i]); count < least) least = count, best = static_cast<std::ptrdiff_t>(i);
  return best;
}

}  // namespace regrain::driver
