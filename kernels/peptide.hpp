// Backbone atoms from what a network says of them in the frames of an alpha-carbon trace.
//
// A residue's frame has its x axis from the CA before to the CA behind it, y towards the outside of the bend; a bond's
// frame has x along CA -> next CA and y along the mean normal of the two bends. N, C and O are given in the first, C, O
// and the next N in the second. A peptide group is flat and rigid: all that is taken from the network between two CA is
// the turn about their axis. Cis where the CA are as near as only cis peptides have them.
#pragma once

#include <cmath>

#include "engine/backend.hpp"
#include "engine/host_device.hpp"
#include "engine/view.hpp"

namespace regrain::kernels {

// columns of the network's result: N, C, O in the residue's frame, C, O, next N in the bond's; Angstrom from the CA
constexpr int kPeptideOutputs = 18;
constexpr int kBackboneAtoms = 4;  // N, CA, C, O

// CA to CA, Angstrom: 3.80 in trans peptides, 2.92 in cis ones.
constexpr double kCisBelow = 3.3;

template <class T>
struct TraceFrames {
  View<const T, 2> ca_N3;
  View<const T, 3> residue_N33, bond_N33;  // axes as rows
  View<const int, 1> linked_N;             // 1: bonded to the next residue
};

namespace peptide {

// C, O and the next N of a flat peptide from CA, x along CA -> CA, y in the plane; medians of crystal structures for
// trans, ideal lengths and angles for cis.
struct Template {
  double length, x[3], y[3];
};
REGRAIN_HD constexpr Template trans_peptide() { return {3.80, {1.431, 1.649, 2.400}, {0.528, 1.740, -0.381}}; }
REGRAIN_HD constexpr Template cis_peptide() { return {2.916, {0.789, 0.205, 2.122}, {1.304, 2.387, 1.231}}; }

template <class T>
REGRAIN_HD inline T dot3(const T* a, const T* b) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}
template <class T>
REGRAIN_HD inline void cross3(const T* a, const T* b, T* out) {
  out[0] = a[1] * b[2] - a[2] * b[1];
  out[1] = a[2] * b[0] - a[0] * b[2];
  out[2] = a[0] * b[1] - a[1] * b[0];
}
// out = sum over axes of v[a] axes[a]: from a frame to space
template <class T>
REGRAIN_HD inline void out_of(const T* axes, const T* v, T* out) {
  for (int k = 0; k < 3; ++k) out[k] = v[0] * axes[k] + v[1] * axes[3 + k] + v[2] * axes[6 + k];
}
// Makes v one long; false, and v as it was, where it has no direction.
template <class T>
REGRAIN_HD inline bool normalize(T* v) {
  const T length = std::sqrt(dot3(v, v));
  if (!(length > T(1e-4))) return false;
  for (int k = 0; k < 3; ++k) v[k] /= length;
  return true;
}
// A direction at right angles to the unit vector x: along the axis of space that is furthest from it.
template <class T>
REGRAIN_HD inline void any_normal(const T* x, T* out) {
  int axis = 0;
  for (int k = 1; k < 3; ++k)
    if (std::abs(x[k]) < std::abs(x[axis])) axis = k;
  for (int k = 0; k < 3; ++k) out[k] = (k == axis ? T(1) : T(0)) - x[axis] * x[k];
  normalize(out);
}
// What of v stands at right angles to the unit vector x, made one long; any such direction where nothing does.
template <class T>
REGRAIN_HD inline void normal_part(const T* x, T* v) {
  const T along = dot3(x, v);
  for (int k = 0; k < 3; ++k) v[k] -= along * x[k];
  if (!normalize(v)) any_normal(x, v);
}

// cos and sin of the torsion a-b-c-d; 0 and 0 where it has none
template <class T>
REGRAIN_HD inline void torsion(const T* a, const T* b, const T* c, const T* d, T* cos_sin) {
  T ab[3], bc[3], cd[3], n1[3], n2[3], m[3];
  for (int k = 0; k < 3; ++k) ab[k] = b[k] - a[k], bc[k] = c[k] - b[k], cd[k] = d[k] - c[k];
  cross3(ab, bc, n1);
  cross3(bc, cd, n2);
  normalize(bc);
  cross3(n1, bc, m);
  const T x = dot3(n1, n2), y = -dot3(m, n2), length = std::sqrt(x * x + y * y);
  cos_sin[0] = length > T(1e-6) ? x / length : T(0);
  cos_sin[1] = length > T(1e-6) ? y / length : T(0);
}

REGRAIN_HD constexpr Template peptide_of_length(double length) { return length < kCisBelow ? cis_peptide() : trans_peptide(); }

// C, O and the next N from CA; x along CA -> CA, which are `length` apart, y at a right angle to it.
template <class T>
REGRAIN_HD inline void peptide_in_plane(const T* x, const T* y, T length, T (*atoms)[3]) {
  const Template form = peptide_of_length(static_cast<double>(length));
  const T shift = (length - static_cast<T>(form.length)) / T(2);
  for (int p = 0; p < 3; ++p)
    for (int k = 0; k < 3; ++k) atoms[p][k] = (static_cast<T>(form.x[p]) + shift) * x[k] + static_cast<T>(form.y[p]) * y[k];
}

// C, O of residue i and N of the next, bonded one, each from its CA: rows 0, 1 from CA i, row 2 from CA i as well.
template <class T>
REGRAIN_HD inline void peptide_atoms(const TraceFrames<T>& trace, View<const T, 2> out_NF, int i, T (*atoms)[3]) {
  const T *ca = trace.ca_N3.row(i), *next = trace.ca_N3.row(i + 1);
  T x[3];
  for (int k = 0; k < 3; ++k) x[k] = next[k] - ca[k];
  const T length = std::sqrt(dot3(x, x));
  if (!normalize(x)) x[0] = T(1), x[1] = x[2] = T(0);
  const Template form = peptide_of_length(static_cast<double>(length));
  // seen from both frames: C, O, next N
  const T *own = out_NF.row(i), *behind = out_NF.row(i + 1);
  T y[3] = {};
  for (int p = 0; p < 3; ++p) {
    T a[3], b[3];
    out_of(p < 2 ? trace.residue_N33.row(i) : trace.residue_N33.row(i + 1), p < 2 ? own + 3 + 3 * p : behind, a);
    out_of(trace.bond_N33.row(i), own + 9 + 3 * p, b);
    for (int k = 0; k < 3; ++k) {
      if (p == 2) a[k] += next[k] - ca[k];
      y[k] += static_cast<T>(form.y[p]) * (a[k] + b[k]);
    }
  }
  normal_part(x, y);
  peptide_in_plane(x, y, length, atoms);
}

constexpr double kNCa = 1.459, kCaC = 1.525, kCO = 1.231;
constexpr double kCaCO = 120.5 * 3.14159265358979323846 / 180, kNCaC = 111.0 * 3.14159265358979323846 / 180;

// An atom at an ideal distance in the direction the residue's frame gives, for what has no peptide beside it.
template <class T>
REGRAIN_HD inline void free_atom(const T* axes, const T* local, T length, T* out) {
  out_of(axes, local, out);
  if (!normalize(out)) any_normal(axes, out);
  for (int k = 0; k < 3; ++k) out[k] *= length;
}
// The same beside an atom that has its place: at N-CA-C's angle to it, in the plane of it and of that direction.
template <class T>
REGRAIN_HD inline void free_atom_beside(const T* other, const T* axes, const T* local, T length, T* out) {
  T along[3];
  for (int k = 0; k < 3; ++k) along[k] = other[k];
  if (!normalize(along)) return free_atom(axes, local, length, out);
  out_of(axes, local, out);
  normal_part(along, out);
  for (int k = 0; k < 3; ++k)
    out[k] = length * (static_cast<T>(std::cos(kNCaC)) * along[k] + static_cast<T>(std::sin(kNCaC)) * out[k]);
}


// O of the last residue: at the ideal length and angle from C, in the plane the network's O lies in.
template <class T>
REGRAIN_HD inline void last_oxygen(const T* c, const T* predicted, T* o) {
  T along[3], side[3];
  for (int k = 0; k < 3; ++k) along[k] = c[k], side[k] = predicted[k] - c[k];
  normalize(along);
  normal_part(along, side);
  for (int k = 0; k < 3; ++k)
    o[k] = c[k] + static_cast<T>(kCO) * (static_cast<T>(-std::cos(kCaCO)) * along[k] + static_cast<T>(std::sin(kCaCO)) * side[k]);
}

}  // namespace peptide

