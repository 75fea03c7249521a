// Draws of a side chain that are much alike, taken together as one: most are of a few rotamers, and energies of pairs cost
// the square of their number.
//
// Draws are alike whose chi were drawn by the same bins or by neighbouring ones, so many of them that no atom is moved
// further than kAlike. Bins are compared and not angles: what decides is the same for a trace and for the same trace
// turned in space.
#pragma once

#include "kernels/chi_draws.hpp"
#include "kernels/packing_seed.hpp"

namespace regrain::kernels {

constexpr double kAlike = 1;  // Angstrom

// What stands for the draws of a group: their mean or, for those who want random draws, any of them, as likely as it is. Which
// one depends on seed, set and place in the set alone.
struct GroupTakes {
  bool any = false;
  PackingSeed seed{};
  View<const int, 1> first_of_set_G1{};  // for any
};

// count_R groups of each residue, in the order of their first draws: their chi, the logarithms of the sums of exp(logp)
// over their draws, and the largest of these logp; behind the last group nothing is written. bins_RS are those of draw_chi, n_bins to a turn; without data
// no draws are alike. logp_RS may be without data: 0. Of residues that don't move the first draw is the only group.
template <class T>
struct DrawGroups {
  View<T, 3> chi_RS4;
  View<T, 2> logp_RS, likeliest_RS;
  View<int, 1> count_R;
};

template <class T>
void group_draws(Cpu, SideChainTables<T> tables, View<const int, 1> type_R, View<const char, 1> moving_R, View<const int, 2> bins_RS,
                 int n_bins, View<const T, 3> chi_RS4, View<const T, 2> logp_RS, const GroupTakes& takes, DrawGroups<T> groups);
template <class T>
void group_draws(Cuda, SideChainTables<T> tables, View<const int, 1> type_R, View<const char, 1> moving_R, View<const int, 2> bins_RS,
                 int n_bins, View<const T, 3> chi_RS4, View<const T, 2> logp_RS, const GroupTakes& takes, DrawGroups<T> groups);

}  // namespace regrain::kernels
