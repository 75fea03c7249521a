// Relaxation on the device: a warp a residue meets the atoms around it, a thread a residue places atoms and turns.
//
// The walks are the Cpu's: every atom adds up its own forces, pairs are computed twice, and each row has one writer. A list
// of near atoms is a mask for each edge, made anew with the boxes, so both backends meet the same pairs in every step.
#include "kernels/relaxation.hpp"

#include "kernels/cuda/launch.hpp"
#include "kernels/relaxation_terms.hpp"

namespace regrain::kernels {

namespace {

using namespace relaxation;

constexpr unsigned kWarp = 32;
constexpr int kHalf = 16;  // lanes with a slot each; the other half takes every second atom

// Memory of one relaxation, of the arena.
template <class T>
struct Work {
  T* x;      // (R, 14, 3)
  T* box;    // (R, 6) around the atoms of a residue
  T* d;      // (R, 6): see relaxation::derivatives
  int* pairs;  // (R) overlaps its atoms meet
  int* near;   // (E) atoms of the sender near the receiver, a bit a slot
  int* nearest;  // (R) a residue whose SG is nearest
  int* partner;  // (R) the residue whose SG the residue's own is bonded to, or -1

  Work(int n, int n_edges, Arena& arena)
      : x(arena.allocate_array<T>(static_cast<std::size_t>(n) * kResidueSlots * 3)),
        box(arena.allocate_array<T>(static_cast<std::size_t>(n) * 6)),
        d(arena.allocate_array<T>(static_cast<std::size_t>(n) * (kTurns + 1))),
        pairs(arena.allocate_array<int>(static_cast<std::size_t>(n))),
        near(arena.allocate_array<int>(static_cast<std::size_t>(n_edges))),
        nearest(arena.allocate_array<int>(static_cast<std::size_t>(n))),
        partner(arena.allocate_array<int>(static_cast<std::size_t>(n))) {}
  REGRAIN_HD const T* atom(int i, int slot) const { return x + (i * kResidueSlots + slot) * 3; }
};

// Grid: thread i. Some 500 operations and 200 bytes each, latencies of turns one after another.
template <class T>
__global__ void __launch_bounds__(kBlock) place_kernel(RelaxedView<T> r, const T* turns_R5, T* x_R14_3, T* box_R6) {
  const std::size_t at = thread_of_grid();
  if (at >= static_cast<std::size_t>(r.n_residues)) return;
  const int i = static_cast<int>(at);
  T* x = x_R14_3 + at * kResidueSlots * 3;
  relaxation::place_turned(r, i, turns_R5, x);
  if (!box_R6) return;
  for (int k = 0; k < 3; ++k) {
    T low = x[k], high = x[k];
    for (int s = 1; s < r.tables.n_slots[r.type[i]]; ++s) {
      low = x[3 * s + k] < low ? x[3 * s + k] : low;
      high = x[3 * s + k] > high ? x[3 * s + k] : high;
    }
    box_R6[6 * at + k] = low;
    box_R6[6 * at + 3 + k] = high;
  }
}

// nearest(i): the cysteine whose SG is nearest and near enough to be bonded, or -1. Grid: thread i.
template <class T>
__global__ void __launch_bounds__(kBlock) nearest_sulfur_kernel(RelaxedView<T> r, GraphView near, Work<T> work) {
  const std::size_t at = thread_of_grid();
  if (at >= static_cast<std::size_t>(r.n_residues)) return;
  const int i = static_cast<int>(at);
  int nearest = -1;
  T least = T(kBondedWithin * kBondedWithin);
  for (int e = near.offset[i]; r.type[i] == r.tables.cysteine && e < near.offset[i + 1]; ++e) {
    const int j = near.src[e];
    if (r.type[j] != r.tables.cysteine) continue;
    T square = T(0);
    for (int k = 0; k < 3; ++k) {
      const T x = work.atom(i, overlap::kAtSg)[k] - work.atom(j, overlap::kAtSg)[k];
      square += x * x;
    }
    if (square < least) {
      least = square;
      nearest = j;
    }
  }
  work.nearest[i] = nearest;
}

// Grid: thread i.
template <class T>
__global__ void __launch_bounds__(kBlock) partner_kernel(int n, Work<T> work) {
  const std::size_t at = thread_of_grid();
  if (at >= static_cast<std::size_t>(n)) return;
  const int nearest = work.nearest[at];
  work.partner[at] = nearest >= 0 && work.nearest[nearest] == static_cast<int>(at) ? nearest : -1;
}

// Which atoms of a sender are within `cutoff` of the receiver's box; none of those it is linked to. Grid: block i, of one
// warp, a lane an edge.
template <class T>
__global__ void __launch_bounds__(kWarp) near_atoms_kernel(RelaxedView<T> r, GraphView near, Work<T> work, T cutoff) {
  const int i = static_cast<int>(blockIdx.x);
  const T* box = work.box + 6 * i;
  for (int e = near.offset[i] + static_cast<int>(threadIdx.x); e < near.offset[i + 1]; e += static_cast<int>(kWarp)) {
    const int j = near.src[e];
    int mask = 0;
    const bool away = apart(box, work.box + 6 * j, cutoff) || linked(r.linked, i, j);
    for (int s = 0; !away && s < r.tables.n_slots[r.type[j]]; ++s) {
      T square = T(0);
      for (int k = 0; k < 3; ++k) {
        const T x = work.atom(j, s)[k], below = box[k] - x, above = x - box[3 + k];
        const T gap = below > above ? below : above;
        square += gap > T(0) ? gap * gap : T(0);
      }
      if (square < cutoff * cutoff) mask |= 1 << s;
    }
    work.near[e] = mask;
  }
}

// What an atom meets.
template <class T>
struct Met {
  T x = T(0), y = T(0), z = T(0);  // derivatives over the weight
  int pairs = 0;

