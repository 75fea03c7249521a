// Atoms of beads on the device: a warp a bead, a lane an atom and every 32nd after it.
//
// A bead has some ten atoms, and a warp takes their mean without a barrier. Every atom has one bead and a
// channel of its own in it, so every element has one writer.
#include "kernels/bead_atoms.hpp"

#include "kernels/cuda/launch.hpp"
#include "kernels/cuda/sums.cuh"

namespace regrain::kernels {

namespace {

// The bead of this warp and its atoms.
struct Bead {
  int bead, begin, end, lane;

  __device__ explicit Bead(const GraphView& beads) : lane(static_cast<int>(threadIdx.x % 32)) {
    const std::size_t warp = thread_of_grid() / 32;
    bead = warp < static_cast<std::size_t>(beads.n_dst) ? static_cast<int>(warp) : -1;
    begin = bead < 0 ? 0 : beads.offset[bead];
    end = bead < 0 ? 0 : beads.offset[bead + 1];
  }
  // The mean over the bead's atoms of element (atom, axis) for the three axes, in every lane. All lanes call
  // it.
  template <class T, class F>
  __device__ void mean(const GraphView& beads, F f, T (&mean_3)[3]) const {
    for (T& m : mean_3) m = T(0);
    for (int e = begin + lane; e < end; e += 32) {
      const int i = beads.src[e];
      for (int axis = 0; axis < 3; ++axis) mean_3[axis] += f(i, axis);
    }
    const T size = static_cast<T>(end > begin ? end - begin : 1);
    for (T& m : mean_3) m = warp_sum(m) / size;
  }
};

// xyz(i) = x(I) + v(I, channel(i)) [- mean over the atoms of I]. Grid: warp I writes the atoms of bead I.
// Scattered reads and writes of 3 values an atom: limited by their latency.
template <class T>
__global__ void __launch_bounds__(kBlock)
    place_bead_atoms_kernel(GraphView beads, View<const int, 1> channel_A, bool recenter,
                            View<const T, 3> v_B3F, View<const T, 2> x_B3, View<T, 2> xyz_A3) {
  const Bead at(beads);
  if (at.bead < 0) return;  // the whole warp
  T mean_3[3] = {};
  if (recenter)
    at.mean(
        beads, [&](int i, int axis) { return v_B3F(at.bead, axis, channel_A(i)); }, mean_3);
  for (int e = at.begin + at.lane; e < at.end; e += 32) {
    const int i = beads.src[e], channel = channel_A(i);
    for (int axis = 0; axis < 3; ++axis)
      xyz_A3(i, axis) = x_B3(at.bead, axis) + (v_B3F(at.bead, axis, channel) - mean_3[axis]);
  }
}

// dv(I, channel(i)) += dxyz(i) [- mean over the atoms of I]. Grid: warp I writes row I of dv; limited as
// above.
template <class T>
__global__ void __launch_bounds__(kBlock)
    place_bead_atoms_backward_kernel(GraphView beads, View<const int, 1> channel_A, bool recenter,
                                     View<const T, 2> dxyz_A3, View<T, 3> dv_B3F) {
  const Bead at(beads);
  if (at.bead < 0) return;  // the whole warp
  T mean_3[3] = {};
  if (recenter)
    at.mean(
        beads, [&](int i, int axis) { return dxyz_A3(i, axis); }, mean_3);
  for (int e = at.begin + at.lane; e < at.end; e += 32) {
    const int i = beads.src[e], channel = channel_A(i);
    for (int axis = 0; axis < 3; ++axis) dv_B3F(at.bead, axis, channel) += dxyz_A3(i, axis) - mean_3[axis];
  }
}

dim3 blocks_of(const GraphView& beads) { return blocks_for(static_cast<std::size_t>(beads.n_dst) * 32); }

}  // namespace

template <class T>
void place_bead_atoms(Cuda be, GraphView beads, View<const int, 1> channel_A, bool recenter,
                      View<const T, 3> v_B3F, View<const T, 2> x_B3, View<T, 2> xyz_A3) {
  launch<place_bead_atoms_kernel<T>>(be, blocks_of(beads), kBlock, 0, beads, channel_A, recenter, v_B3F, x_B3,
                                     xyz_A3);
}

template <class T>
void place_bead_atoms_backward(Cuda be, GraphView beads, View<const int, 1> channel_A, bool recenter,
                               View<const T, 2> dxyz_A3, View<T, 3> dv_B3F) {
  launch<place_bead_atoms_backward_kernel<T>>(be, blocks_of(beads), kBlock, 0, beads, channel_A, recenter,
                                              dxyz_A3, dv_B3F);
}

#define REGRAIN_INSTANTIATE(T)                                                                            \
  template void place_bead_atoms<T>(Cuda, GraphView, View<const int, 1>, bool, View<const T, 3>,          \
                                    View<const T, 2>, View<T, 2>);                                        \
  template void place_bead_atoms_backward<T>(Cuda, GraphView, View<const int, 1>, bool, View<const T, 2>, \
                                             View<T, 3>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
