#include "kernels/side_chains.hpp"

#include "engine/errors.hpp"
#include "kernels/parallel.hpp"
#include "kernels/side_chain_placement.hpp"

namespace regrain::kernels {

namespace {

constexpr double kWorkPerResidue = 500;

template <class T>
void check(const char* name, const SideChainTables<T>& tables, View<const int, 1> type_R, int n_residues) {
  REGRAIN_CHECK(type_R.dim(0) == n_residues, name, ": ", type_R.dim(0), " types for ", n_residues, " residues");
  for (const int& type : type_R)
    REGRAIN_CHECK(type >= 0 && type < tables.n_types, name, ": residue ", &type - type_R.data(), " is of type ", type,
                  ", there are ", tables.n_types);
}

}  // namespace

template <class T>
void place_residues(Cpu be, SideChainTables<T> tables, View<const int, 1> type_R, View<const T, 3> backbone_R43,
                    View<const T, 2> chi_R4, View<T, 3> atoms_R14_3) {
  const int n = atoms_R14_3.dim(0);
  check("place_residues", tables, type_R, n);
  REGRAIN_CHECK(backbone_R43.dim(0) == n && backbone_R43.dim(1) == kBackboneSlots && backbone_R43.dim(2) == 3 &&
                    chi_R4.dim(0) == n && chi_R4.dim(1) == kChi && atoms_R14_3.dim(1) == kResidueSlots &&
                    atoms_R14_3.dim(2) == 3,
                "place_residues: backbones of ", backbone_R43.dim(0), " residues and chi of ", chi_R4.dim(0), " for ", n);
  parallel_for(be, n, kWorkPerResidue * n, [&](int r) {
    side_chains::place_residue(tables, type_R(r), backbone_R43.row(r), chi_R4.row(r), atoms_R14_3.row(r));
  });
}

template <class T>
void place_residues_backward(Cpu be, SideChainTables<T> tables, View<const int, 1> type_R,
                             View<const T, 3> atoms_R14_3, View<const T, 3> datoms_R14_3, View<T, 2> dchi_R4) {
  const int n = atoms_R14_3.dim(0);
  check("place_residues_backward", tables, type_R, n);
  REGRAIN_CHECK(datoms_R14_3.dim(0) == n && dchi_R4.dim(0) == n, "place_residues_backward: derivatives of ",
                datoms_R14_3.dim(0), " and ", dchi_R4.dim(0), " residues for ", n);
  parallel_for(be, n, kWorkPerResidue * n, [&](int r) {
    side_chains::add_chi_moments(tables, type_R(r), atoms_R14_3.row(r), datoms_R14_3.row(r), dchi_R4.row(r));
  });
}

template <class T>
void place_side_chains(Cpu be, SideChainTables<T> tables, View<const int, 1> type_R, View<const T, 3> backbone_R43,
                       View<const T, 3> chi_RS4, View<T, 4> side_RS10_3) {
  const int n = side_RS10_3.dim(0), n_draws = side_RS10_3.dim(1);
  check("place_side_chains", tables, type_R, n);
  REGRAIN_CHECK(backbone_R43.dim(0) == n && chi_RS4.dim(0) == n && chi_RS4.dim(1) == n_draws &&
                    chi_RS4.dim(2) == kChi && side_RS10_3.dim(2) == kSideChainSlots && side_RS10_3.dim(3) == 3,
                "place_side_chains: backbones of ", backbone_R43.dim(0), " residues and ", chi_RS4.dim(1),
                " draws of chi of ", chi_RS4.dim(0), " for ", n_draws, " draws of ", n);
  parallel_for(be, n, kWorkPerResidue * n * n_draws, [&](int r) {
    for (int d = 0; d < n_draws; ++d) {
      T x[kResidueSlots * 3];
      side_chains::place_residue(tables, type_R(r), backbone_R43.row(r), &chi_RS4(r, d, 0), x);
      std::copy(x + kAtCb * 3, x + kResidueSlots * 3, &side_RS10_3(r, d, 0, 0));
    }
  });
}

template <class T>
void chi_angles(Cpu be, SideChainTables<T> tables, View<const int, 1> type_R, View<const T, 3> atoms_R14_3,
                View<T, 2> chi_R4, View<char, 2> valid_R4) {
  const int n = atoms_R14_3.dim(0);
  check("chi_angles", tables, type_R, n);
  REGRAIN_CHECK(chi_R4.dim(0) == n && valid_R4.dim(0) == n, "chi_angles: room for ", chi_R4.dim(0), " and ",
                valid_R4.dim(0), " residues, expected ", n);
  parallel_for(be, n, kWorkPerResidue * n, [&](int r) {
    side_chains::chi_of(tables, type_R(r), atoms_R14_3.row(r), chi_R4.row(r), valid_R4.row(r));
  });
}

#define REGRAIN_INSTANTIATE(T)                                                                                      \
  template void place_residues<T>(Cpu, SideChainTables<T>, View<const int, 1>, View<const T, 3>, View<const T, 2>,  \
                                  View<T, 3>);                                                                      \
  template void place_residues_backward<T>(Cpu, SideChainTables<T>, View<const int, 1>, View<const T, 3>,           \
                                           View<const T, 3>, View<T, 2>);                                           \
  template void place_side_chains<T>(Cpu, SideChainTables<T>, View<const int, 1>, View<const T, 3>,                 \
                                     View<const T, 3>, View<T, 4>);                                                 \
  template void chi_angles<T>(Cpu, SideChainTables<T>, View<const int, 1>, View<const T, 3>, View<T, 2>, View<char, 2>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
