// Picks of draws on the device: a warp a residue for the mean field, a warp a set for walks along its residues.
//
// A lane has a draw, and every thirty-second after it; sums over draws are made by one lane, in the order of draws, so
// they have the same bits on every run.
#include "kernels/packing_picks.hpp"

#include "engine/philox.hpp"
#include "kernels/cuda/launch.hpp"
#include "kernels/packing_terms.hpp"

namespace regrain::kernels {

namespace {

constexpr unsigned kWarp = 32;
constexpr unsigned kErrors = 128;  // threads of a block; with 256 one kernel spills

template <class T>
__device__ inline T logp_of(const PackingEnergies<T>& energies, int i, int s) {
  return energies.logp_RS.data() ? energies.logp_RS(i, s) : T(0);
}

// p (n) from logits to probabilities, by one lane while the others wait; p is shared
template <class T>
__device__ inline void softmax(T* p, int n) {
  __syncthreads();
  if (threadIdx.x == 0) {
    T most = p[0];
    for (int s = 1; s < n; ++s) most = p[s] > most ? p[s] : most;
    T sum = T(0);
    for (int s = 0; s < n; ++s) sum += p[s] = std::exp(p[s] - most);
    const bool good = sum > T(0) && sum < T(1e30);
    for (int s = 0; s < n; ++s) p[s] = good ? p[s] / sum : T(1) / static_cast<T>(n);
  }
  __syncthreads();
}

// to(i, :) from `from`, or from logp alone where that is null. Grid: block i, of one warp. Reads the tables of its pairs
// once: limited by memory.
template <class T>
__global__ void __launch_bounds__(kWarp)
    mean_field_kernel(DrawsView<T> r, PackingPairs pairs, PackingEnergies<T> energies, T beta, const T* from, T* to) {
  REGRAIN_DYNAMIC_SHARED(T, p);
  const int i = static_cast<int>(blockIdx.x), lane = static_cast<int>(threadIdx.x);
  T* row = to + static_cast<std::ptrdiff_t>(i) * r.stride;
  const bool moving = r.moving[i];
  const int n_draws = r.count[i];
  for (int s = lane; s < n_draws; s += static_cast<int>(kWarp)) {
    T energy = T(0);
    if (from && moving) {
      energy = energies.self_RS(i, s);
      for (int k = pairs.offset[i]; k < pairs.offset[i + 1]; ++k) {
        const int j = pairs.partner[k];
        const T* table = energies.pair_E.data() + pairs.first[pairs.table[k]];
        const T* other = from + static_cast<std::ptrdiff_t>(j) * r.stride;
        const int width = r.width(j > i ? j : i);
        for (int t = 0; t < r.count[j]; ++t) energy += other[t] * (j > i ? table[s * width + t] : table[t * width + s]);
      }
    }
    p[s] = logp_of(energies, i, s) - beta * energy;
  }
  softmax(p, n_draws);
  for (int s = lane; s < r.stride; s += static_cast<int>(kWarp)) {
    T m = T(0);
    if (!moving)
      m = s == 0 ? T(1) : T(0);
    else if (s < n_draws)
      m = from ? T(0.5) * (p[s] + from[static_cast<std::ptrdiff_t>(i) * r.stride + s]) : p[s];
    row[s] = m;
  }
}

// Grid: thread i * stride + s. Compares draw s with all others: limited by what it reads again from the cache.
template <class T>
__global__ void __launch_bounds__(kErrors)
    expected_errors_kernel(DrawsView<T> r, View<const T, 2> marginal_RS, View<T, 2> error_RS) {
  const std::size_t at = thread_of_grid();
  if (at >= error_RS.size()) return;
  const int i = static_cast<int>(at / r.stride), s = static_cast<int>(at % r.stride);
  const bool counts = r.moving[i] && s < r.count[i];
  error_RS.data()[at] = counts ? packing::expected_error(r, marginal_RS.row(i), i, s) : T(0);
}

// the first of the least of e (n)
template <class T>
__device__ inline int least_of(const T* e, int n) {
  int best = 0;
  for (int s = 1; s < n; ++s)
    if (e[s] < e[best]) best = s;
  return best;
}

// Grid: thread i. Reads a row.
template <class T>
__global__ void __launch_bounds__(kBlock) least_errors_kernel(DrawsView<T> r, View<const T, 2> error_RS, View<int, 1> pick_R) {
  const std::size_t at = thread_of_grid();
  if (at >= static_cast<std::size_t>(r.n_residues)) return;
  const int i = static_cast<int>(at);
  pick_R(i) = r.moving[i] ? least_of(error_RS.row(i), r.count[i]) : 0;
}

// energy of draw s of residue i with the picks of the others
template <class T>
__device__ inline T energy_with(const DrawsView<T>& r, const PackingPairs& pairs, const PackingEnergies<T>& energies,
                                const int* pick, int i, int s) {
  T energy = energies.self_RS(i, s);
  for (int k = pairs.offset[i]; k < pairs.offset[i + 1]; ++k) {
    const int j = pairs.partner[k];
    const T* table = energies.pair_E.data() + pairs.first[pairs.table[k]];
    const int width = r.width(j > i ? j : i);
    energy += j > i ? table[s * width + pick[j]] : table[pick[j] * width + s];
  }
  return energy;
}

// Grid: block g, of one warp, walks its set. Each step waits for the one before: limited by latency, sets run side by side.
template <class T>
__global__ void __launch_bounds__(kWarp)
    descend_kernel(DrawsView<T> r, PackingPairs pairs, PackingEnergies<T> energies, View<const T, 2> error_RS,
                   T error_weight, T logp_weight, int sweeps, View<const int, 1> first_of_set_G1, View<int, 1> pick_R) {
  REGRAIN_DYNAMIC_SHARED(T, e);
  const int g = static_cast<int>(blockIdx.x), lane = static_cast<int>(threadIdx.x);
  for (int sweep = 0; sweep < sweeps; ++sweep)
    for (int i = first_of_set_G1(g); i < first_of_set_G1(g + 1); ++i) {
      if (!r.moving[i]) continue;
      for (int s = lane; s < r.count[i]; s += static_cast<int>(kWarp))
        e[s] = energy_with(r, pairs, energies, pick_R.data(), i, s) + error_weight * error_RS(i, s) -
               logp_weight * logp_of(energies, i, s);
      __syncthreads();
      if (lane == 0) {
        const int best = least_of(e, r.count[i]);
        if (e[best] < e[pick_R(i)]) pick_R(i) = best;
      }
      __syncthreads();
    }
}

// the place of `u` among the sums of p
template <class T>
__device__ inline int draw_of(const T* p, int n, double u) {
  double sum = 0;
  for (int s = 0; s + 1 < n; ++s) {
    sum += static_cast<double>(p[s]);
    if (u < sum) return s;
  }
  return n - 1;
}

// Grid: as above.
template <class T>
__global__ void __launch_bounds__(kWarp)
    gibbs_sample_kernel(DrawsView<T> r, PackingPairs pairs, PackingEnergies<T> energies, View<const T, 2> marginal_RS,
                        T beta, int sweeps, PackingSeed seed, View<const int, 1> first_of_set_G1, View<int, 1> pick_R) {
  REGRAIN_DYNAMIC_SHARED(T, e);
  const int g = static_cast<int>(blockIdx.x), lane = static_cast<int>(threadIdx.x);
  const int first = first_of_set_G1(g), last = first_of_set_G1(g + 1);
  Rng rng = seed.of(g, kGibbsDraws);
  for (int i = first + lane; i < last; i += static_cast<int>(kWarp))
    pick_R(i) = r.moving[i]
                    ? draw_of(marginal_RS.row(i), r.count[i], rng.uniform(static_cast<std::uint32_t>(i - first)))
                    : 0;
  __syncthreads();
  for (int sweep = 0; sweep < sweeps; ++sweep) {
    rng.op = static_cast<std::uint16_t>(kGibbsDraws + sweep + 1);
    for (int i = first; i < last; ++i) {
      if (!r.moving[i]) continue;
      for (int s = lane; s < r.count[i]; s += static_cast<int>(kWarp))
        e[s] = logp_of(energies, i, s) - beta * energy_with(r, pairs, energies, pick_R.data(), i, s);
      softmax(e, r.count[i]);
      if (lane == 0) pick_R(i) = draw_of(e, r.count[i], rng.uniform(static_cast<std::uint32_t>(i - first)));
      __syncthreads();
    }
  }
}

// Grid: thread i * K + k. Limited by memory.
template <class T>
__global__ void __launch_bounds__(kBlock)
    take_draws_kernel(SideChainTables<T> tables, View<const int, 1> type_R, View<const char, 1> moving_R, View<const T, 3> chi_RS4,
                      View<const int, 1> pick_R, View<T, 2> turns_RK) {
  const std::size_t at = thread_of_grid();
  if (at >= turns_RK.size()) return;
  const int i = static_cast<int>(at / turns_RK.dim(1)), k = static_cast<int>(at % turns_RK.dim(1));
  turns_RK(i, k) = packing::turn_of(tables, type_R, moving_R, chi_RS4, pick_R, i, k);
}

template <class T>
std::size_t row_bytes(const DrawsView<T>& r) {
  return sizeof(T) * static_cast<std::size_t>(r.stride);
}
dim3 blocks_of(int n) { return dim3(static_cast<unsigned>(n)); }

}  // namespace

template <class T>
void mean_field(Cuda be, DrawsView<T> residues, PackingPairs pairs, PackingEnergies<T> energies, T beta, int rounds,
                View<T, 2> marginal_RS) {
  Arena::Scope scope(*be.scratch);
  // in turns, so that the last round writes where the result belongs
  T* here = marginal_RS.data();
  T* there = be.scratch->allocate_array<T>(marginal_RS.size());
  if (rounds % 2) std::swap(here, there);
  const T* nothing = nullptr;
  const auto update = [&](const T* from, T* to) {
    launch<mean_field_kernel<T>>(be, blocks_of(residues.n_residues), kWarp, row_bytes(residues), residues, pairs, energies,
                                 beta, from, to);
  };
  update(nothing, here);
  for (int round = 0; round < rounds; ++round) {
    update(here, there);
    std::swap(here, there);
  }
}

template <class T>
void expected_errors(Cuda be, DrawsView<T> residues, View<const T, 2> marginal_RS, View<T, 2> error_RS) {
  launch<expected_errors_kernel<T>>(be, blocks_for(error_RS.size(), kErrors), kErrors, 0, residues, marginal_RS, error_RS);
}

template <class T>
void least_errors(Cuda be, DrawsView<T> residues, View<const T, 2> error_RS, View<int, 1> pick_R) {
  launch<least_errors_kernel<T>>(be, blocks_for(static_cast<std::size_t>(residues.n_residues)), kBlock, 0, residues,
                                 error_RS, pick_R);
}

template <class T>
void descend(Cuda be, DrawsView<T> residues, PackingPairs pairs, PackingEnergies<T> energies, View<const T, 2> error_RS,
             T error_weight, T logp_weight, int sweeps, View<const int, 1> first_of_set_G1, View<int, 1> pick_R) {
  launch<descend_kernel<T>>(be, blocks_of(first_of_set_G1.dim(0) - 1), kWarp, row_bytes(residues), residues, pairs,
                            energies, error_RS, error_weight, logp_weight, sweeps, first_of_set_G1, pick_R);
}

template <class T>
void gibbs_sample(Cuda be, DrawsView<T> residues, PackingPairs pairs, PackingEnergies<T> energies,
                  View<const T, 2> marginal_RS, T beta, int sweeps, PackingSeed seed, View<const int, 1> first_of_set_G1,
                  View<int, 1> pick_R) {
  REGRAIN_CHECK(sweeps >= 0 && sweeps < kMostRounds, "gibbs_sample: ", sweeps, " sweeps, there may be ", kMostRounds - 1);
  launch<gibbs_sample_kernel<T>>(be, blocks_of(first_of_set_G1.dim(0) - 1), kWarp, row_bytes(residues), residues, pairs,
                                 energies, marginal_RS, beta, sweeps, seed, first_of_set_G1, pick_R);
}

template <class T>
void take_draws(Cuda be, SideChainTables<T> tables, View<const int, 1> type_R, View<const char, 1> moving_R, View<const T, 3> chi_RS4,
                View<const int, 1> pick_R, View<T, 2> turns_RK) {
  packing::check_take(type_R, moving_R, chi_RS4, pick_R, turns_RK);
  launch<take_draws_kernel<T>>(be, blocks_for(turns_RK.size()), kBlock, 0, tables, type_R, moving_R, chi_RS4, pick_R, turns_RK);
}

#define REGRAIN_INSTANTIATE(T)                                                                                   \
  template void take_draws<T>(Cuda, SideChainTables<T>, View<const int, 1>, View<const char, 1>, View<const T, 3>, \
                              View<const int, 1>, View<T, 2>);                                                   \
  template void mean_field<T>(Cuda, DrawsView<T>, PackingPairs, PackingEnergies<T>, T, int, View<T, 2>);         \
  template void expected_errors<T>(Cuda, DrawsView<T>, View<const T, 2>, View<T, 2>);                            \
  template void least_errors<T>(Cuda, DrawsView<T>, View<const T, 2>, View<int, 1>);                             \
  template void descend<T>(Cuda, DrawsView<T>, PackingPairs, PackingEnergies<T>, View<const T, 2>, T, T, int,    \
                           View<const int, 1>, View<int, 1>);                                                    \
  template void gibbs_sample<T>(Cuda, DrawsView<T>, PackingPairs, PackingEnergies<T>, View<const T, 2>, T, int,  \
                                PackingSeed, View<const int, 1>, View<int, 1>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