// N, CA, C, O of residue i; `linked_before`: the residue before is bonded to it.
template <class T>
REGRAIN_HD inline void residue_backbone(const TraceFrames<T>& trace, View<const T, 2> out_NF, int i, bool linked_before, T* atoms) {
  namespace p = peptide;
  const T *ca = trace.ca_N3.row(i), *axes = trace.residue_N33.row(i), *own = out_NF.row(i);
  T found[3][3], n[3], c[3], o[3];
  const bool linked = trace.linked_N(i);
  if (linked) {
    p::peptide_atoms(trace, out_NF, i, found);
    for (int k = 0; k < 3; ++k) c[k] = found[0][k], o[k] = found[1][k];
  }
  if (linked_before) {
    p::peptide_atoms(trace, out_NF, i - 1, found);
    for (int k = 0; k < 3; ++k) n[k] = found[2][k] + trace.ca_N3(i - 1, k) - ca[k];
  } else if (linked) {
    p::free_atom_beside(c, axes, own, static_cast<T>(p::kNCa), n);
  } else {
    p::free_atom(axes, own, static_cast<T>(p::kNCa), n);
  }
  if (!linked) {
    p::free_atom_beside(n, axes, own + 3, static_cast<T>(p::kCaC), c);
    T predicted[3];
    p::out_of(axes, own + 6, predicted);
    p::last_oxygen(c, predicted, o);
  }
  for (int k = 0; k < 3; ++k) {
    atoms[k] = ca[k] + n[k];
    atoms[3 + k] = ca[k];
    atoms[6 + k] = ca[k] + c[k];
    atoms[9 + k] = ca[k] + o[k];
  }
}

// backbone (N,4,3), Angstrom, from the network's result (N,18). Without a derivative: what comes behind takes it as data.
template <class T>
void trace_backbone(Cpu, const TraceFrames<T>& trace, View<const T, 2> out_NF, View<T, 3> backbone_N43);
template <class T>
void trace_backbone(Cuda, const TraceFrames<T>& trace, View<const T, 2> out_NF, View<T, 3> backbone_N43);

}  // namespace regrain::kernels
