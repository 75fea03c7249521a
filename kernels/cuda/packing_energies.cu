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
  const bool counts = residues.moving[i] && s < residues.n_draws;
  energy_RS.data()[at] = counts ? packing::self_energy(residues, near, weights, i, s) : T(0);
}

// Grid: thread (p * draws + s) * stride + t. At most 81 distances a thread: limited by them.
template <class T>
__global__ void __launch_bounds__(kPairs)
    pair_energies_kernel(DrawsView<T> residues, PackingPairs pairs, PackingWeights weights, View<T, 3> energy_PSS) {
  const std::size_t at = thread_of_grid();
  if (at >= energy_PSS.size()) return;
  const int t = static_cast<int>(at % residues.stride);
  const std::size_t row = at / residues.stride;
  const int s = static_cast<int>(row % residues.n_draws);
  const std::size_t p = row / residues.n_draws;
  energy_PSS.data()[at] =
      t < residues.n_draws ? packing::pair_energy(residues, weights, pairs.lower[p], pairs.higher[p], s, t) : T(0);
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
void pair_energies(Cuda be, DrawsView<T> residues, PackingPairs pairs, PackingWeights weights, View<T, 3> energy_PSS) {
  REGRAIN_CHECK(energy_PSS.dim(0) == pairs.n_tables && energy_PSS.dim(1) == residues.n_draws &&
                    energy_PSS.dim(2) == residues.stride,
                "pair_energies: room for ", energy_PSS.dim(0), " tables, expected ", pairs.n_tables);
  launch<pair_energies_kernel<T>>(be, blocks_for(energy_PSS.size(), kPairs), kPairs, 0, residues, pairs, weights, energy_PSS);
}

#define REGRAIN_INSTANTIATE(T)                                                               \
  template void self_energies<T>(Cuda, DrawsView<T>, GraphView, PackingWeights, View<T, 2>); \
  template void pair_energies<T>(Cuda, DrawsView<T>, PackingPairs, PackingWeights, View<T, 3>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
