// What the residues' network sees once the backbone is there: the geometry its messages read, and features of a residue.
#pragma once

#include <cmath>

#include "engine/backend.hpp"
#include "kernels/peptide.hpp"
#include "kernels/residue_edges.hpp"

namespace regrain::kernels {

// N, C, O, CB in the residue's frame; cos and sin of phi and psi, and whether there are any; the angle N-CA-C
constexpr int kBackboneFeatures = 12 + 6 + 1;

// From CA to the middle of the side chain, Angstrom, by residue type (models/allatom/side_chain_templates.hpp): ALA, ARG,
// ... VAL, SEP, TPO. Rounded means of crystal structures; it only says where about a side chain is.
template <class T>
REGRAIN_HD inline T side_chain_reach(int type) {
  constexpr double reach[22] = {1.53, 4.11, 2.50, 2.49, 2.07, 3.09, 3.13, 0,    3.15, 2.32, 2.62,
                                3.49, 2.98, 3.41, 1.87, 1.90, 1.94, 3.88, 3.84, 1.97, 2.9,  2.9};
  return type >= 0 && type < 22 ? static_cast<T>(reach[type]) : T(0);
}

namespace peptide {

// CB of an L residue from N, CA, C: the corner of a tetrahedron.
template <class T>
REGRAIN_HD inline void ideal_cb(const T* n, const T* ca, const T* c, T* cb) {
  T b[3], d[3], a[3];
  for (int k = 0; k < 3; ++k) b[k] = ca[k] - n[k], d[k] = c[k] - ca[k];
  cross3(b, d, a);
  for (int k = 0; k < 3; ++k) cb[k] = ca[k] + T(-0.58273431) * a[k] + T(0.56802827) * b[k] + T(-0.54067466) * d[k];
}

}  // namespace peptide

// Row i of the geometry and of the features.
template <class T>
REGRAIN_HD inline void residue_geometry(const TraceFrames<T>& trace, View<const T, 3> backbone, int type, int i, bool linked_before,
                                        T* geometry, T* features) {
  namespace p = peptide;
  const T *n = backbone.row(i), *ca = n + 3, *c = n + 6, *o = n + 9, *axes = trace.residue_N33.row(i);
  const bool linked = trace.linked_N(i) != 0;
  const T reach = side_chain_reach<T>(type);
  T cb[3], side[3];
  p::ideal_cb(n, ca, c, cb);
  for (int k = 0; k < 3; ++k) side[k] = cb[k] - ca[k];
  p::normalize(side);
  T* points = geometry + kGeometryPoints;
  for (int k = 0; k < 3; ++k) {
    geometry[kGeometryCa + k] = ca[k];
    points[k] = n[k];
    points[3 + k] = o[k];
    points[6 + k] = cb[k];
    points[9 + k] = ca[k] + reach * side[k];
  }
  for (int k = 0; k < 9; ++k) geometry[kGeometryAxes + k] = axes[k];

  constexpr T kBond = T(1.5);  // what counts as one
  const T* atoms[4] = {n, c, o, cb};
  for (int a = 0; a < 4; ++a) {
    T v[3];
    for (int k = 0; k < 3; ++k) v[k] = (atoms[a][k] - ca[k]) / kBond;
    for (int k = 0; k < 3; ++k) features[3 * a + k] = p::dot3(axes + 3 * k, v);
  }
  for (int k = 12; k < 18; ++k) features[k] = T(0);
  if (linked_before) p::torsion(backbone.row(i - 1) + 6, n, ca, c, features + 12), features[16] = T(1);
  if (linked) p::torsion(n, ca, c, backbone.row(i + 1), features + 14), features[17] = T(1);
  T to_n[3], to_c[3];
  for (int k = 0; k < 3; ++k) to_n[k] = n[k] - ca[k], to_c[k] = c[k] - ca[k];
  p::normalize(to_n);
  p::normalize(to_c);
  features[18] = T(5) * (p::dot3(to_n, to_c) + T(0.36));  // 111 degrees are 0
}

// rows (N, kGeometry) and features (N, kBackboneFeatures) from the backbone. Without a derivative.
template <class T>
void residue_geometry(Cpu, const TraceFrames<T>& trace, View<const T, 3> backbone_N43, View<const int, 1> type_N,
                      View<T, 2> rows_NG, View<T, 2> features_NF);
template <class T>
void residue_geometry(Cuda, const TraceFrames<T>& trace, View<const T, 3> backbone_N43, View<const int, 1> type_N,
                      View<T, 2> rows_NG, View<T, 2> features_NF);

}  // namespace regrain::kernels
