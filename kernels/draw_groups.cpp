#include "kernels/draw_groups.hpp"

#include <algorithm>

#include "kernels/draw_group_terms.hpp"
#include "kernels/parallel.hpp"

namespace regrain::kernels {

template <class T>
void group_draws(Cpu be, SideChainTables<T> tables, View<const int, 1> type_R, View<const char, 1> moving_R, View<const int, 2> bins_RS,
                 int n_bins, View<const T, 3> chi_RS4, View<const T, 2> logp_RS, const GroupTakes& takes, DrawGroups<T> groups) {
  draw_groups::check(type_R, moving_R, bins_RS, n_bins, chi_RS4, logp_RS, takes, groups);
  const int n = type_R.dim(0), n_draws = chi_RS4.dim(1);
  parallel_for(be, n, 100.0 * n * n_draws, [&](int i) {
    const int type = type_R(i);
    const T* logp = logp_RS.data() ? logp_RS.row(i) : nullptr;
    const draw_groups::Reservoir reservoir(takes, i);
    int cell[kMostDraws], first[kMostDraws], count = 0;
    for (int s = 0; s < n_draws; ++s) {
      cell[s] = bins_RS.data() ? draw_groups::cell_of(tables, type, bins_RS(i, s), n_bins) : s;
      first[s] = moving_R(i) ? static_cast<int>(std::find(cell, cell + s, cell[s]) - cell) : s;
    }
    for (int s = 0; s < n_draws; ++s) {
      if (first[s] != s || (!moving_R(i) && s > 0)) continue;
      draw_groups::take_group(tables, type, chi_RS4.row(i), logp, first, s, n_draws, reservoir, &groups.chi_RS4(i, count, 0), &groups.logp_RS(i, count),
                              &groups.likeliest_RS(i, count));
      ++count;
    }
    groups.count_R(i) = count;
  });
}

#define REGRAIN_INSTANTIATE(T)                                                                                              \
  template void group_draws<T>(Cpu, SideChainTables<T>, View<const int, 1>, View<const char, 1>, View<const int, 2>, int, \
                               View<const T, 3>, View<const T, 2>, const GroupTakes&, DrawGroups<T>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
