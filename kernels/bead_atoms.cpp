#include "kernels/bead_atoms.hpp"

#include "engine/errors.hpp"
#include "kernels/parallel.hpp"

namespace regrain::kernels {

namespace {

template <class T, class F>
void for_atoms(GraphView beads, int bead, F f) {
  for (int e = beads.offset[bead]; e < beads.offset[bead + 1]; ++e) f(beads.src[e]);
}

}  // namespace

template <class T>
void place_bead_atoms(Cpu be, GraphView beads, View<const int, 1> channel_A, bool recenter, View<const T, 3> v_B3F,
                      View<const T, 2> x_B3, View<T, 2> xyz_A3) {
  const int f = v_B3F.dim(2);
  for (int c : channel_A)
    REGRAIN_CHECK(c >= 0 && c < f, "place_bead_atoms: a bead has more than ", f, " atoms, one per channel");
  parallel_for(be, beads.n_dst, 20.0 * beads.n_edges, [&](int b) {
    const int size = beads.offset[b + 1] - beads.offset[b];
    for (int axis = 0; axis < 3; ++axis) {
      const T* v = v_B3F.row(b) + axis * f;
      T mean = T(0);
      if (recenter) {
        for_atoms<T>(beads, b, [&](int i) { mean += v[channel_A(i)]; });
        mean /= static_cast<T>(std::max(size, 1));
      }
      for_atoms<T>(beads, b, [&](int i) { xyz_A3(i, axis) = x_B3(b, axis) + (v[channel_A(i)] - mean); });
    }
  });
}

template <class T>
void place_bead_atoms_backward(Cpu be, GraphView beads, View<const int, 1> channel_A, bool recenter,
                               View<const T, 2> dxyz_A3, View<T, 3> dv_B3F) {
  const int f = dv_B3F.dim(2);
  parallel_for(be, beads.n_dst, 20.0 * beads.n_edges, [&](int b) {
    const int size = beads.offset[b + 1] - beads.offset[b];
    for (int axis = 0; axis < 3; ++axis) {
      T* dv = dv_B3F.row(b) + axis * f;
      T mean = T(0);
      if (recenter) {
        for_atoms<T>(beads, b, [&](int i) { mean += dxyz_A3(i, axis); });
        mean /= static_cast<T>(std::max(size, 1));
      }
      for_atoms<T>(beads, b, [&](int i) { dv[channel_A(i)] += dxyz_A3(i, axis) - mean; });
    }
  });
}

#define REGRAIN_INSTANTIATE(T)                                                                                      \
  template void place_bead_atoms<T>(Cpu, GraphView, View<const int, 1>, bool, View<const T, 3>, View<const T, 2>,   \
                                    View<T, 2>);                                                                    \
  template void place_bead_atoms_backward<T>(Cpu, GraphView, View<const int, 1>, bool, View<const T, 2>, View<T, 3>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
