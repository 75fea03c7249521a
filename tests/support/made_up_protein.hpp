// Alpha carbons of no protein in particular, and a small all-atom model for them.
#pragma once

#include <cmath>
#include <vector>

#include "engine/philox.hpp"
#include "models/allatom/trace.hpp"

namespace regrain::test {

inline models::allatom::Config small_allatom_config(int latent = 4, int members = 1) {
  models::allatom::Config c;
  c.channels = 32;
  c.layers = 2;
  c.backbone_channels = 16;
  c.neighbors = 8;
  c.latent = latent;
  c.members = members;
  return c;
}

// A chain that winds like a helix with noise; the second half is a chain of its own where asked.
struct Protein {
  models::allatom::Sequence sequence;
  std::vector<double> ca;

  Protein(int n, std::uint64_t seed, int n_chains = 1) {
    const Rng rng{.seed = seed, .op = 0x55};
    for (int i = 0; i < n; ++i) {
      sequence.type.push_back(static_cast<int>(rng.below(static_cast<std::uint32_t>(i), models::allatom::kTypes)));
      const double angle = 100 * 3.14159 / 180 * i;
      const double p[3] = {2.3 * std::cos(angle), 2.3 * std::sin(angle), 1.5 * i};
      for (int k = 0; k < 3; ++k) ca.push_back(p[k] + 0.3 * rng.normal(static_cast<std::uint32_t>(1000 + 3 * i + k)) + (n_chains == 2 && i >= n / 2 && k == 0 ? 9 : 0));
    }
    sequence.first_of_chain = n_chains == 2 ? std::vector<int>{0, n / 2, n} : std::vector<int>{0, n};
  }
  models::allatom::TraceFrame<double> frame() const { return {&sequence, ca.data()}; }
};

}  // namespace regrain::test
