#include "kernels/relaxation.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/errors.hpp"
#include "kernels/parallel.hpp"
#include "kernels/relaxation_forces.hpp"
#include "kernels/relaxation_terms.hpp"

namespace regrain::kernels {

namespace {

using namespace relaxation;

// Memory of one relaxation, of the arena.
template <class T>
struct Work {
  T* x;          // (R + 1, 3, 16)
  T* box;        // (R, 6) around the atoms of a residue
  T* d;          // (R, 6): see relaxation::derivatives
  double* pairs;  // (R) overlaps its atoms meet
  double* energy;  // (R) half of that of its pairs, and its bonded terms
  int* offset;   // (R, 8) of near atoms
  int* partner;  // (R) the residue whose SG the residue's own is bonded to, or -1

  Work(int n, Arena& arena)
      : x(arena.allocate_array<T>((static_cast<std::size_t>(n) + 1) * 3 * kRow)),
        box(arena.allocate_array<T>(static_cast<std::size_t>(n) * 6)),
        d(arena.allocate_array<T>(static_cast<std::size_t>(n) * (kTurns + 1))),
        pairs(arena.allocate_array<double>(static_cast<std::size_t>(n))),
        energy(arena.allocate_array<double>(static_cast<std::size_t>(n))),
        offset(arena.allocate_array<int>(static_cast<std::size_t>(n) * kRowOffsets)),
        partner(arena.allocate_array<int>(static_cast<std::size_t>(n))) {
    std::fill_n(x + static_cast<std::ptrdiff_t>(n) * 3 * kRow, 3 * kRow, T(kFarAway));
  }
  T* row(int i) const { return x + static_cast<std::ptrdiff_t>(i) * 3 * kRow; }
};

template <class T>
void place_all(Cpu be, const RelaxedView<T>& r, const T* turns_R5, const Work<T>& work) {
  parallel_for(be, r.n_residues, 600.0 * r.n_residues, [&](int i) {
    T atoms[kRow * 3];
    relaxation::place_turned(r, i, turns_R5, atoms);
    std::fill(atoms + 3 * r.tables.n_slots[r.type[i]], atoms + 3 * kRow, T(kFarAway));
    T* row = work.row(i);
    const int n_slots = r.tables.n_slots[r.type[i]];
    for (int k = 0; k < 3; ++k)
      for (int s = 0; s < kRow; ++s) row[k * kRow + s] = atoms[3 * s + k];
    for (int k = 0; k < 3; ++k) {
      const auto [low, high] = std::minmax_element(row + k * kRow, row + k * kRow + n_slots);
      work.box[6 * i + k] = *low;
      work.box[6 * i + 3 + k] = *high;
    }
  });
}

// Squared distance of two SG.
template <class T>
T square_of_sulfurs(const Work<T>& work, int i, int j) {
  T square = T(0);
  for (int k = 0; k < 3; ++k) {
    const T x = work.row(i)[k * kRow + overlap::kAtSg] - work.row(j)[k * kRow + overlap::kAtSg];
    square += x * x;
  }
  return square;
}

// Pairs of SG which are each other's nearest and near enough to be bonded.
template <class T>
void find_disulfides(Cpu be, const RelaxedView<T>& r, const GraphView& near, const Work<T>& work) {
  Arena::Scope scope(*be.scratch);
  int* nearest = be.scratch->allocate_array<int>(static_cast<std::size_t>(r.n_residues));
  for (int i = 0; i < r.n_residues; ++i) {
    nearest[i] = -1;
    if (r.type[i] != r.tables.cysteine) continue;
    T least = T(kBondedWithin * kBondedWithin);
    for (int e = near.offset[i]; e < near.offset[i + 1]; ++e) {
      const int j = near.src[e];
      if (r.type[j] != r.tables.cysteine) continue;
      if (const T square = square_of_sulfurs(work, i, j); square < least) {
        least = square;
        nearest[i] = j;
      }
    }
  }
  for (int i = 0; i < r.n_residues; ++i)
    work.partner[i] = nearest[i] >= 0 && nearest[nearest[i]] == i ? nearest[i] : -1;
}

// f(j) for every residue whose box is near that of residue i, but for those it is linked to
template <class T, class F>
void for_near_residues(const RelaxedView<T>& r, const GraphView& near, const Work<T>& work, T cutoff, int i, F f) {
  for (int e = near.offset[i]; e < near.offset[i + 1]; ++e) {
    const int j = near.src[e];
    if (!apart(work.box + 6 * i, work.box + 6 * j, cutoff) && !linked(r.linked, i, j)) f(j);
  }
}

// f(place of x, class) for every atom of residue j within `cutoff` of the box of residue i
template <class T, class F>
void for_near_atoms(const RelaxedView<T>& r, const Work<T>& work, T cutoff, int i, int j, F f) {
  const T* box = work.box + 6 * i;
  const T* row = work.row(j);
  T square[kRow];
  for (int s = 0; s < kRow; ++s) {
    square[s] = T(0);
    for (int k = 0; k < 3; ++k) {
      const T x = row[k * kRow + s], gap = std::max(std::max(box[k] - x, x - box[3 + k]), T(0));
      square[s] += gap * gap;
    }
  }
  const int n_slots = r.tables.n_slots[r.type[j]];
  for (int s = 0; s < n_slots; ++s)
    if (square[s] < cutoff * cutoff) f(j * 3 * kRow + s, list_class(r.tables, r.type[j], s));
}

// Lists of the atoms near each residue; memory is the arena's.
template <class T>
NearAtoms near_atoms(Cpu be, const RelaxedView<T>& r, const GraphView& near, const Work<T>& work, T cutoff) {
  const int n = r.n_residues;
  Arena& arena = *be.scratch;
  // room for all atoms of all near residues
  int* room = arena.allocate_array<int>(static_cast<std::size_t>(n) + 1);
  parallel_for_ragged(be, n, 10.0 * near.n_edges, [&](int i) {
    int count = kListClasses * kLanes<T>;
    for_near_residues(r, near, work, cutoff, i, [&](int j) { count += r.tables.n_slots[r.type[j]]; });
    room[i + 1] = count;
  });
  room[0] = 0;
  long long total = 0;
  for (int i = 0; i < n; ++i) {
    total += room[i + 1];
    if (total > std::numeric_limits<int>::max())
      fail(ErrorKind::device, "relax: lists of near atoms of ", n, " residues are too long; take fewer residues");
    room[i + 1] = static_cast<int>(total);
  }
  int* atom = arena.allocate_array<int>(static_cast<std::size_t>(room[n]));
  int* found = arena.allocate_array<int>(static_cast<std::size_t>(room[n]));
  char* classes = arena.allocate_array<char>(static_cast<std::size_t>(room[n]));
  parallel_for_ragged(be, n, 40.0 * near.n_edges, [&](int i) {
    int end = room[i], count[kListClasses] = {};
    for_near_residues(r, near, work, cutoff, i, [&](int j) {
      for_near_atoms(r, work, cutoff, i, j, [&](int x, int c) {
        found[end] = x;
        classes[end++] = static_cast<char>(c);
        ++count[c];
      });
    });
    int* offset = work.offset + i * kRowOffsets;
    int to[kListClasses];
    offset[0] = room[i];
    for (int c = 0; c < kListClasses; ++c) {
      to[c] = offset[c];
      offset[c + 1] = offset[c] + (count[c] + kLanes<T> - 1) / kLanes<T> * kLanes<T>;
    }
    for (int k = room[i]; k < end; ++k) atom[to[static_cast<int>(classes[k])]++] = found[k];
    for (int c = 0; c < kListClasses; ++c) std::fill(atom + to[c], atom + offset[c + 1], n * 3 * kRow);
  });
  return {work.offset, atom};
}

// What the atoms of residue i meet: energy, number of overlaps, derivatives.
template <class T>
void add_forces(const RelaxedView<T>& r, const RelaxationSettings& settings, const ThresholdRows<T>& thresholds,
                const NearAtoms& near, const Work<T>& work, int i) {
  constexpr int kAtOnce = 64;  // near atoms whose coordinates are brought together
  const int type = r.type[i], n_slots = r.tables.n_slots[type];
  const T buffer = static_cast<T>(settings.buffer), weight = static_cast<T>(settings.weight);
  const T* own = work.row(i);
  T x[kResidueSlots * 3], g[kResidueSlots * 3];
  Lanes<T> sums[kResidueSlots];
  int classes[kResidueSlots];
  for (int s = 0; s < n_slots; ++s) {
    for (int k = 0; k < 3; ++k) x[3 * s + k] = own[k * kRow + s];
    classes[s] = list_class(r.tables, type, s);
  }

  const auto meet_row = [&](const T* row, const T* t, int a) {
    for (int l = 0; l < kRow; l += kLanes<T>)
      meet<T>(x + 3 * a, load_vec(row + l), load_vec(row + kRow + l), load_vec(row + 2 * kRow + l), load_vec(t + l),
              buffer, sums[a]);
  };
  const bool behind = i + 1 < r.n_residues && r.linked[i], before = i > 0 && r.linked[i - 1];
  for (int a = 0; a < n_slots; ++a) {
    const int atom_class = static_cast<int>(overlap::class_of(r.tables, type, a));
    meet_row(own, thresholds.own + (type * kResidueSlots + a) * kRow, a);
    if (behind)
      meet_row(work.row(i + 1),
               thresholds.next + ThresholdRows<T>::row(r.type[i + 1],
                                                       overlap::bonds_inside(r.tables, type, a, kAtC), atom_class),
               a);
    if (before)
      meet_row(work.row(i - 1),
               thresholds.previous + ThresholdRows<T>::row(r.type[i - 1],
                                                           overlap::bonds_inside(r.tables, type, a, kAtN), atom_class),
               a);
  }
  for (int c = 0; c < kListClasses; ++c) {
    const int end = near.offset[i * kRowOffsets + c + 1];
    for (int first = near.offset[i * kRowOffsets + c]; first < end; first += kAtOnce) {
      const int count = std::min(end - first, kAtOnce);
      T far[3][kAtOnce];
      for (int k = 0; k < count; ++k) {
        const T* at = work.x + near.atom[first + k];
        far[0][k] = at[0], far[1][k] = at[kRow], far[2][k] = at[2 * kRow];
      }
      for (int a = 0; a < n_slots; ++a) {
        const Vec<T> t = Vec<T>{} + static_cast<T>(list_threshold(classes[a], c));
        for (int k = 0; k < count; k += kLanes<T>)
          meet<T>(x + 3 * a, load_vec(far[0] + k), load_vec(far[1] + k), load_vec(far[2] + k), t, buffer, sums[a]);
      }
    }
  }

  double pairs = 0, square = 0;
  for (int s = 0; s < n_slots; ++s) {
    g[3 * s] = weight * sum_of<T>(sums[s].x);
    g[3 * s + 1] = weight * sum_of<T>(sums[s].y);
    g[3 * s + 2] = weight * sum_of<T>(sums[s].z);
    pairs += static_cast<double>(sum_of<T>(sums[s].pairs));
    square += static_cast<double>(sum_of<T>(sums[s].square));
  }
  work.pairs[i] = pairs;
  work.energy[i] = 0.5 * static_cast<double>(weight) * square;
  if (const int j = work.partner[i]; j >= 0) {
    T other[3];
    for (int k = 0; k < 3; ++k) other[k] = work.row(j)[k * kRow + overlap::kAtSg];
    work.energy[i] += 0.5 * static_cast<double>(add_disulfide(settings, x + 3 * overlap::kAtSg, other, g + 3 * overlap::kAtSg));
  }
  if (r.moving[i]) work.energy[i] += static_cast<double>(add_bonded_terms(r, i, settings, x, g));
  derivatives(r, i, x, g, work.d + i * (kTurns + 1));
}

template <class T>
void forces(Cpu be, const RelaxedView<T>& r, const RelaxationSettings& settings, const ThresholdRows<T>& thresholds,
            const NearAtoms& near, const Work<T>& work, bool all) {
  const double effort = 30000.0 * r.n_residues;
  parallel_for_ragged(be, r.n_residues, effort, [&](int i) {
    if (all || r.moving[i])
      add_forces(r, settings, thresholds, near, work, i);
    else
      std::fill_n(work.d + i * (kTurns + 1), kTurns + 1, T(0));
  });
}

}  // namespace

template <class T>
void relax(Cpu be, RelaxedView<T> residues, GraphView near, RelaxationSettings settings,
           View<const int, 1> first_of_set_G1, View<T, 2> turns_R5) {
  check_relaxed<T>("relax", residues, near, turns_R5);
  check_renewal(settings);
  const int n = residues.n_residues, n_sets = first_of_set_G1.dim(0) - 1;
  const std::size_t size = static_cast<std::size_t>(n) * kTurns;
  Arena& arena = *be.scratch;
  Arena::Scope scope(arena);
  const Work<T> work(n, arena);
  const ThresholdRows<T> thresholds(residues.tables, arena);
  T* start = arena.allocate_array<T>(size);
  T* best = arena.allocate_array<T>(size);
  T* mean = arena.allocate_array<T>(size);
  T* square = arena.allocate_array<T>(size);
  double* least = arena.allocate_array<double>(static_cast<std::size_t>(std::max(n_sets, 0)));
  std::copy_n(turns_R5.data(), size, start);
  std::fill_n(mean, size, T(0));
  std::fill_n(square, size, T(0));

  for (int step = 0; step <= settings.steps;) {
    Arena::Scope lists(arena);
    place_all(be, residues, turns_R5.data(), work);
    if (step == 0) find_disulfides(be, residues, near, work);
    const NearAtoms atoms = near_atoms(be, residues, near, work, list_cutoff<T>(settings, step < settings.steps));
    for (int since = 0; since < settings.renew && step <= settings.steps; ++since, ++step) {
      if (since) place_all(be, residues, turns_R5.data(), work);
      forces(be, residues, settings, thresholds, atoms, work, since == 0);
      if (since == 0)
        parallel_for(be, n_sets, 10.0 * n, [&](int g) {
          double pairs = 0;
          for (int i = first_of_set_G1(g); i < first_of_set_G1(g + 1); ++i) pairs += work.pairs[i];
          if (step && pairs > least[g]) return;
          least[g] = pairs;
          const std::size_t first = static_cast<std::size_t>(first_of_set_G1(g)) * kTurns;
          std::copy_n(turns_R5.data() + first, static_cast<std::size_t>(first_of_set_G1(g + 1)) * kTurns - first, best + first);
        });
      if (step == settings.steps) {
        ++step;
        break;
      }
      const StepScales scales = step_scales(step);
      parallel_for(be, n, 60.0 * n, [&](int i) {
        for (int k = 0; k < kTurns; ++k) {
          if (!unknown(residues, i, k)) continue;
          const int at = i * kTurns + k;
          const T slope = derivative(residues, settings, work.d, i, k, turns_R5(i, k) - start[at]);
          const T rate = static_cast<T>(k < kChi ? settings.chi_rate : settings.peptide_rate);
          turns_R5(i, k) -= adam_turn(slope, rate, scales, mean[at], square[at]);
        }
      });
    }
  }
  std::copy_n(best, size, turns_R5.data());
}

template <class T>
void place_turned(Cpu be, RelaxedView<T> residues, View<const T, 2> turns_R5, View<T, 3> atoms_R14_3) {
  const int n = residues.n_residues;
  check_placed<T>(residues, turns_R5, atoms_R14_3);
  parallel_for(be, n, 600.0 * n,
               [&](int i) { relaxation::place_turned(residues, i, turns_R5.data(), atoms_R14_3.row(i)); });
}

template <class T>
double relaxation_energy(Cpu be, RelaxedView<T> residues, GraphView near, RelaxationSettings settings,
                         View<const T, 2> start_R5, View<const T, 2> turns_R5, View<T, 2> dturns_R5) {
  check_relaxed<T>("relaxation_energy", residues, near, turns_R5);
  Arena::Scope scope(*be.scratch);
  const Work<T> work(residues.n_residues, *be.scratch);
  const ThresholdRows<T> thresholds(residues.tables, *be.scratch);
  place_all(be, residues, start_R5.data(), work);
  find_disulfides(be, residues, near, work);
  place_all(be, residues, turns_R5.data(), work);
  forces(be, residues, settings, thresholds, near_atoms(be, residues, near, work, list_cutoff<T>(settings, false)), work,
         true);
  double energy = 0;
  for (int i = 0; i < residues.n_residues; ++i) {
    energy += work.energy[i];
    for (int k = 0; k < kTurns; ++k) {
      dturns_R5(i, k) = T(0);
      if (!unknown(residues, i, k)) continue;
      const T turn = turns_R5(i, k) - start_R5(i, k);
      dturns_R5(i, k) = derivative(residues, settings, work.d, i, k, turn);
      energy += (k < kChi ? settings.chi_restraint : settings.peptide_restraint) * (1 - std::cos(static_cast<double>(turn)));
    }
  }
  return energy;
}

template <class T>
void count_overlaps(Cpu be, RelaxedView<T> residues, GraphView near, View<const int, 1> first_of_set_G1,
                    View<const T, 2> turns_R5, View<int, 1> count_G) {
  check_relaxed<T>("count_overlaps", residues, near, turns_R5);
  RelaxationSettings settings;
  settings.buffer = 0;
  Arena::Scope scope(*be.scratch);
  const Work<T> work(residues.n_residues, *be.scratch);
  const ThresholdRows<T> thresholds(residues.tables, *be.scratch);
  place_all(be, residues, turns_R5.data(), work);
  find_disulfides(be, residues, near, work);
  forces(be, residues, settings, thresholds, near_atoms(be, residues, near, work, list_cutoff<T>(settings, false)), work,
         true);
  for (int g = 0; g + 1 < first_of_set_G1.dim(0); ++g) {
    double pairs = 0;
    for (int i = first_of_set_G1(g); i < first_of_set_G1(g + 1); ++i) pairs += work.pairs[i];
    count_G(g) = static_cast<int>(std::lround(pairs / 2));
  }
}

#define REGRAIN_INSTANTIATE(T)                                                                                         \
  template void relax<T>(Cpu, RelaxedView<T>, GraphView, RelaxationSettings, View<const int, 1>, View<T, 2>);          \
  template void place_turned<T>(Cpu, RelaxedView<T>, View<const T, 2>, View<T, 3>);                                    \
  template double relaxation_energy<T>(Cpu, RelaxedView<T>, GraphView, RelaxationSettings, View<const T, 2>,           \
                                       View<const T, 2>, View<T, 2>);                                                  \
  template void count_overlaps<T>(Cpu, RelaxedView<T>, GraphView, View<const int, 1>, View<const T, 2>, View<int, 1>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
