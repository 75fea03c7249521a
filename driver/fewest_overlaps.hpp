// The one of several structures with the fewest van der Waals overlaps.
#pragma once

#include <span>

#include "driver/metrics/clashes.hpp"
#include "io/frame.hpp"
#include "io/topology.hpp"

namespace regrain::driver {

class FewestOverlaps {
 public:
  // Overlaps by the rule of metrics/clashes.hpp, bonds by the templates of the residues.
  explicit FewestOverlaps(const io::Topology& topology);

  double overlaps(const io::Frame& frame) const;  // per 100 residues
  // The first among equals; `frames` holds one at least.
  std::ptrdiff_t of(std::span<const io::Frame> frames) const;

 private:
  metrics::Clashes clashes_;
};

}  // namespace regrain::driver
