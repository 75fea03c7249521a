// What the Cpu and the Cuda overloads of draw_groups.hpp share.
#pragma once

#include <cmath>

#include "engine/errors.hpp"
#include "engine/host_device.hpp"
#include "kernels/draw_groups.hpp"
#include "kernels/sets.hpp"

namespace regrain::kernels::draw_groups {

constexpr double kTurn = 6.283185307179586;

// period of chi k as a part of the turn
template <class T>
REGRAIN_HD inline int images_of(const SideChainTables<T>& tables, int type, int k) {
  return k + 1 == tables.n_chi[type] ? tables.symmetry[type] : 1;
}

// The cell that the bins of a draw lie in: draws are alike if it is the same.
template <class T>
REGRAIN_HD inline int cell_of(const SideChainTables<T>& tables, int type, int bins, int n_bins) {
  int cell = 0;
  for (int k = 0; k < tables.n_chi[type]; ++k) {
    const int images = images_of(tables, type, k);
    const int period = n_bins % images == 0 ? n_bins / images : n_bins;
    const double most = kAlike / static_cast<double>(tables.lever[type * kChi + k]) / kTurn * n_bins;
    const int wide = most < 2 ? 1 : static_cast<int>(most);
    cell |= (bins >> 8 * k & 0xff) % period / wide << 8 * k;
  }
  return cell;
}

// Any draw of a group, one after another being offered: weighted reservoir sampling, a reservoir of one.
struct Reservoir {
  bool any = false;
  Rng rng{};
  std::uint32_t first_number = 0;

  REGRAIN_HD Reservoir(const GroupTakes& takes, int residue) : any(takes.any) {
    if (!any) return;
    const int set = set_of(takes.first_of_set_G1, residue);
    rng = takes.seed.of(set, kGroupDraws);
    first_number = static_cast<std::uint32_t>(residue - takes.first_of_set_G1(set)) * kMostDraws;
  }
  // whether draw s takes the place of those before it, which it is `share` of, itself included
  REGRAIN_HD bool takes(int s, double share) const { return share >= 1 || rng.uniform(first_number + static_cast<std::uint32_t>(s)) < share; }
};

// Writes what stands for the draws s >= first of n_draws with first_alike[s] == first into chi (4), *logp and *likeliest.
template <class T>
REGRAIN_HD inline void take_group(const SideChainTables<T>& tables, int type, const T* draws_S4, const T* logp_S, const int* first_alike,
                                  int first, int n_draws, const Reservoir& reservoir, T* chi, T* logp, T* likeliest) {
  const T* leader = draws_S4 + first * kChi;
  const int n_chi = tables.n_chi[type];
  T most = logp_S ? logp_S[first] : T(0), sum = T(0), off[kChi] = {};
  for (int s = first + 1; logp_S && s < n_draws; ++s)
    if (first_alike[s] == first && logp_S[s] > most) most = logp_S[s];
  int chosen = first;
  for (int s = first; s < n_draws; ++s) {
    if (first_alike[s] != first) continue;
    const T weight = logp_S ? std::exp(logp_S[s] - most) : T(1);
    sum += weight;
    if (reservoir.any && reservoir.takes(s, static_cast<double>(weight / sum))) chosen = s;
    for (int k = 0; k < n_chi; ++k) {
      const T period = static_cast<T>(kTurn) / static_cast<T>(images_of(tables, type, k));
      const T turned = draws_S4[s * kChi + k] - leader[k];
      off[k] += weight * (turned - period * std::floor(turned / period + T(0.5)));
    }
  }
  for (int k = 0; k < kChi; ++k)
    chi[k] = k >= n_chi ? T(0) : reservoir.any ? draws_S4[chosen * kChi + k] : leader[k] + off[k] / sum;
  *logp = most + std::log(sum);
  *likeliest = most;
}

// Throws Error(internal) if shapes disagree.
template <class T>
void check(View<const int, 1> type, View<const char, 1> moving, View<const int, 2> bins, int n_bins, View<const T, 3> chi,
           View<const T, 2> logp, const GroupTakes& takes, const DrawGroups<T>& groups) {
  const int n = type.dim(0), n_draws = chi.dim(1);
  REGRAIN_CHECK(moving.dim(0) == n && (!bins.data() || (bins.dim(0) == n && bins.dim(1) == n_draws && n_bins >= 1)) &&
                    chi.dim(0) == n && n_draws >= 1 && n_draws <= kMostDraws &&
                    chi.dim(2) == kChi,
                "group_draws: ", n_draws, " draws (1 to ", kMostDraws, ") of ", chi.dim(0), " residues and bins of ", bins.dim(0), " for ", n);
  REGRAIN_CHECK(!takes.any || takes.first_of_set_G1.dim(0) >= 1, "group_draws: no sets of residues to take any draw by");
  REGRAIN_CHECK(!logp.data() || (logp.dim(0) == n && logp.dim(1) == n_draws), "group_draws: log-probabilities of ", logp.dim(0), " residues for ", n);
  REGRAIN_CHECK(groups.chi_RS4.dim(0) == n && groups.chi_RS4.dim(1) == n_draws && groups.logp_RS.dim(0) == n && groups.logp_RS.dim(1) == n_draws &&
                    groups.likeliest_RS.dim(0) == n && groups.likeliest_RS.dim(1) == n_draws &&
                    groups.count_R.dim(0) == n,
                "group_draws: room for ", groups.chi_RS4.dim(1), " groups of ", groups.count_R.dim(0), " residues, expected ", n_draws, " of ", n);
}

}  // namespace regrain::kernels::draw_groups
