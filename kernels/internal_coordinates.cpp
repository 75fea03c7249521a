#include "kernels/internal_coordinates.hpp"

#include "engine/errors.hpp"
#include "kernels/parallel.hpp"
#include "kernels/placement.hpp"

namespace regrain::kernels {

namespace {

template <class T>
void check(const char* name, const PlacementView& r, View<const T, 2> trace_N3, View<const T, 3> ic_RT3,
           View<const T, 2> xyz_A3) {
  placement::check_shapes<T>(name, r, trace_N3, ic_RT3, xyz_A3);
  for (int i = 0; i < r.n_residues; ++i)
    REGRAIN_CHECK(r.trace[i] >= 1 && r.trace[i] + 1 < trace_N3.dim(0), name, ": residue ", i, " stands at ",
                  r.trace[i], " of a trace of ", trace_N3.dim(0), ", it needs a CA on both sides");
}

constexpr double kWorkPerResidue = 2000;

// f(view of a column, its place in ic) for every entry of every column
template <class T, class F>
void for_each_entry(int n, const InternalColumnsView<T>& columns, int first_row, int rows, F f) {
  const View<T, 2> all[3] = {columns.length, columns.angle, columns.torsion};
  for (int c = 0; c < 3; ++c)
    for (int r = 0; r < n; ++r)
      for (int t = 0; t < rows; ++t) f(all[c], r, t, (r * kInternalRows + first_row + t) * 3 + c);
}

}  // namespace

template <class T>
void join_internal(Cpu, InternalColumnsView<const T> backbone, InternalColumnsView<const T> side,
                   View<T, 3> ic_RT3) {
  const auto copy = [&](View<const T, 2> column, int r, int t, int to) { ic_RT3.data()[to] = column(r, t); };
  for_each_entry(ic_RT3.dim(0), backbone, 0, kBackboneRows, copy);
  for_each_entry(ic_RT3.dim(0), side, kBackboneRows, kSideSlots, copy);
}

template <class T>
void join_internal_backward(Cpu, View<const T, 3> dic_RT3, InternalColumnsView<T> dbackbone,
                            InternalColumnsView<T> dside) {
  const auto add_back = [&](View<T, 2> dcolumn, int r, int t, int from) {
    if (dcolumn.data()) dcolumn(r, t) += dic_RT3.data()[from];
  };
  for_each_entry(dic_RT3.dim(0), dbackbone, 0, kBackboneRows, add_back);
  for_each_entry(dic_RT3.dim(0), dside, kBackboneRows, kSideSlots, add_back);
}

template <class T>
void place_atoms(Cpu be, PlacementView residues, View<const T, 2> trace_N3, View<const T, 3> ic_RT3,
                 View<T, 2> xyz_A3) {
  check<T>("place_atoms", residues, trace_N3, ic_RT3, xyz_A3);
  parallel_for(be, residues.n_residues, kWorkPerResidue * residues.n_residues,
               [&](int r) { placement::place_atoms_of(residues, r, trace_N3, ic_RT3, xyz_A3); });
}

template <class T>
void place_atoms_backward(Cpu be, PlacementView residues, View<const T, 2> trace_N3, View<const T, 3> ic_RT3,
                          View<const T, 2> dxyz_A3, View<T, 3> dic_RT3) {
  parallel_for(be, residues.n_residues, 3 * kWorkPerResidue * residues.n_residues,
               [&](int r) { placement::place_atoms_back(residues, r, trace_N3, ic_RT3, dxyz_A3, dic_RT3); });
}

template <class T>
void internal_coordinates(Cpu be, PlacementView residues, View<const T, 2> trace_N3, View<const T, 2> xyz_A3,
                          View<T, 3> ic_RT3) {
  check<T>("internal_coordinates", residues, trace_N3, ic_RT3, xyz_A3);
  parallel_for(be, residues.n_residues, kWorkPerResidue * residues.n_residues,
               [&](int r) { placement::internal_of(residues, r, trace_N3, xyz_A3, ic_RT3); });
}

#define REGRAIN_INSTANTIATE(T)                                                                      \
  template void join_internal<T>(Cpu, InternalColumnsView<const T>, InternalColumnsView<const T>,   \
                                 View<T, 3>);                                                       \
  template void join_internal_backward<T>(Cpu, View<const T, 3>, InternalColumnsView<T>,            \
                                          InternalColumnsView<T>);                                  \
  template void place_atoms<T>(Cpu, PlacementView, View<const T, 2>, View<const T, 3>, View<T, 2>); \
  template void place_atoms_backward<T>(Cpu, PlacementView, View<const T, 2>, View<const T, 3>,     \
                                        View<const T, 2>, View<T, 3>);                              \
  template void internal_coordinates<T>(Cpu, PlacementView, View<const T, 2>, View<const T, 2>, View<T, 3>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
