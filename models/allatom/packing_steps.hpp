// What packing does alike on the host and on a device; for packing.cpp and packing_device.cpp.
#pragma once

#include "kernels/draw_groups.hpp"
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

// What there is to choose from for n residues: the draws, or groups of those that are alike. Memory is the scratch arena's.
template <class T>
struct Choices {
  View<const T, 3> chi_RS4;
  View<const T, 2> logp_RS, likeliest_RS;
  View<const int, 1> count_R;
};
// of residues [first, first + size of type_R) of the input, whose log-probabilities are logp_RS in the backend's memory, if any
template <class T, class Backend>
Choices<T> choices_of(Backend be, const kernels::SideChainTables<T>& tables, View<const int, 1> type_R, View<const char, 1> has_draws_R,
                      const PackingInput<T>& in, const kernels::GroupTakes& takes, int first, View<const T, 2> logp_RS) {
  const int n = type_R.dim(0), n_draws = in.chi_RS4.dim(1);
  const auto each = static_cast<std::size_t>(n) * static_cast<std::size_t>(n_draws);
  const View<const T, 3> chi(in.chi_RS4.row(first), {n, n_draws, kChi});
  View<const int, 2> bins;
  if (in.bins_RS.data()) bins = View<const int, 2>(in.bins_RS.row(first), {n, n_draws});
  const View<int, 1> count(be.scratch->template allocate_array<int>(static_cast<std::size_t>(n)), {n});
  const View<T, 3> grouped(be.scratch->template allocate_array<T>(each * kChi), {n, n_draws, kChi});
  const View<T, 2> together(be.scratch->template allocate_array<T>(each), {n, n_draws}), likeliest(be.scratch->template allocate_array<T>(each), {n, n_draws});
  kernels::group_draws<T>(be, tables, type_R, has_draws_R, bins, in.n_bins, chi, logp_RS, takes,
                          {grouped, together, likeliest, count});
  return {grouped, together, likeliest, count};
}

// pick_R: the draw that every residue takes. Mean field, then the draw of least expected error and a descent from there, or a
// Gibbs sample. Memory is the scratch arena's.
template <class T, class Backend>
void pick_draws(Backend be, const kernels::DrawsView<T>& residues, const kernels::PackingPairs& pairs,
                kernels::PackingEnergies<T> energies, const Choices<T>& choices, const PackingSettings& settings, const kernels::PackingSeed& seed,
                View<const int, 1> first_of_set_G1, View<int, 1> pick_R) {
  const int n = residues.n_residues, stride = residues.stride;
  const auto table = [&] {
    return View<T, 2>(be.scratch->template allocate_array<T>(static_cast<std::size_t>(n) * static_cast<std::size_t>(stride)), {n, stride});
  };
  const View<T, 2> marginal = table();
  energies.logp_RS = choices.logp_RS;
  const T beta = static_cast<T>(settings.sample ? settings.sample_beta : settings.beta);
  kernels::mean_field<T>(be, residues, pairs, energies, beta, settings.rounds, marginal);
  if (settings.sample)
    return kernels::gibbs_sample<T>(be, residues, pairs, energies, marginal, beta, settings.sample_sweeps, seed, first_of_set_G1, pick_R);
  const View<T, 2> error = table();
  kernels::expected_errors<T>(be, residues, marginal, error);
  kernels::least_errors<T>(be, residues, error, pick_R);
  // how many draws a group has is in the expected errors
  energies.logp_RS = choices.likeliest_RS;
  kernels::descend<T>(be, residues, pairs, energies, error, static_cast<T>(settings.error_weight), static_cast<T>(1 / settings.beta),
                      settings.sweeps, first_of_set_G1, pick_R);
}

}  // namespace regrain::models::allatom
