#include "autodiff/internal_coordinates.hpp"

namespace regrain {

namespace {

template <class T>
kernels::InternalColumnsView<const T> values(InternalColumns<T> columns) {
  return {columns.length.value(), columns.angle.value(), columns.torsion.value()};
}
template <class T>
kernels::InternalColumnsView<T> grads(InternalColumns<T> columns) {
  return {grad_or_null<2>(columns.length), grad_or_null<2>(columns.angle), grad_or_null<2>(columns.torsion)};
}

}  // namespace

template <class T>
Var<T> join_internal(Tape<T>& tape, InternalColumns<T> backbone, InternalColumns<T> side) {
  const int n = backbone.length.dim(0);
  for (const Var<T>& v : {backbone.length, backbone.angle, backbone.torsion})
    REGRAIN_CHECK(v.shape() == (Shape{n, kernels::kBackboneRows}), "join_internal: backbone ", v.shape().text());
  for (const Var<T>& v : {side.length, side.angle, side.torsion})
    REGRAIN_CHECK(v.shape() == (Shape{n, kernels::kSideSlots}), "join_internal: side chain ",
                  v.shape().text());
  Var<T> ic_RT3 =
      tape.result({n, kernels::kInternalRows, 3},
                  {backbone.length, backbone.angle, backbone.torsion, side.length, side.angle, side.torsion});
  tape.forward(
      [&](auto be) { kernels::join_internal<T>(be, values(backbone), values(side), ic_RT3.mutable_value()); });
  // every column takes its own of dic
  tape.on_backward({ic_RT3}, [=](auto be) {
    kernels::join_internal_backward<T>(be, ic_RT3.grad(), grads(backbone), grads(side));
  });
  return ic_RT3;
}

template <class T>
Var<T> place_atoms(Tape<T>& tape, Var<T> ic_RT3, kernels::PlacementView residues, View<const T, 2> trace_N3,
                   int n_atoms) {
  Var<T> xyz_A3 = tape.result({n_atoms, 3}, {ic_RT3});
  tape.context().zero(xyz_A3.mutable_value().data(), xyz_A3.size() * sizeof(T));
  tape.forward([&](auto be) {
    kernels::place_atoms<T>(be, residues, trace_N3, ic_RT3.value(), xyz_A3.mutable_value());
  });
  // each residue walks its own placements backwards
  tape.on_backward({xyz_A3}, [=](auto be) {
    kernels::place_atoms_backward<T>(be, residues, trace_N3, ic_RT3.value(), xyz_A3.grad(), ic_RT3.grad());
  });
  return xyz_A3;
}

#define REGRAIN_INSTANTIATE(T)                                                        \
  template Var<T> join_internal<T>(Tape<T>&, InternalColumns<T>, InternalColumns<T>); \
  template Var<T> place_atoms<T>(Tape<T>&, Var<T>, kernels::PlacementView, View<const T, 2>, int);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain
