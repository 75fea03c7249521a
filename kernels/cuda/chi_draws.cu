// Draws of chi angles on the device: a block a residue and 32 of its draws, chi after chi.
//
// Nothing of a draw but its result leaves the block: inputs, hidden channels and logits are in shared memory, a column a
// draw. Weights come from the first cache. Random numbers are the CPU's to the bit, and sums over bins have its order, so
// draws differ from the CPU's only where a logit's last bits decide between two bins.
#include "kernels/chi_draws.hpp"

#include "kernels/activation_functions.hpp"
#include "kernels/chi_draw_terms.hpp"
#include "kernels/cuda/four.cuh"
#include "kernels/cuda/launch.hpp"

namespace regrain::kernels {

namespace {

constexpr int kLot = kDrawLot, kWarps = 4, kGroups = 4, kPass = 4 * kGroups;  // rows that a warp makes at once
constexpr unsigned kThreads = 32 * kWarps;
// blocks a multiprocessor is to hold at the least: left to itself nvcc takes 72 registers and spills
constexpr unsigned kResident = 4;
constexpr int kMostInputs = kTurnFeatures * (kChi - 1) + kMaxLatent;

// The column of a draw in an array of shared memory.
template <class T>
struct Column {
  T* first;
  __device__ T& operator[](int k) const { return first[k * kLot]; }
};

// out(r, draw) = f(start(r) + sum over n of weight(r, .) x(., draw)) for `rows` rows; by all threads. Group g of a warp's
// lanes has 4 of 16 rows, lane l of it 4 draws: 16 multiply-adds for four weights, the same in 8 lanes, and 16 bytes of
// shared memory.
template <class T, class Start, class F>
__device__ inline void multiply(View<const T, 2> weight, const T* x, Start start, F f, T* out) {
  const int warp = static_cast<int>(threadIdx.x / 32), lane = static_cast<int>(threadIdx.x % 32), draw = lane % 8 * 4;
  const int rows = weight.dim(0), n = weight.dim(1);
  for (int first = warp * kPass + lane / 8 * 4; first < rows; first += kWarps * kPass) {
    T sum[4][4];
    const T* w[4];
    REGRAIN_UNROLL
    for (int r = 0; r < 4; ++r) {
      const int row = std::min(first + r, rows - 1);  // beyond the last one that comes again
      w[r] = weight.row(row);
      REGRAIN_UNROLL
      for (int v = 0; v < 4; ++v) sum[r][v] = start(row);
    }
    for (int k = 0; k < n; ++k) {
      const Four<T> value = load_four(x + k * kLot + draw);
      REGRAIN_UNROLL
      for (int r = 0; r < 4; ++r) {
        REGRAIN_UNROLL
        for (int v = 0; v < 4; ++v) sum[r][v] += w[r][k] * value.v[v];
      }
    }
    REGRAIN_UNROLL
    for (int r = 0; r < 4; ++r)
      if (first + r < rows)
        store_four(out + (first + r) * kLot + draw, Four<T>{{f(sum[r][0]), f(sum[r][1]), f(sum[r][2]), f(sum[r][3])}});
  }
}

// chi(i, s) and bins(i, s).
// Grid: block (residue i, lot of 32 draws, the lots of chi_draws.hpp); z of a draw by all warps, then for each chi hidden
// channels, logits and weights of bins by all warps, and lane s of warp 0 picks the bin of draw s and writes what is
// asked for.
// A draw of a chi takes 2 H (F + B) operations, 20 H for silu and 50 B for the softmax; read are 4 (F + B) H bytes of
// weights a block, from the first cache. With F = 8 to 32, B = 36, H = 128 that is some 20 000 operations, 3 of 4 of them
// multiply-adds with a load for each 3: limited by those loads.
template <class T>
__global__ void __launch_bounds__(kThreads, kResident) draw_chi_kernel(ChiDrawing<T> d, View<const Rng, 1> rng_G, int lots, int scratch_rows,
                                                            View<T, 3> chi_NS4, View<int, 2> bins_NS) {
  REGRAIN_DYNAMIC_SHARED(T, shared);
  REGRAIN_SHARED_ARRAY(int, branch, 2 * kLot);
  T *inputs = shared, *hidden = inputs + kMostInputs * kLot, *logits = hidden + scratch_rows * kLot;
  const int warp = static_cast<int>(threadIdx.x / 32), lane = static_cast<int>(threadIdx.x % 32);
  const int i = static_cast<int>(blockIdx.x) / lots, s = static_cast<int>(blockIdx.x) % lots * kLot + lane;
  const int row = d.row_of_N(i), latent = d.mu_KL.dim(1), set = set_of(d.first_of_set_G1, i), place = i - d.first_of_set_G1(set);
  const Rng rng = rng_G(set);
  const bool exists = s < d.n_draws;
  const int number = d.first_draw + s;
  const chi_draws::Kind<T> kind(d, exists ? s : d.n_draws - 1);
  for (int l = warp; l < latent; l += kWarps) inputs[l * kLot + lane] = chi_draws::latent_of(d, kind, rng, i, place, l);
  int k = 0, all_bins = 0;
  for (; k < kChi; ++k) {
    const int symmetry = d.symmetry_N4(i, k);
    if (symmetry == 0) break;  // the whole block
    const ChiHead<T>& head = d.head[static_cast<std::size_t>(k)];
    const int bins = head.logits_BH.dim(0);
    __syncthreads();
    multiply(
        head.draw_HF, inputs, [&](int c) { return head.given_KH(row, c); }, [](T x) { return SwishFunction<T>::value(x); }, hidden);
    __syncthreads();
    multiply(
        head.logits_BH, hidden, [&](int b) { return head.logits_bias_B(b); }, [](T x) { return x; }, logits);
    __syncthreads();
    const Column<T> logit{logits + lane}, weight{hidden + lane};
    T largest = logit[0];
    for (int b = 1; b < bins; ++b) largest = std::max(largest, logit[b]);
    for (int b = warp; b < bins; b += kWarps) weight[b] = exponential(kind.scale(d) * (logit[b] - largest));
    __syncthreads();
    if (warp > 0) continue;
    T sum = T(0);
    for (int b = 0; b < bins; ++b) sum += weight[b];
    // the draws of the same distribution: those of this kind with the same bins so far
    branch[2 * lane] = exists ? kind.key() : -1;
    branch[2 * lane + 1] = all_bins;
    __syncwarp();
    int first = lane, before = 0, draws = 0;
    for (int other = kLot - 1; other >= 0; --other) {
      if (branch[2 * other] != branch[2 * lane] || branch[2 * other + 1] != all_bins) continue;
      ++draws;
      before += other < lane;
      first = other;
    }
    __syncwarp();
    const double start = rng.uniform(chi_draws::number(place, number - lane + first, k));
    const auto drawn = kind.mode ? chi_draws::mode_of<T>(logit, bins) : chi_draws::draw_at<T>(logit, weight, bins, sum, (before + start) / draws);
    all_bins |= drawn.bin << 8 * k;
    if (exists) chi_NS4(i, number, k) = drawn.angle(bins);
    if (k + 1 == kChi) continue;
    T turns[kTurnFeatures];
    turn_features(chi_draws::angle_of_bin<T>(logit, bins, drawn.bin), symmetry, turns);
    REGRAIN_UNROLL
    for (int m = 0; m < kTurnFeatures; ++m) inputs[(latent + kTurnFeatures * k + m) * kLot + lane] = turns[m];
  }
  if (warp > 0 || !exists) return;
  for (; k < kChi; ++k) chi_NS4(i, number, k) = T(0);
  bins_NS(i, number) = all_bins;
}

}  // namespace

template <class T>
void draw_chi(Cuda be, const ChiDrawing<T>& d, View<const Rng, 1> rng_G, View<T, 3> chi_NS4, View<int, 2> bins_NS) {
  chi_draws::check(d, chi_NS4, bins_NS);
  int rows = 0, bins = 0;  // of hidden channels, later of weights; of logits
  for (const ChiHead<T>& head : d.head) {
    bins = std::max(bins, head.logits_BH.dim(0));
    rows = std::max({rows, head.given_KH.dim(1), bins});
  }
  const int lots = (d.n_draws + kLot - 1) / kLot;
  const dim3 blocks = blocks_for(static_cast<std::size_t>(chi_NS4.dim(0)) * static_cast<std::size_t>(lots), 1);
  launch<draw_chi_kernel<T>>(be, blocks, kThreads, sizeof(T) * static_cast<std::size_t>(kLot * (kMostInputs + rows + bins)), d,
                             rng_G, lots, rows, chi_NS4, bins_NS);
}

#define REGRAIN_INSTANTIATE(T) template void draw_chi<T>(Cuda, const ChiDrawing<T>&, View<const Rng, 1>, View<T, 3>, View<int, 2>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
