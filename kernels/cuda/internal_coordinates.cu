// Placement of atoms on the device: the functions of placement.hpp, a residue a thread.
//
// A residue is a chain of 13 placements, each waiting for the one before; residues know nothing of each
// other. The chain's arithmetic in one thread costs what it costs, so blocks are small and spread over the
// device. Positions are addressed by tables of the residue's type and lie in local memory, 192 bytes a
// residue in float, which the first cache holds.
#include "kernels/internal_coordinates.hpp"

#include "kernels/cuda/launch.hpp"
#include "kernels/placement.hpp"

namespace regrain::kernels {

namespace {

constexpr unsigned kResidues = 64;  // of a block

// xyz of all atoms of residue r. Grid: thread r. Some 2000 operations for 39 values read and at most 42
// written: limited by the latency of the chain up to some 10^5 residues.
template <class T>
__global__ void __launch_bounds__(kResidues)
    place_atoms_kernel(PlacementView residues, View<const T, 2> trace_N3, View<const T, 3> ic_RT3,
                       View<T, 2> xyz_A3) {
  const std::size_t r = thread_of_grid();
  if (r >= static_cast<std::size_t>(residues.n_residues)) return;
  placement::place_atoms_of(residues, static_cast<int>(r), trace_N3, ic_RT3, xyz_A3);
}

// dic of residue r. Grid: thread r. Three times the work of the kernel above, limited as it is.
template <class T>
__global__ void __launch_bounds__(kResidues)
    place_atoms_backward_kernel(PlacementView residues, View<const T, 2> trace_N3, View<const T, 3> ic_RT3,
                                View<const T, 2> dxyz_A3, View<T, 3> dic_RT3) {
  const std::size_t r = thread_of_grid();
  if (r >= static_cast<std::size_t>(residues.n_residues)) return;
  placement::place_atoms_back(residues, static_cast<int>(r), trace_N3, ic_RT3, dxyz_A3, dic_RT3);
}

// ic of residue r. Grid: thread r. Its rows don't wait for each other; at most 42 values read and 39 written.
template <class T>
__global__ void __launch_bounds__(kResidues)
    internal_coordinates_kernel(PlacementView residues, View<const T, 2> trace_N3, View<const T, 2> xyz_A3,
                                View<T, 3> ic_RT3) {
  const std::size_t r = thread_of_grid();
  if (r >= static_cast<std::size_t>(residues.n_residues)) return;
  placement::internal_of(residues, static_cast<int>(r), trace_N3, xyz_A3, ic_RT3);
}

// The column an entry of ic belongs to and its place there.
template <class T>
struct Entry {
  View<T, 2> column;
  int row, place;

