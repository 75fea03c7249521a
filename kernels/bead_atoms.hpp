// Atoms of a bead from the bead's vector channels: atom i of bead I takes channel rank(i) of I's
// vectors as its offset, the mean offset of a bead is taken away, and the bead's position added
// (Wang et al. 2022, the decoder's last step).
#pragma once

#include "engine/backend.hpp"
#include "engine/view.hpp"
#include "kernels/graph.hpp"

namespace regrain::kernels {

// `beads` is the pooling graph atoms -> beads; channel_A(i) < F, another for every atom of a bead. `recenter` false
// leaves the mean offset in, for bead positions that are not their atoms' mean.
template <class T>
void place_bead_atoms(Cpu, GraphView beads, View<const int, 1> channel_A, bool recenter, View<const T, 3> v_B3F,
                      View<const T, 2> x_B3, View<T, 2> xyz_A3);
template <class T>
void place_bead_atoms(Cuda, GraphView beads, View<const int, 1> channel_A, bool recenter, View<const T, 3> v_B3F,
                      View<const T, 2> x_B3, View<T, 2> xyz_A3);
// dv += derivative
template <class T>
void place_bead_atoms_backward(Cpu, GraphView beads, View<const int, 1> channel_A, bool recenter,
                               View<const T, 2> dxyz_A3, View<T, 3> dv_B3F);
template <class T>
void place_bead_atoms_backward(Cuda, GraphView beads, View<const int, 1> channel_A, bool recenter,
                               View<const T, 2> dxyz_A3, View<T, 3> dv_B3F);

}  // namespace regrain::kernels
