// Side chains on the device: the functions of side_chain_placement.hpp, a residue a thread.
//
// A residue is a chain of at most 10 placements, each waiting for an earlier one; residues know nothing of each other. So
// blocks are small and spread over the device. Atoms are addressed by tables of the residue's type and lie in memory,
// which the first cache holds.
#include "kernels/side_chains.hpp"

#include "kernels/cuda/launch.hpp"
#include "kernels/side_chain_placement.hpp"

namespace regrain::kernels {

namespace {

constexpr unsigned kResidues = 64;  // of a block

// Types are the caller's word here, they lie on the device.
void check_count(const char* name, int n, std::initializer_list<int> counts) {
  for (int count : counts) REGRAIN_CHECK(count == n, name, ": an array of ", count, " residues for ", n);
}

// atoms of residue r. Grid: thread r. Some 600 operations for 16 values read and 42 written: limited by the latency of the
// chain up to some 10^5 residues.
template <class T>
__global__ void __launch_bounds__(kResidues)
    place_residues_kernel(SideChainTables<T> tables, View<const int, 1> type_R, View<const T, 3> backbone_R43,
                          View<const T, 2> chi_R4, View<T, 3> atoms_R14_3) {
  const std::size_t thread = thread_of_grid();
  if (thread >= static_cast<std::size_t>(atoms_R14_3.dim(0))) return;
  const int r = static_cast<int>(thread);
  side_chains::place_residue(tables, type_R(r), backbone_R43.row(r), chi_R4.row(r), atoms_R14_3.row(r));
}

// dchi of residue r. Grid: thread r. At most 4 x 9 atoms of which each takes 20 operations, 84 values read: limited by the
// latency of scattered reads.
template <class T>
__global__ void __launch_bounds__(kResidues)
    place_residues_backward_kernel(SideChainTables<T> tables, View<const int, 1> type_R, View<const T, 3> atoms_R14_3,
                                   View<const T, 3> datoms_R14_3, View<T, 2> dchi_R4) {
  const std::size_t thread = thread_of_grid();
  if (thread >= static_cast<std::size_t>(atoms_R14_3.dim(0))) return;
  const int r = static_cast<int>(thread);
  side_chains::add_chi_moments(tables, type_R(r), atoms_R14_3.row(r), datoms_R14_3.row(r), dchi_R4.row(r));
}

// side chain of draw d of residue r. Grid: thread r S + d. As the first kernel; all draws of a residue have its type, so a
// warp's lanes take the same way, and the backbone comes from the first cache.
template <class T>
__global__ void __launch_bounds__(kResidues)
    place_side_chains_kernel(SideChainTables<T> tables, View<const int, 1> type_R, View<const T, 3> backbone_R43,
                             View<const T, 3> chi_RS4, View<T, 4> side_RS10_3) {
  const std::size_t thread = thread_of_grid(), draws = static_cast<std::size_t>(side_RS10_3.dim(1));
  if (thread >= static_cast<std::size_t>(side_RS10_3.dim(0)) * draws) return;
  const int r = static_cast<int>(thread / draws), d = static_cast<int>(thread % draws);
  T x[kResidueSlots * 3];
  side_chains::place_residue(tables, type_R(r), backbone_R43.row(r), &chi_RS4(r, d, 0), x);
  T* side = &side_RS10_3(r, d, 0, 0);
  for (int i = 0; i < kSideChainSlots * 3; ++i) side[i] = x[kAtCb * 3 + i];
}

// chi and valid of residue r. Grid: thread r. 42 values read at most and 4 written, some 250 operations: limited by the
// latency of scattered reads.
template <class T>
__global__ void __launch_bounds__(kResidues)
    chi_angles_kernel(SideChainTables<T> tables, View<const int, 1> type_R, View<const T, 3> atoms_R14_3,
                      View<T, 2> chi_R4, View<char, 2> valid_R4) {
  const std::size_t thread = thread_of_grid();
  if (thread >= static_cast<std::size_t>(atoms_R14_3.dim(0))) return;
  const int r = static_cast<int>(thread);
  side_chains::chi_of(tables, type_R(r), atoms_R14_3.row(r), chi_R4.row(r), valid_R4.row(r));
}

dim3 blocks_of(int n_residues, int draws = 1) {
  return blocks_for(static_cast<std::size_t>(n_residues) * static_cast<std::size_t>(draws), kResidues);
}

}  // namespace

template <class T>
void place_residues(Cuda be, SideChainTables<T> tables, View<const int, 1> type_R, View<const T, 3> backbone_R43,
                    View<const T, 2> chi_R4, View<T, 3> atoms_R14_3) {
  const int n = atoms_R14_3.dim(0);
  check_count("place_residues", n, {type_R.dim(0), backbone_R43.dim(0), chi_R4.dim(0)});
  launch<place_residues_kernel<T>>(be, blocks_of(n), kResidues, 0, tables, type_R, backbone_R43, chi_R4, atoms_R14_3);
}

template <class T>
void place_residues_backward(Cuda be, SideChainTables<T> tables, View<const int, 1> type_R,
                             View<const T, 3> atoms_R14_3, View<const T, 3> datoms_R14_3, View<T, 2> dchi_R4) {
  const int n = atoms_R14_3.dim(0);
  check_count("place_residues_backward", n, {type_R.dim(0), datoms_R14_3.dim(0), dchi_R4.dim(0)});
  launch<place_residues_backward_kernel<T>>(be, blocks_of(n), kResidues, 0, tables, type_R, atoms_R14_3, datoms_R14_3,
                                            dchi_R4);
}

template <class T>
void place_side_chains(Cuda be, SideChainTables<T> tables, View<const int, 1> type_R, View<const T, 3> backbone_R43,
                       View<const T, 3> chi_RS4, View<T, 4> side_RS10_3) {
  const int n = side_RS10_3.dim(0), n_draws = side_RS10_3.dim(1);
  check_count("place_side_chains", n, {type_R.dim(0), backbone_R43.dim(0), chi_RS4.dim(0)});
  REGRAIN_CHECK(chi_RS4.dim(1) == n_draws, "place_side_chains: ", chi_RS4.dim(1), " draws of chi for ", n_draws);
  launch<place_side_chains_kernel<T>>(be, blocks_of(n, n_draws), kResidues, 0, tables, type_R, backbone_R43, chi_RS4,
                                      side_RS10_3);
}

template <class T>
void chi_angles(Cuda be, SideChainTables<T> tables, View<const int, 1> type_R, View<const T, 3> atoms_R14_3,
                View<T, 2> chi_R4, View<char, 2> valid_R4) {
  const int n = atoms_R14_3.dim(0);
  check_count("chi_angles", n, {type_R.dim(0), chi_R4.dim(0), valid_R4.dim(0)});
  launch<chi_angles_kernel<T>>(be, blocks_of(n), kResidues, 0, tables, type_R, atoms_R14_3, chi_R4, valid_R4);
}

#define REGRAIN_INSTANTIATE(T)                                                                                      \
  template void place_residues<T>(Cuda, SideChainTables<T>, View<const int, 1>, View<const T, 3>, View<const T, 2>, \
                                  View<T, 3>);                                                                      \
  template void place_residues_backward<T>(Cuda, SideChainTables<T>, View<const int, 1>, View<const T, 3>,          \
                                           View<const T, 3>, View<T, 2>);                                           \
  template void place_side_chains<T>(Cuda, SideChainTables<T>, View<const int, 1>, View<const T, 3>,                \
                                     View<const T, 3>, View<T, 4>);                                                 \
  template void chi_angles<T>(Cuda, SideChainTables<T>, View<const int, 1>, View<const T, 3>, View<T, 2>, View<char, 2>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