  __device__ void meet(const T* p, const T* other, T threshold, T buffer) {
    const T dx = p[0] - other[0], dy = p[1] - other[1], dz = p[2] - other[2];
    const T d2 = dx * dx + dy * dy + dz * dz, reach = threshold + buffer;
    if (!(reach > T(0) && d2 < reach * reach)) return;
    const T d = std::sqrt(d2 > T(kLeastSquare) ? d2 : T(kLeastSquare));
    const T pull = T(-2) * (reach - d) / d;
    x += pull * dx;
    y += pull * dy;
    z += pull * dz;
    pairs += d < threshold;
  }
};

// Overlaps and derivatives of every residue; only of those that move where not `all`.
// Grid: block i, of one warp: lane a and lane 16 + a have slot a and take the atoms around in turns; then lane 0 has the
// terms of bonds and the derivatives by turns. A pair takes 9 operations where it is far and 25 where it overlaps; of some
// 12 near residues the 40 atoms whose bit is set are read once, from a cache. Limited by latencies and by lane 0.
template <class T>
__global__ void __launch_bounds__(kWarp)
    forces_kernel(RelaxedView<T> r, GraphView near, RelaxationSettings settings, Work<T> work, bool all) {
  REGRAIN_SHARED_ARRAY(T, g, kResidueSlots * 3);
  REGRAIN_SHARED_ARRAY(T, other, kResidueSlots * 3);
  REGRAIN_SHARED_ARRAY(int, pairs, 32);
  const int i = static_cast<int>(blockIdx.x), lane = static_cast<int>(threadIdx.x), a = lane % kHalf, half = lane / kHalf;
  T* d = work.d + i * (kTurns + 1);
  if (!all && !r.moving[i]) {  // the whole block
    if (lane <= kTurns) d[lane] = T(0);
    return;
  }
  const int type = r.type[i], n_slots = r.tables.n_slots[type];
  const T buffer = static_cast<T>(settings.buffer);
  Met<T> met;
  if (a < n_slots) {
    const T* p = work.atom(i, a);
    for (int b = half; b < n_slots; b += 2)
      if (overlap::bonds_inside(r.tables, type, a, b) > overlap::kMostBonds)
        met.meet(p, work.atom(i, b), overlap::threshold_of(r.tables, type, a, type, b), buffer);
    for (int side = -1; side <= 1; side += 2) {  // the residue before, the one behind
      const int j = i + side;
      if (j < 0 || j >= r.n_residues || !r.linked[side < 0 ? j : i]) continue;
      for (int b = half; b < r.tables.n_slots[r.type[j]]; b += 2) {
        const int bonds = side < 0 ? overlap::bonds_across(r.tables, r.type[j], b, type, a) : overlap::bonds_across(r.tables, type, a, r.type[j], b);
        if (bonds > overlap::kMostBonds)
          met.meet(p, work.atom(j, b), static_cast<T>(overlap::threshold(overlap::class_of(r.tables, type, a), overlap::class_of(r.tables, r.type[j], b))), buffer);
      }
    }
    for (int e = near.offset[i]; e < near.offset[i + 1]; ++e) {
      const int mask = work.near[e], j = near.src[e];
      for (int b = half; mask >> b; b += 2)
        if (mask >> b & 1) met.meet(p, work.atom(j, b), overlap::threshold_of(r.tables, type, a, r.type[j], b), buffer);
    }
  }
  pairs[lane] = met.pairs;
  if (half == 1 && a < n_slots) other[3 * a] = met.x, other[3 * a + 1] = met.y, other[3 * a + 2] = met.z;
  __syncthreads();
  if (half == 0 && a < n_slots) {
    const T weight = static_cast<T>(settings.weight);
    g[3 * a] = weight * (met.x + other[3 * a]);
    g[3 * a + 1] = weight * (met.y + other[3 * a + 1]);
    g[3 * a + 2] = weight * (met.z + other[3 * a + 2]);
  }
  __syncthreads();
  if (lane > 0) return;
  int sum = 0;
  for (int l = 0; l < static_cast<int>(kWarp); ++l) sum += pairs[l];
  work.pairs[i] = sum;
  const T* x = work.atom(i, 0);
  if (const int j = work.partner[i]; j >= 0)
    add_disulfide(settings, work.atom(i, overlap::kAtSg), work.atom(j, overlap::kAtSg), g + 3 * overlap::kAtSg);
  if (r.moving[i]) add_bonded_terms(r, i, settings, x, g);
  derivatives(r, i, x, g, d);
}

// The sum of a set's overlaps, in every thread of its block.
__device__ inline int pairs_of_set(const int* pairs, int first, int last, int* sums) {
  int sum = 0;
  for (int i = first + static_cast<int>(threadIdx.x); i < last; i += static_cast<int>(blockDim.x)) sum += pairs[i];
  sums[threadIdx.x] = sum;
  __syncthreads();
  sum = 0;
  for (unsigned t = 0; t < blockDim.x; ++t) sum += sums[t];
  return sum;
}

// best = turns of the set where it has no more overlaps than the best so far. Grid: block g.
template <class T>
__global__ void __launch_bounds__(kWarp)
    keep_best_kernel(View<const int, 1> first_of_set_G1, const int* pairs, int* least_G, bool first_time, const T* turns_R5, T* best_R5) {
  REGRAIN_SHARED_ARRAY(int, sums, 32);
  const int g = static_cast<int>(blockIdx.x), first = first_of_set_G1(g), last = first_of_set_G1(g + 1);
  const int sum = pairs_of_set(pairs, first, last, sums);
  const bool better = first_time || sum <= least_G[g];
  __syncthreads();
  if (!better) return;
  if (threadIdx.x == 0) least_G[g] = sum;
  for (int k = first * kTurns + static_cast<int>(threadIdx.x); k < last * kTurns; k += static_cast<int>(blockDim.x)) best_R5[k] = turns_R5[k];
}

// Grid: block g.
__global__ void __launch_bounds__(kWarp) count_kernel(View<const int, 1> first_of_set_G1, const int* pairs, View<int, 1> count_G) {
  REGRAIN_SHARED_ARRAY(int, sums, 32);
  const int g = static_cast<int>(blockIdx.x);
  const int sum = pairs_of_set(pairs, first_of_set_G1(g), first_of_set_G1(g + 1), sums);
  if (threadIdx.x == 0) count_G(g) = sum / 2;
}

// Grid: thread i.
template <class T>
__global__ void __launch_bounds__(kBlock)
    turn_kernel(RelaxedView<T> r, RelaxationSettings settings, const T* d_R6, const T* start_R5, StepScales scales, T* mean_R5, T* square_R5,
                T* turns_R5) {
  const std::size_t thread = thread_of_grid();
  if (thread >= static_cast<std::size_t>(r.n_residues)) return;
  const int i = static_cast<int>(thread);
  for (int k = 0; k < kTurns; ++k) {
    if (!unknown(r, i, k)) continue;
    const int at = i * kTurns + k;
    const T slope = derivative(r, settings, d_R6, i, k, turns_R5[at] - start_R5[at]);
    turns_R5[at] -= adam_turn(slope, static_cast<T>(k < kChi ? settings.chi_rate : settings.peptide_rate), scales, mean_R5[at], square_R5[at]);
  }
}

// to(k) = from(k), or 0 without it. Grid: thread k. Limited by memory.
template <class T>
__global__ void __launch_bounds__(kBlock) copy_turns_kernel(const T* from, T* to, std::size_t size) {
  const std::size_t k = thread_of_grid();
  if (k < size) to[k] = from ? from[k] : T(0);
}

template <class T>
struct Steps {
  Cuda be;
  RelaxedView<T> r;
  GraphView near;
  RelaxationSettings settings;
  Work<T> work;

