// Draws that are much alike taken together on the device: the functions of draw_group_terms.hpp, a warp a residue.
#include "kernels/draw_groups.hpp"

#include "kernels/cuda/launch.hpp"
#include "kernels/draw_group_terms.hpp"

namespace regrain::kernels {

namespace {

constexpr unsigned kWarp = 32;

// Grid: block i, of one warp; a lane has a draw, and every thirty-second after it. Compares each draw with those before it:
// limited by the chains of these comparisons, at most draws^2 / 64 a lane.
template <class T>
__global__ void __launch_bounds__(kWarp)
    group_draws_kernel(SideChainTables<T> tables, View<const int, 1> type_R, View<const char, 1> moving_R, View<const int, 2> bins_RS,
                       int n_bins, View<const T, 3> chi_RS4, View<const T, 2> logp_RS, GroupTakes takes, DrawGroups<T> groups) {
  REGRAIN_SHARED_ARRAY(int, cell, kMostDraws);
  REGRAIN_SHARED_ARRAY(int, first, kMostDraws);
  REGRAIN_SHARED_ARRAY(int, place, kMostDraws);
  const int i = static_cast<int>(blockIdx.x), lane = static_cast<int>(threadIdx.x), type = type_R(i), n_draws = chi_RS4.dim(1);
  const int counted = moving_R(i) ? n_draws : 1;
  for (int s = lane; s < n_draws; s += static_cast<int>(kWarp))
    cell[s] = bins_RS.data() ? draw_groups::cell_of(tables, type, bins_RS(i, s), n_bins) : s;
  __syncthreads();
  for (int s = lane; s < n_draws; s += static_cast<int>(kWarp)) {
    int other = moving_R(i) ? 0 : s;
    while (cell[other] != cell[s]) ++other;
    first[s] = other;
  }
  __syncthreads();
  if (lane == 0) {
    int count = 0;
    for (int s = 0; s < counted; ++s) {
      place[s] = count;
      count += first[s] == s;
    }
    groups.count_R(i) = count;
  }
  __syncthreads();
  const T* logp = logp_RS.data() ? logp_RS.row(i) : nullptr;
  const draw_groups::Reservoir reservoir(takes, i);
  for (int s = lane; s < counted; s += static_cast<int>(kWarp))
    if (first[s] == s)
      draw_groups::take_group(tables, type, chi_RS4.row(i), logp, first, s, n_draws, reservoir, &groups.chi_RS4(i, place[s], 0),
                              &groups.logp_RS(i, place[s]), &groups.likeliest_RS(i, place[s]));
}

}  // namespace

template <class T>
void group_draws(Cuda be, SideChainTables<T> tables, View<const int, 1> type_R, View<const char, 1> moving_R, View<const int, 2> bins_RS,
                 int n_bins, View<const T, 3> chi_RS4, View<const T, 2> logp_RS, const GroupTakes& takes, DrawGroups<T> groups) {
  draw_groups::check(type_R, moving_R, bins_RS, n_bins, chi_RS4, logp_RS, takes, groups);
  launch<group_draws_kernel<T>>(be, dim3(static_cast<unsigned>(type_R.dim(0))), kWarp, 0, tables, type_R, moving_R, bins_RS, n_bins, chi_RS4,
                                logp_RS, takes, groups);
}

#define REGRAIN_INSTANTIATE(T)                                                                                               \
  template void group_draws<T>(Cuda, SideChainTables<T>, View<const int, 1>, View<const char, 1>, View<const int, 2>, int, \
                               View<const T, 3>, View<const T, 2>, const GroupTakes&, DrawGroups<T>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
