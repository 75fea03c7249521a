#include "autodiff/bead_atoms.hpp"

namespace regrain {

template <class T>
Var<T> place_bead_atoms(Tape<T>& tape, Var<T> v_B3F, const kernels::Graph& beads, View<const int, 1> channel_A,
                        View<const T, 2> x_B3, bool recenter) {
  const kernels::GraphView g(beads);
  REGRAIN_CHECK(v_B3F.dim(0) == g.n_dst && x_B3.dim(0) == g.n_dst && channel_A.dim(0) == g.n_src,
                "place_bead_atoms: vectors of ", v_B3F.dim(0), " beads, ", x_B3.dim(0), " positions, ",
                channel_A.dim(0), " atoms, the map has ", g.n_src, " -> ", g.n_dst);
  Var<T> xyz = tape.result({g.n_src, 3}, {v_B3F});
  tape.forward([&](auto be) {
    kernels::place_bead_atoms<T>(be, g, channel_A, recenter, v_B3F.value(), x_B3, xyz.mutable_value());
  });
  // dv(I, channel) = dxyz_i - mean over the bead
  tape.on_backward({xyz}, [=](auto be) {
    kernels::place_bead_atoms_backward<T>(be, g, channel_A, recenter, xyz.grad(), v_B3F.grad());
  });
  return xyz;
}

template Var<float> place_bead_atoms<float>(Tape<float>&, Var<float>, const kernels::Graph&, View<const int, 1>,
                                            View<const float, 2>, bool);
template Var<double> place_bead_atoms<double>(Tape<double>&, Var<double>, const kernels::Graph&, View<const int, 1>,
                                              View<const double, 2>, bool);

}  // namespace regrain
