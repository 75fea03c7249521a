// What packing does alike on the host and on a device; for packing.cpp and packing_device.cpp.
#pragma once

#include "kernels/relaxation_terms.hpp"
#include "models/allatom/packing.hpp"

namespace regrain::models::allatom {

// Angstrom between the alpha carbons of residues whose atoms may meet while they are relaxed; types and tables of the host.
template <class T>
T near_cutoff(const kernels::SideChainTables<T>& tables, View<const int, 1> type_R, const PackingSettings& settings) {
  T reach = T(0);
  for (int r = 0; r < type_R.dim(0); ++r) reach = std::max(reach, tables.reach[type_R(r)]);
  return 2 * reach + kernels::relaxation::list_cutoff<T>(settings.relaxation, true);
}

// pick_R: the draw that every residue takes. Mean field, then the draw of least expected error and a descent from there, or a
// Gibbs sample. Memory is the scratch arena's.
template <class T, class Backend>
void pick_draws(Backend be, const kernels::DrawsView<T>& residues, const kernels::PackingPairs& pairs,
                const kernels::PackingEnergies<T>& energies, const PackingSettings& settings, const kernels::PackingSeed& seed,
                View<const int, 1> first_of_set_G1, View<int, 1> pick_R) {
  const int n = residues.n_residues, stride = residues.stride;
  const auto table = [&] {
    return View<T, 2>(be.scratch->template allocate_array<T>(static_cast<std::size_t>(n) * static_cast<std::size_t>(stride)), {n, stride});
  };
  const View<T, 2> marginal = table();
  const T beta = static_cast<T>(settings.sample ? settings.sample_beta : settings.beta);
  kernels::mean_field<T>(be, residues, pairs, energies, beta, settings.rounds, marginal);
  if (settings.sample)
    return kernels::gibbs_sample<T>(be, residues, pairs, energies, marginal, beta, settings.sample_sweeps, seed, first_of_set_G1, pick_R);
  const View<T, 2> error = table();
  kernels::expected_errors<T>(be, residues, marginal, error);
  kernels::least_errors<T>(be, residues, error, pick_R);
  kernels::descend<T>(be, residues, pairs, energies, error, static_cast<T>(settings.error_weight), static_cast<T>(1 / settings.beta),
                      settings.sweeps, first_of_set_G1, pick_R);
}

}  // namespace regrain::models::allatom
