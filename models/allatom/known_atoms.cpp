#include "models/allatom/known_atoms.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "engine/errors.hpp"
#include "kernels/parallel.hpp"
#include "kernels/side_chain_placement.hpp"

namespace regrain::models::allatom {

namespace {

namespace p = kernels::peptide;
using namespace kernels::side_chains;
using kernels::kAtC;
using kernels::kAtCa;
using kernels::kAtCb;
using kernels::kAtN;
using kernels::kAtO;

template <class T>
bool is_known(const T* atoms, int slot) {
  return std::isfinite(atoms[3 * slot] + atoms[3 * slot + 1] + atoms[3 * slot + 2]);
}

// Peptide from residue i to the next: what is known of it goes to the backbones, and so does the rest if some is known.
template <class T>
void keep_peptide(const kernels::TraceFrames<T>& trace, View<const T, 3> known, int i, View<T, 3> backbone) {
  const int residue[3] = {i, i, i + 1}, slot[3] = {kAtC, kAtO, kAtN};
  const T *ca = trace.ca_N3.row(i), *next = trace.ca_N3.row(i + 1);
  T x[3], y[3] = {};
  for (int k = 0; k < 3; ++k) x[k] = next[k] - ca[k];
  const T length = std::sqrt(p::dot3(x, x));
  if (!p::normalize(x)) x[0] = T(1), x[1] = x[2] = T(0);
  const p::Template form = p::peptide_of_length(static_cast<double>(length));
  bool is[3], any = false;
  for (int a = 0; a < 3; ++a) {
    const T* at = known.row(residue[a]) + 3 * slot[a];
    is[a] = is_known(known.row(residue[a]), slot[a]);
    any |= is[a];
    for (int k = 0; is[a] && k < 3; ++k) y[k] += static_cast<T>(form.y[a]) * (at[k] - ca[k]);
  }
  if (!any) return;
  p::normal_part(x, y);
  T atoms[3][3];
  p::peptide_in_plane(x, y, length, atoms);
  for (int a = 0; a < 3; ++a)
    for (int k = 0; k < 3; ++k) backbone(residue[a], slot[a], k) = is[a] ? known(residue[a], slot[a], k) : ca[k] + atoms[a][k];
}

// The chi that known atoms of a residue tell: of each, the first atom it turns whose place and parents are known.
template <class T>
void chi_of_known(const SideChainTables<T>& tables, int type, const T* x, T* chi, bool* found) {
  for (int k = 0; k < kChi; ++k) found[k] = false;
  for (int s = kAtCb + 1; s < tables.n_slots[type]; ++s) {
    const int row = type * kSideChainSlots + s - kAtCb, k = tables.chi[row];
    const int* parents = tables.parents + row * 3;
    if (k < 0 || found[k] || !is_known(x, s) || !is_known(x, parents[0]) || !is_known(x, parents[1]) || !is_known(x, parents[2])) continue;
    T angle;
    if (!torsion(load3(x + 3 * parents[2]), load3(x + 3 * parents[1]), load3(x + 3 * parents[0]), load3(x + 3 * s), angle)) continue;
    const T* g = tables.geometry + row * 4;
    chi[k] = std::remainder(angle - std::atan2(g[3], g[2]), static_cast<T>(2 * std::numbers::pi));
    found[k] = true;
  }
}

}  // namespace

template <class T>
void keep_backbone(Cpu be, const kernels::TraceFrames<T>& trace, View<const T, 3> known, View<T, 3> backbone) {
  const int n = trace.ca_N3.dim(0);
  REGRAIN_CHECK(known.dim(0) == n && known.dim(1) == kResidueSlots && backbone.dim(0) == n, "keep_backbone: known atoms of ", known.dim(0),
                " and backbones of ", backbone.dim(0), " residues for ", n);
  // a peptide has the C and O of its own residue and the N of the next one: nothing is written twice
  kernels::parallel_for(be, n, 100.0 * n, [&](int i) {
    const bool linked = trace.linked_N(i) && i + 1 < n;
    const T* own = known.row(i);
    if ((i == 0 || !trace.linked_N(i - 1)) && is_known(own, kAtN)) std::copy_n(own + 3 * kAtN, 3, &backbone(i, kAtN, 0));
    if (linked) return keep_peptide(trace, known, i, backbone);
    const bool c = is_known(own, kAtC), o = is_known(own, kAtO);
    const T* ca = trace.ca_N3.row(i);
    if (c && !o) {
      T at_c[3], predicted[3], at_o[3];
      for (int k = 0; k < 3; ++k) at_c[k] = own[3 * kAtC + k] - ca[k], predicted[k] = backbone(i, kAtO, k) - ca[k];
      p::last_oxygen(at_c, predicted, at_o);
      for (int k = 0; k < 3; ++k) backbone(i, kAtO, k) = ca[k] + at_o[k];
    }
    if (c) std::copy_n(own + 3 * kAtC, 3, &backbone(i, kAtC, 0));
    if (o) std::copy_n(own + 3 * kAtO, 3, &backbone(i, kAtO, 0));
  });
}

template <class T>
void keep_chi(Cpu be, View<const int, 1> type, View<const T, 3> known, View<T, 3> chi_NS4) {
  const auto tables = side_chain_tables<T>();
  kernels::parallel_for(be, type.dim(0), 300.0 * type.dim(0), [&](int i) {
    T chi[kChi];
    bool found[kChi];
    chi_of_known(tables, type(i), known.row(i), chi, found);
    for (int k = 0; k < kChi; ++k)
      for (int s = 0; found[k] && s < chi_NS4.dim(1); ++s) chi_NS4(i, s, k) = chi[k];
  });
}

template <class T>
void given_residues(Cpu be, View<const int, 1> type, View<const T, 3> known, View<char, 1> given) {
  const auto tables = side_chain_tables<T>();
  kernels::parallel_for(be, type.dim(0), 50.0 * type.dim(0), [&](int i) {
    const T* x = known.row(i);
    bool all = true;
    for (int s = 0; s < tables.n_slots[type(i)]; ++s) all &= s == kAtCa || is_known(x, s);
    const bool backbone = is_known(x, kAtN) || is_known(x, kAtC) || is_known(x, kAtO);
    given(i) = all ? kGivenWhole : backbone ? kGivenBackbone : kNotGiven;
  });
}

template <class T>
void keep_atoms(Cpu be, View<const int, 1> type, View<const T, 3> known, View<const T, 2> chi_N4, View<T, 3> atoms) {
  const auto tables = side_chain_tables<T>();
  kernels::parallel_for(be, type.dim(0), 300.0 * type.dim(0), [&](int i) {
    const int n_slots = tables.n_slots[type(i)];
    const T* own = known.row(i);
    T* x = atoms.row(i);
    bool any = false;
    for (int s = 0; s < n_slots; ++s) any |= s != kAtCa && is_known(own, s);
    if (!any) return;
    T chi[kChi];
    bool found[kChi];
    chi_of_known(tables, type(i), own, chi, found);
    for (int k = 0; k < kChi; ++k)
      if (!found[k]) chi[k] = chi_N4(i, k);
    const Turns<T> turns(chi, tables.n_chi[type(i)]);
    for (int s = 0; s < n_slots; ++s) {
      if (s != kAtCa && is_known(own, s)) std::copy_n(own + 3 * s, 3, x + 3 * s);
      else if (s >= kAtCb) place_slot(tables, type(i), s, turns, x);
    }
  });
}

#define REGRAIN_INSTANTIATE(T)                                                                                        \
  template void keep_backbone<T>(Cpu, const kernels::TraceFrames<T>&, View<const T, 3>, View<T, 3>);                  \
  template void keep_chi<T>(Cpu, View<const int, 1>, View<const T, 3>, View<T, 3>);                                   \
  template void given_residues<T>(Cpu, View<const int, 1>, View<const T, 3>, View<char, 1>);                          \
  template void keep_atoms<T>(Cpu, View<const int, 1>, View<const T, 3>, View<const T, 2>, View<T, 3>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::models::allatom
