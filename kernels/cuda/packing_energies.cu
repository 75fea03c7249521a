// Energies of draws on the device: the functions of packing_terms.hpp, a number a thread.
//
// Threads of a warp work on draws of one residue, so all take the same branches but for distances, and read the same
// atoms; sums are in the order of atoms.
#include "kernels/packing_energies.hpp"

#include "kernels/cuda/launch.hpp"
#include "kernels/packing_terms.hpp"

namespace regrain::kernels {

namespace {

constexpr unsigned kPairs = 128;  // threads of a block; with 256 one kernel spills

// Grid: thread i * stride + s. Walks the residues near i: limited by distances, some 10^3 to 10^4 a thread.
template <class T>
__global__ void __launch_bounds__(kBlock)
    self_energies_kernel(DrawsView<T> residues, GraphView near, PackingWeights weights, View<T, 2> energy_RS) {
  const std::size_t at = thread_of_grid();
  if (at >= energy_RS.size()) return;
  const int i = static_cast<int>(at / residues.stride), s = static_cast<int>(at % residues.stride);
  const bool counts = residues.moving[i] && s < residues.count[i];
  energy_RS.data()[at] = counts ? packing::self_energy(residues, near, weights, i, s) : T(0);
}

// Grid: thread of an energy, which finds its table by halving. At most 81 distances a thread: limited by them.
template <class T>
__global__ void __launch_bounds__(kPairs)
    pair_energies_kernel(DrawsView<T> residues, PackingPairs pairs, PackingWeights weights, View<T, 1> energy_E) {
  const std::size_t thread = thread_of_grid();
  if (thread >= energy_E.size()) return;
  const int at = static_cast<int>(thread);
  int p = 0, end = pairs.n_tables;
  while (end - p > 1) {
    const int middle = p + (end - p) / 2;
    (pairs.first[middle] <= at ? p : end) = middle;
  }
  const int i = pairs.lower[p], j = pairs.higher[p], width = residues.width(j);
  const int s = (at - pairs.first[p]) / width, t = (at - pairs.first[p]) % width;
  energy_E(at) = t < residues.count[j] ? packing::pair_energy(residues, weights, i, j, s, t) : T(0);
}

}  // namespace

template <class T>
void self_energies(Cuda be, DrawsView<T> residues, GraphView near, PackingWeights weights, View<T, 2> energy_RS) {
  REGRAIN_CHECK(near.n_dst == residues.n_residues && energy_RS.dim(0) == residues.n_residues &&
                    energy_RS.dim(1) == residues.stride,
                "self_energies: room for ", energy_RS.dim(0), " rows of ", energy_RS.dim(1), ", expected ",
                residues.n_residues, " of ", residues.stride);
  launch<self_energies_kernel<T>>(be, blocks_for(energy_RS.size()), kBlock, 0, residues, near, weights, energy_RS);
}

template <class T>
void pair_energies(Cuda be, DrawsView<T> residues, PackingPairs pairs, PackingWeights weights, View<T, 1> energy_E) {
  REGRAIN_CHECK(energy_E.dim(0) == pairs.n_energies, "pair_energies: room for ", energy_E.dim(0), ", expected ", pairs.n_energies);
  launch<pair_energies_kernel<T>>(be, blocks_for(energy_E.size(), kPairs), kPairs, 0, residues, pairs, weights, energy_E);
}

#define REGRAIN_INSTANTIATE(T)                                                               \
  template void self_energies<T>(Cuda, DrawsView<T>, GraphView, PackingWeights, View<T, 2>); \
  template void pair_energies<T>(Cuda, DrawsView<T>, PackingPairs, PackingWeights, View<T, 1>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
