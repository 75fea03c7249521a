// A protein of no kind in particular, alpha carbons and all atoms, and a small all-atom model for it.
#pragma once

#include <cmath>
#include <limits>
#include <vector>

#include "engine/philox.hpp"
#include "models/allatom/truth.hpp"
#include "tests/support/random.hpp"

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

inline models::allatom::Trace<double> trace_of(const models::allatom::Config& config, const std::vector<models::allatom::TraceFrame<double>>& frames) {
  Context context(1);
  models::allatom::Trace<double> trace;
  models::allatom::make_trace(context, config, frames, trace);
  return trace;
}

// true atoms: made by the templates on a random backbone
inline Tensor<double> atoms_of(const Protein& p, std::uint64_t seed) {
  const int n = p.sequence.n_residues();
  Tensor<double> backbone({n, 4, 3}), chi = random({n, 4}, seed + 1), atoms({n, kernels::kResidueSlots, 3});
  const Tensor<double> off = random({n, 4, 3}, seed, 0.3);
  constexpr double local[4][3] = {{-1.2, 0.5, 0.7}, {0, 0, 0}, {1.3, 0.6, -0.5}, {1.5, 1.8, -0.6}};
  for (int r = 0; r < n; ++r)
    for (int a = 0; a < 4; ++a)
      for (int k = 0; k < 3; ++k)
        backbone.ref().view<3>()(r, a, k) = p.ca[static_cast<std::size_t>(3 * r + k)] + (a == 1 ? 0 : local[a][k] + off.ref().view<3>()(r, a, k));
  const Tensor<int> types = Tensor<int>::from(p.sequence.type);
  kernels::place_residues<double>(Context(1).host(), models::allatom::side_chain_tables<double>(), View<const int, 1>(types), backbone, chi, atoms);
  return atoms;
}

struct MadeUpData {
  Protein a{14, 1}, b{9, 2, 2};
  models::allatom::Trace<double> trace;
  models::allatom::Truth<double> truth;

  explicit MadeUpData(const models::allatom::Config& config) {
    Context context(1);
    models::allatom::make_trace(context, config, {a.frame(), b.frame()}, trace);
    Tensor<double> atoms({23, kernels::kResidueSlots, 3});
    const Tensor<double> first = atoms_of(a, 11), second = atoms_of(b, 12);
    std::copy(second.begin(), second.end(), std::copy(first.begin(), first.end(), atoms.begin()));
    atoms[3 * 3 * kernels::kResidueSlots + 2] = std::numeric_limits<double>::quiet_NaN();  // N of residue 3 is missing
    models::allatom::make_truth<double>(context, trace, atoms, truth);
  }
};

}  // namespace regrain::test