  __device__ Entry(const InternalColumnsView<T>& backbone, const InternalColumnsView<T>& side,
                   std::size_t at) {
    constexpr std::size_t kWidth = kInternalRows * 3;
    row = static_cast<int>(at / kWidth);
    const int rest = static_cast<int>(at % kWidth), t = rest / 3, c = rest % 3;
    const bool in_backbone = t < kBackboneRows;
    T* const of_backbone[3] = {backbone.length.data(), backbone.angle.data(), backbone.torsion.data()};
    T* const of_side[3] = {side.length.data(), side.angle.data(), side.torsion.data()};
    T* data = nullptr;
    REGRAIN_UNROLL
    for (int k = 0; k < 3; ++k)
      if (k == c) data = in_backbone ? of_backbone[k] : of_side[k];
    column = View<T, 2>(data, {row + 1, in_backbone ? kBackboneRows : kSideSlots});
    place = in_backbone ? t : t - kBackboneRows;
  }
};

// ic(r, t, c) from its column. Grid: a thread an element of ic, so writes are one stretch
// and reads a few; limited by memory.
template <class T>
__global__ void __launch_bounds__(kBlock)
    join_internal_kernel(InternalColumnsView<const T> backbone, InternalColumnsView<const T> side,
                         View<T, 3> ic_RT3) {
  const std::size_t at = thread_of_grid();
  if (at >= ic_RT3.size()) return;
  const Entry<const T> entry(backbone, side, at);
  ic_RT3.data()[at] = entry.column(entry.row, entry.place);
}

// column += dic, where somebody wants it. Grid as above.
template <class T>
__global__ void __launch_bounds__(kBlock)
    join_internal_backward_kernel(View<const T, 3> dic_RT3, InternalColumnsView<T> dbackbone,
                                  InternalColumnsView<T> dside) {
  const std::size_t at = thread_of_grid();
  if (at >= dic_RT3.size()) return;
  const Entry<T> entry(dbackbone, dside, at);
  if (entry.column.data()) entry.column(entry.row, entry.place) += dic_RT3.data()[at];
}

dim3 blocks_of(const PlacementView& residues) {
  return blocks_for(static_cast<std::size_t>(residues.n_residues), kResidues);
}

}  // namespace

template <class T>
void join_internal(Cuda be, InternalColumnsView<const T> backbone, InternalColumnsView<const T> side,
                   View<T, 3> ic_RT3) {
  launch<join_internal_kernel<T>>(be, blocks_for(ic_RT3.size()), kBlock, 0, backbone, side, ic_RT3);
}

template <class T>
void join_internal_backward(Cuda be, View<const T, 3> dic_RT3, InternalColumnsView<T> dbackbone,
                            InternalColumnsView<T> dside) {
  launch<join_internal_backward_kernel<T>>(be, blocks_for(dic_RT3.size()), kBlock, 0, dic_RT3, dbackbone,
                                           dside);
}

template <class T>
void place_atoms(Cuda be, PlacementView residues, View<const T, 2> trace_N3, View<const T, 3> ic_RT3,
                 View<T, 2> xyz_A3) {
  placement::check_shapes<T>("place_atoms", residues, trace_N3, ic_RT3, xyz_A3);
  launch<place_atoms_kernel<T>>(be, blocks_of(residues), kResidues, 0, residues, trace_N3, ic_RT3, xyz_A3);
}

template <class T>
void place_atoms_backward(Cuda be, PlacementView residues, View<const T, 2> trace_N3, View<const T, 3> ic_RT3,
                          View<const T, 2> dxyz_A3, View<T, 3> dic_RT3) {
  launch<place_atoms_backward_kernel<T>>(be, blocks_of(residues), kResidues, 0, residues, trace_N3, ic_RT3,
                                         dxyz_A3, dic_RT3);
}

template <class T>
void internal_coordinates(Cuda be, PlacementView residues, View<const T, 2> trace_N3, View<const T, 2> xyz_A3,
                          View<T, 3> ic_RT3) {
  placement::check_shapes<T>("internal_coordinates", residues, trace_N3, ic_RT3, xyz_A3);
  launch<internal_coordinates_kernel<T>>(be, blocks_of(residues), kResidues, 0, residues, trace_N3, xyz_A3,
                                         ic_RT3);
}

#define REGRAIN_INSTANTIATE(T)                                                                       \
  template void join_internal<T>(Cuda, InternalColumnsView<const T>, InternalColumnsView<const T>,   \
                                 View<T, 3>);                                                        \
  template void join_internal_backward<T>(Cuda, View<const T, 3>, InternalColumnsView<T>,            \
                                          InternalColumnsView<T>);                                   \
  template void place_atoms<T>(Cuda, PlacementView, View<const T, 2>, View<const T, 3>, View<T, 2>); \
  template void place_atoms_backward<T>(Cuda, PlacementView, View<const T, 2>, View<const T, 3>,     \
                                        View<const T, 2>, View<T, 3>);                               \
  template void internal_coordinates<T>(Cuda, PlacementView, View<const T, 2>, View<const T, 2>, View<T, 3>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