  dim3 residues() const { return dim3(static_cast<unsigned>(r.n_residues)); }
  dim3 threads() const { return blocks_for(static_cast<std::size_t>(r.n_residues)); }
  void place(const T* turns) const { launch<place_kernel<T>>(be, threads(), kBlock, 0, r, turns, work.x, work.box); }
  void find_disulfides() const {
    launch<nearest_sulfur_kernel<T>>(be, threads(), kBlock, 0, r, near, work);
    launch<partner_kernel<T>>(be, threads(), kBlock, 0, r.n_residues, work);
  }
  void find_near(bool margin) const {
    launch<near_atoms_kernel<T>>(be, residues(), kWarp, 0, r, near, work, list_cutoff<T>(settings, margin));
  }
  void forces(bool all) const { launch<forces_kernel<T>>(be, residues(), kWarp, 0, r, near, settings, work, all); }
};

}  // namespace

template <class T>
void relax(Cuda be, RelaxedView<T> residues, GraphView near, RelaxationSettings settings, View<const int, 1> first_of_set_G1,
           View<T, 2> turns_R5) {
  check_relaxed<T>("relax", residues, near, turns_R5);
  check_renewal(settings);
  const dim3 sets(static_cast<unsigned>(first_of_set_G1.dim(0) - 1));
  const std::size_t size = turns_R5.size();
  Arena& arena = *be.scratch;
  Arena::Scope scope(arena);
  const Steps<T> steps{be, residues, near, settings, Work<T>(residues.n_residues, near.n_edges, arena)};
  T *start = arena.allocate_array<T>(size), *best = arena.allocate_array<T>(size);
  T *mean = arena.allocate_array<T>(size), *square = arena.allocate_array<T>(size);
  int* least = arena.allocate_array<int>(static_cast<std::size_t>(first_of_set_G1.dim(0)));
  const auto copy = [&](const T* from, T* to) { launch<copy_turns_kernel<T>>(be, blocks_for(size), kBlock, 0, from, to, size); };
  copy(turns_R5.data(), start);
  copy(nullptr, mean);
  copy(nullptr, square);

  for (int step = 0; step <= settings.steps; ++step) {
    const bool renewed = step % settings.renew == 0, last = step == settings.steps;
    steps.place(turns_R5.data());
    if (step == 0) steps.find_disulfides();
    if (renewed) steps.find_near(!last);
    if (last && !renewed) break;
    steps.forces(renewed);
    if (renewed)
      launch<keep_best_kernel<T>>(be, sets, kWarp, 0, first_of_set_G1, steps.work.pairs, least, step == 0, turns_R5.data(), best);
    if (last) break;
    launch<turn_kernel<T>>(be, steps.threads(), kBlock, 0, residues, settings, steps.work.d, start, step_scales(step), mean, square, turns_R5.data());
  }
  copy(best, turns_R5.data());
}

template <class T>
void place_turned(Cuda be, RelaxedView<T> residues, View<const T, 2> turns_R5, View<T, 3> atoms_R14_3) {
  const int n = residues.n_residues;
  check_placed<T>(residues, turns_R5, atoms_R14_3);
  T* no_boxes = nullptr;
  launch<place_kernel<T>>(be, blocks_for(static_cast<std::size_t>(n)), kBlock, 0, residues, turns_R5.data(), atoms_R14_3.data(), no_boxes);
}

template <class T>
void count_overlaps(Cuda be, RelaxedView<T> residues, GraphView near, View<const int, 1> first_of_set_G1, View<const T, 2> turns_R5,
                    View<int, 1> count_G) {
  check_relaxed<T>("count_overlaps", residues, near, turns_R5);
  Arena::Scope scope(*be.scratch);
  RelaxationSettings settings;
  settings.buffer = 0;
  const Steps<T> steps{be, residues, near, settings, Work<T>(residues.n_residues, near.n_edges, *be.scratch)};
  steps.place(turns_R5.data());
  steps.find_disulfides();
  steps.find_near(false);
  steps.forces(true);
  launch<count_kernel>(be, dim3(static_cast<unsigned>(first_of_set_G1.dim(0) - 1)), kWarp, 0, first_of_set_G1,
                       static_cast<const int*>(steps.work.pairs), count_G);
}

#define REGRAIN_INSTANTIATE(T)                                                                                        \
  template void relax<T>(Cuda, RelaxedView<T>, GraphView, RelaxationSettings, View<const int, 1>, View<T, 2>);        \
  template void place_turned<T>(Cuda, RelaxedView<T>, View<const T, 2>, View<T, 3>);                                  \
  template void count_overlaps<T>(Cuda, RelaxedView<T>, GraphView, View<const int, 1>, View<const T, 2>, View<int, 1>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
