// Made-up proteins: a sequence on a wobbly helix, with plausible internal coordinates.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "models/genzprot/batch.hpp"
#include "models/genzprot/decoder.hpp"
#include "models/residues.hpp"
#include "tests/support/random.hpp"

namespace regrain::test {

struct MadeProtein {
  models::Protein protein;
  std::vector<double> trace_xyz, atom_xyz;

  template <class T = double>
  models::ProteinFrame<T> frame() const {
    static_assert(std::is_same_v<T, double>);
    return {&protein, trace_xyz.data(), atom_xyz.data()};
  }
};

// `types` of all residues, the two ends included; residues from `second_chain` on are a chain of their own
inline models::Protein make_protein_of(const std::vector<int>& types, int second_chain = 1 << 20) {
  std::vector<models::ResidueName> residues;
  std::vector<models::AtomName> atoms;
  for (int r = 0; r < static_cast<int>(types.size()); ++r) {
    const models::ResidueTemplate& t = models::residue_templates()[static_cast<std::size_t>(types[r])];
    residues.push_back({std::string(t.name), r >= second_chain, r + 1});
    for (int s : {1, 3, 2, 0}) atoms.push_back({std::string(t.atom[s]), r});
    for (int s = 4; s < t.n_slots; ++s) atoms.push_back({std::string(t.atom[s]), r});
  }
  return models::make_protein(residues, atoms);
}

inline std::vector<int> random_types(int n, std::uint64_t seed) {
  const Tensor<int> types = random_index(n, models::kResidueTypes, seed);
  return {types.begin(), types.end()};
}

// Angles away from their typical values, so that no two frames are alike.
inline MadeProtein made_protein(const models::Protein& protein, std::uint64_t seed) {
  MadeProtein made{protein, {}, {}};
  const Tensor<double> wobble = random({protein.n_trace(), 3}, seed, 0.3);
  for (int i = 0; i < protein.n_trace(); ++i)
    for (double x : {2.3 * std::cos(1.745 * i) + wobble[3 * i], 2.3 * std::sin(1.745 * i) + wobble[3 * i + 1],
                     1.5 * i + wobble[3 * i + 2]})
      made.trace_xyz.push_back(x);
  made.atom_xyz.assign(static_cast<std::size_t>(3 * protein.n_atoms()), 0.0);

  Context context(1);
  const models::GenzprotConfig config;
  const auto trace =
      models::make_trace_batch<double>(context, config, {{&made.protein, made.trace_xyz.data(), nullptr}});
  const models::InternalTable table;
  const int n = protein.n_residues();
  Tensor<double> ic = random({n, 13, 3}, seed + 1);
  for (int r = 0; r < n; ++r)
    for (int t = 0; t < 13; ++t) {
      const std::size_t row = static_cast<std::size_t>(trace.type_R[r] * 13 + t);
      double* x = ic.data() + (r * 13 + t) * 3;
      x[0] = table.length[row] * (1 + 0.02 * x[0]);
      x[1] = table.angle[row] + 0.05 * x[1];
      x[2] = t < 3 ? 0.5 + 0.3 * x[2] : 2 * x[2];
    }
  kernels::place_atoms<double>(context.host(), trace.placement(), trace.trace_N3, ic,
                               View<double, 2>(made.atom_xyz.data(), {protein.n_atoms(), 3}));
  return made;
}

}  // namespace regrain::test
