#include "autodiff/internal_coordinates.hpp"

namespace regrain {

namespace {

// f(value of a column, its place in ic) for every row of every column
template <class T, class F>
void for_each_entry(const InternalColumns<T>& columns, int first_row, F f) {
  const Var<T> all[3] = {columns.length, columns.angle, columns.torsion};
  for (int c = 0; c < 3; ++c) {
    const int n = all[c].dim(0), rows = all[c].dim(1);
    for (int r = 0; r < n; ++r)
      for (int t = 0; t < rows; ++t)
        f(all[c], static_cast<std::size_t>(r * rows + t),
          static_cast<std::size_t>((r * kernels::kInternalRows + first_row + t) * 3 + c));
  }
}

}  // namespace

template <class T>
Var<T> join_internal(Tape<T>& tape, InternalColumns<T> backbone, InternalColumns<T> side) {
  constexpr int kBackboneRows = kernels::kInternalRows - kernels::kSideSlots;
  const int n = backbone.length.dim(0);
  for (const Var<T>& v : {backbone.length, backbone.angle, backbone.torsion})
    REGRAIN_CHECK(v.shape() == (Shape{n, kBackboneRows}), "join_internal: backbone ", v.shape().text());
  for (const Var<T>& v : {side.length, side.angle, side.torsion})
    REGRAIN_CHECK(v.shape() == (Shape{n, kernels::kSideSlots}), "join_internal: side chain ",
                  v.shape().text());
  Var<T> ic_RT3 =
      tape.result({n, kernels::kInternalRows, 3},
                  {backbone.length, backbone.angle, backbone.torsion, side.length, side.angle, side.torsion});
  tape.forward([&](auto) {
    const auto copy = [&](Var<T> v, std::size_t from, std::size_t to) {
      ic_RT3.mutable_value().data()[to] = v.value().data()[from];
    };
    for_each_entry(backbone, 0, copy);
    for_each_entry(side, kBackboneRows, copy);
  });
  tape.on_backward({ic_RT3}, [=](auto) {
    const auto add_back = [&](Var<T> v, std::size_t to, std::size_t from) {
      if (v.requires_grad()) v.grad().data()[to] += ic_RT3.grad().data()[from];
    };
    for_each_entry(backbone, 0, add_back);
    for_each_entry(side, kBackboneRows, add_back);
  });
  return ic_RT3;
}

template <class T>
Var<T> place_atoms(Tape<T>& tape, Var<T> ic_RT3, kernels::PlacementView residues, View<const T, 2> trace_N3,
                   int n_atoms) {
  Var<T> xyz_A3 = tape.result({n_atoms, 3}, {ic_RT3});
  tape.forward([&](auto be) {
    std::fill_n(xyz_A3.mutable_value().data(), xyz_A3.size(), T(0));
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
