#include "kernels/packing_picks.hpp"

#include <algorithm>
#include <cmath>

#include "engine/errors.hpp"
#include "engine/philox.hpp"
#include "kernels/packing_terms.hpp"
#include "kernels/parallel.hpp"

namespace regrain::kernels {

namespace {

template <class T>
void check(const char* name, const DrawsView<T>& r, const PackingPairs& pairs, const PackingEnergies<T>& energies) {
  REGRAIN_CHECK(energies.self_RS.dim(0) == r.n_residues && energies.self_RS.dim(1) == r.stride &&
                    energies.pair_E.dim(0) == pairs.n_energies,
                name, ": energies of ", energies.self_RS.dim(0), " residues and ", energies.pair_E.dim(0),
                " of pairs for ", r.n_residues, " and ", pairs.n_energies);
  REGRAIN_CHECK(!energies.logp_RS.data() || energies.logp_RS.dim(0) == r.n_residues, name, ": log-probabilities of ",
                energies.logp_RS.dim(0), " residues for ", r.n_residues);
}

template <class T>
T logp_of(const PackingEnergies<T>& energies, int i, int s) {
  return energies.logp_RS.data() ? energies.logp_RS(i, s) : T(0);
}

// p (n_draws) from logits to probabilities; all alike if none is finite
template <class T>
void softmax(T* p, int n) {
  T most = p[0];
  for (int s = 1; s < n; ++s) most = std::max(most, p[s]);
  T sum = T(0);
  for (int s = 0; s < n; ++s) sum += p[s] = std::exp(p[s] - most);
  const bool good = std::isfinite(sum) && sum > T(0);
  for (int s = 0; s < n; ++s) p[s] = good ? p[s] / sum : T(1) / static_cast<T>(n);
}

// The table of a pair, of which rows without a mark are zeros that are not there.
template <class T>
struct PairTable {
  const T* energy;   // (draws of the lower residue, width)
  const char* used;  // (draws of the lower residue), null: all
  int n_draws, width;

  PairTable(const DrawsView<T>& r, const PackingPairs& pairs, const PackingEnergies<T>& energies, int table)
      : energy(energies.pair_E.data() + pairs.first[table]),
        used(energies.used.data() ? energies.used.data() + mark_of(pairs.first[table], r.pitch, 0) : nullptr),
        n_draws(r.count[pairs.lower[table]]), width(r.width(pairs.higher[table])) {}
  bool has(int s) const { return !used || used[s]; }
};

// f += sum over t of e(s, t) m(t), for the lower residue of a pair
template <class T>
void add_lower(const PairTable<T>& e, const T* m, T* f) {
  for (int s = 0; s < e.n_draws; ++s) {
    if (!e.has(s)) continue;
    const T* row = e.energy + s * e.width;
    T lane[8] = {};
    for (int t = 0; t < e.width; t += 8)  // rows have a multiple of 8 places
      for (int l = 0; l < 8; ++l) lane[l] += row[t + l] * m[t + l];
    f[s] += ((lane[0] + lane[1]) + (lane[2] + lane[3])) + ((lane[4] + lane[5]) + (lane[6] + lane[7]));
  }
}
// f += sum over s of e(s, t) m(s), for the higher one
template <class T>
void add_higher(const PairTable<T>& e, const T* m, T* f) {
  for (int s = 0; s < e.n_draws; ++s) {
    const T* row = e.energy + s * e.width;
    if (m[s] == T(0) || !e.has(s)) continue;
    for (int t = 0; t < e.width; ++t) f[t] += m[s] * row[t];
  }
}

// e (width of i): energies of the draws of residue i with the picks of the others
template <class T>
void energies_with(const DrawsView<T>& r, const PackingPairs& pairs, const PackingEnergies<T>& energies,
                   const int* pick, int i, T* e) {
  std::copy_n(energies.self_RS.row(i), r.width(i), e);
  for (int k = pairs.offset[i]; k < pairs.offset[i + 1]; ++k) {
    const int j = pairs.partner[k];
    const PairTable<T> table(r, pairs, energies, pairs.table[k]);
    if (j > i) {
      for (int s = 0; s < table.n_draws; ++s)
        if (table.has(s)) e[s] += table.energy[s * table.width + pick[j]];
    } else if (table.has(pick[j])) {
      for (int s = 0; s < table.width; ++s) e[s] += table.energy[pick[j] * table.width + s];
    }
  }
}

// f(first, last, row of scratch) for every set, side by side
template <class T, class F>
void for_sets(Cpu be, const DrawsView<T>& r, View<const int, 1> first_of_set_G1, double work, F f) {
  const int n_sets = first_of_set_G1.dim(0) - 1;
  Arena::Scope scope(*be.scratch);
  T* rows = be.scratch->allocate_array<T>(static_cast<std::size_t>(std::max(n_sets, 0)) * r.stride);
  parallel_for_ragged(be, n_sets, work, [&](int g) {
    f(g, first_of_set_G1(g), first_of_set_G1(g + 1), rows + static_cast<std::ptrdiff_t>(g) * r.stride);
  });
}

}  // namespace

template <class T>
void mean_field(Cpu be, DrawsView<T> residues, PackingPairs pairs, PackingEnergies<T> energies, T beta, int rounds,
                View<T, 2> marginal_RS) {
  check("mean_field", residues, pairs, energies);
  const int n = residues.n_residues, stride = residues.stride;
  Arena::Scope scope(*be.scratch);
  const std::size_t size = static_cast<std::size_t>(n) * stride;
  T* from = marginal_RS.data();
  T* to = be.scratch->allocate_array<T>(size);
  parallel_for(be, n, 20.0 * n * stride, [&](int i) {
    T* m = from + static_cast<std::ptrdiff_t>(i) * stride;
    std::fill_n(m, stride, T(0));
    if (!residues.moving[i]) {
      m[0] = T(1);
      return;
    }
    for (int s = 0; s < residues.count[i]; ++s) m[s] = logp_of(energies, i, s);
    softmax(m, residues.count[i]);
  });
  const double work = 2.0 * pairs.n_energies + 20.0 * n * stride;
  for (int round = 0; round < rounds; ++round) {
    parallel_for_ragged(be, n, work, [&](int i) {
      const T* m = from + static_cast<std::ptrdiff_t>(i) * stride;
      T* p = to + static_cast<std::ptrdiff_t>(i) * stride;
      if (!residues.moving[i]) {
        std::copy_n(m, stride, p);
        return;
      }
      const int n_draws = residues.count[i], width = residues.width(i);
      std::copy_n(energies.self_RS.row(i), width, p);
      for (int k = pairs.offset[i]; k < pairs.offset[i + 1]; ++k) {
        const int j = pairs.partner[k];
        const PairTable<T> table(residues, pairs, energies, pairs.table[k]);
        const T* other = from + static_cast<std::ptrdiff_t>(j) * stride;
        if (j > i)
          add_lower(table, other, p);
        else
          add_higher(table, other, p);
      }
      for (int s = 0; s < n_draws; ++s) p[s] = logp_of(energies, i, s) - beta * p[s];
      softmax(p, n_draws);
      for (int s = 0; s < n_draws; ++s) p[s] = T(0.5) * (p[s] + m[s]);
      std::fill(p + n_draws, p + stride, T(0));
    });
    std::swap(from, to);
  }
  if (from != marginal_RS.data()) std::copy_n(from, size, marginal_RS.data());
}

template <class T>
void expected_errors(Cpu be, DrawsView<T> residues, View<const T, 2> marginal_RS, View<T, 2> error_RS) {
  const int n = residues.n_residues, stride = residues.stride;
  REGRAIN_CHECK(marginal_RS.dim(0) == n && error_RS.dim(0) == n && marginal_RS.dim(1) == stride &&
                    error_RS.dim(1) == stride,
                "expected_errors: marginals of ", marginal_RS.dim(0), " residues for ", n);
  Arena::Scope scope(*be.scratch);
  // two rows a residue: a row a thread would do, but threads have no numbers here
  T* scratch = be.scratch->allocate_array<T>(2 * static_cast<std::size_t>(n) * stride);
  parallel_for_ragged(be, n, 40.0 * n * stride * stride, [&](int i) {
    T* error = error_RS.row(i);
    std::fill_n(error, stride, T(0));
    if (!residues.moving[i]) return;
    const int type = residues.type[i], n_slots = residues.tables.n_slots[type], n_draws = residues.count[i], width = residues.width(i);
    const int* exchange = residues.tables.exchange + type * kResidueSlots;
    const T* draws = residues.draws + std::ptrdiff_t{3} * i * kMovingSlots * stride;
    T* least = scratch + std::ptrdiff_t{2} * i * stride;
    T* square = least + stride;
    for (int s = 0; s < n_draws; ++s) {
      int renamed[kResidueSlots];
      for (int a = 0; a < kResidueSlots; ++a) renamed[a] = a;
      for (int turn = 0; turn < residues.tables.symmetry[type]; ++turn) {
        std::fill_n(square, width, T(0));
        for (int a = kFirstMoving; a < n_slots; ++a) {
          const T* p = draws + 3 * (renamed[a] - kFirstMoving) * stride + s;
          const T* x = draws + 3 * (a - kFirstMoving) * stride;
          for (int t = 0; t < width; ++t) {
            const T dx = x[t] - p[0], dy = x[stride + t] - p[stride], dz = x[2 * stride + t] - p[2 * stride];
            square[t] += dx * dx + dy * dy + dz * dz;
          }
        }
        for (int t = 0; t < width; ++t) least[t] = turn ? std::min(least[t], square[t]) : square[t];
        for (int a = 0; a < kResidueSlots; ++a) renamed[a] = exchange[renamed[a]];
      }
      T sum = T(0);
      for (int t = 0; t < n_draws; ++t) sum += marginal_RS(i, t) * least[t];
      error[s] = sum;
    }
  });
}

template <class T>
void least_errors(Cpu be, DrawsView<T> residues, View<const T, 2> error_RS, View<int, 1> pick_R) {
  const int n = residues.n_residues;
  parallel_for(be, n, 1.0 * n * residues.stride, [&](int i) {
    const T* error = error_RS.row(i);
    pick_R(i) = residues.moving[i] ? static_cast<int>(std::min_element(error, error + residues.count[i]) - error) : 0;
  });
}

template <class T>
void descend(Cpu be, DrawsView<T> residues, PackingPairs pairs, PackingEnergies<T> energies, View<const T, 2> error_RS,
             T error_weight, T logp_weight, int sweeps, View<const int, 1> first_of_set_G1, View<int, 1> pick_R) {
  check("descend", residues, pairs, energies);
  const double work = 2.0 * sweeps * pairs.n_tables * residues.stride;
  for_sets(be, residues, first_of_set_G1, work, [&](int, int first, int last, T* e) {
    for (int sweep = 0; sweep < sweeps; ++sweep)
      for (int i = first; i < last; ++i) {
        if (!residues.moving[i]) continue;
        energies_with(residues, pairs, energies, pick_R.data(), i, e);
        for (int s = 0; s < residues.count[i]; ++s)
          e[s] += error_weight * error_RS(i, s) - logp_weight * logp_of(energies, i, s);
        int best = pick_R(i);
        for (int s = 0; s < residues.count[i]; ++s)
          if (e[s] < e[best]) best = s;
        pick_R(i) = best;
      }
  });
}

template <class T>
void gibbs_sample(Cpu be, DrawsView<T> residues, PackingPairs pairs, PackingEnergies<T> energies,
                  View<const T, 2> marginal_RS, T beta, int sweeps, PackingSeed seed, View<const int, 1> first_of_set_G1,
                  View<int, 1> pick_R) {
  check("gibbs_sample", residues, pairs, energies);
  REGRAIN_CHECK(sweeps >= 0 && sweeps < kMostRounds, "gibbs_sample: ", sweeps, " sweeps, there may be ", kMostRounds - 1);
  // the place of `u` among the sums of p
  const auto draw = [](const T* p, int n_draws, double u) {
    double sum = 0;
    for (int s = 0; s + 1 < n_draws; ++s) {
      sum += static_cast<double>(p[s]);
      if (u < sum) return s;
    }
    return n_draws - 1;
  };
  const double work = 2.0 * sweeps * (pairs.n_tables + 20.0 * residues.n_residues) * residues.stride;
  for_sets(be, residues, first_of_set_G1, work, [&](int g, int first, int last, T* e) {
    const auto uniform = [&](int round, int i) {
      return seed.of(g, kGibbsDraws + round).uniform(static_cast<std::uint32_t>(i - first));
    };
    for (int i = first; i < last; ++i) pick_R(i) = residues.moving[i] ? draw(marginal_RS.row(i), residues.count[i], uniform(0, i)) : 0;
    for (int sweep = 0; sweep < sweeps; ++sweep)
      for (int i = first; i < last; ++i) {
        if (!residues.moving[i]) continue;
        energies_with(residues, pairs, energies, pick_R.data(), i, e);
        const int n_draws = residues.count[i];
        for (int s = 0; s < n_draws; ++s) e[s] = logp_of(energies, i, s) - beta * e[s];
        softmax(e, n_draws);
        pick_R(i) = draw(e, n_draws, uniform(sweep + 1, i));
      }
  });
}

template <class T>
void take_draws(Cpu be, SideChainTables<T> tables, View<const int, 1> type_R, View<const char, 1> moving_R, View<const T, 3> chi_RS4,
                View<const int, 1> pick_R, View<T, 2> turns_RK) {
  packing::check_take(type_R, moving_R, chi_RS4, pick_R, turns_RK);
  const int n = type_R.dim(0), turns = turns_RK.dim(1);
  parallel_for(be, n, 10.0 * n, [&](int i) {
    for (int k = 0; k < turns; ++k) turns_RK(i, k) = packing::turn_of(tables, type_R, moving_R, chi_RS4, pick_R, i, k);
  });
}

#define REGRAIN_INSTANTIATE(T)                                                                                         \
  template void take_draws<T>(Cpu, SideChainTables<T>, View<const int, 1>, View<const char, 1>, View<const T, 3>,      \
                              View<const int, 1>, View<T, 2>);                                                         \
  template void mean_field<T>(Cpu, DrawsView<T>, PackingPairs, PackingEnergies<T>, T, int, View<T, 2>);                \
  template void expected_errors<T>(Cpu, DrawsView<T>, View<const T, 2>, View<T, 2>);                                   \
  template void least_errors<T>(Cpu, DrawsView<T>, View<const T, 2>, View<int, 1>);                                    \
  template void descend<T>(Cpu, DrawsView<T>, PackingPairs, PackingEnergies<T>, View<const T, 2>, T, T, int,           \
                           View<const int, 1>, View<int, 1>);                                                          \
  template void gibbs_sample<T>(Cpu, DrawsView<T>, PackingPairs, PackingEnergies<T>, View<const T, 2>, T, int,         \
                                PackingSeed, View<const int, 1>, View<int, 1>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
