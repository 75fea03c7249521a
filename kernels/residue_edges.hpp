// What a residue sees of another one: numbers that stay the same when the protein is moved or turned, and change when
// it is mirrored.
//
// Every residue has a frame, and points in space: N, O, CB and the middle of its side chain. An edge j -> i is described
// in the frame of i, with the direction back in the frame of j and the turn from one frame to the other.
#pragma once

#include <algorithm>
#include <cmath>

#include "engine/host_device.hpp"
#include "engine/view.hpp"
#include "kernels/exponential.hpp"

namespace regrain::kernels {

// columns of a residue's geometry
constexpr int kGeometryCa = 0, kGeometryAxes = 3, kGeometryPoints = 12, kResiduePoints = 4, kGeometry = 24;

// Two places further apart than this are of different chains.
constexpr int kPlaceGap = 1 << 20;

template <class T>
struct ResidueGeometry {
  View<const T, 2> rows_NG;     // CA, axes x, y, z of the frame, four points; Angstrom
  View<const int, 1> place_N;   // in the chain; other chains begin kPlaceGap or more behind
};

constexpr int kNearPlaces = 6;  // neighbours in the sequence that are told apart
constexpr int kPlaceKinds = 2 * kNearPlaces + 1;
constexpr int kCaRadial = 12, kCbRadial = 9;
// direction and offset of j in frame i, direction of i in frame j, turn, points of j in frame i, distances of CA and
// of CB as Gaussians, places in the sequence
constexpr int kEdgeFeatures = 3 + 3 + 3 + 9 + 3 * kResiduePoints + kCaRadial + kCbRadial + kPlaceKinds;
static_assert(kEdgeFeatures % 16 == 0);

namespace residue_edges {

constexpr double kLength = 10;  // Angstrom that count as one
constexpr double kFirstCa = 4, kStepCa = 1, kFirstCb = 3.5, kStepCb = 1.5;
constexpr int kPointCb = 2;  // of the four points

// v in the frame whose axes are the rows of `axes`
template <class T, class Out>
REGRAIN_HD inline void turn_into(const T* axes, const T* v, T scale, Out out) {
  for (int a = 0; a < 3; ++a) out[a] = scale * (axes[3 * a] * v[0] + axes[3 * a + 1] * v[1] + axes[3 * a + 2] * v[2]);
}

// n Gaussians of d, as far apart as they are wide
template <class T, class Out>
REGRAIN_HD inline void radial(T d, T first, T step, int n, Out out) {
  for (int k = 0; k < n; ++k) {
    const T x = (d - first) / step - static_cast<T>(k);
    out[k] = exponential(T(-0.5) * x * x);
  }
}

// -6 .. -1, 1 .. 6 with the ends standing for more, then another chain
REGRAIN_HD inline int place_kind(int separation) {
  const int size = separation < 0 ? -separation : separation;
  if (size >= kPlaceGap / 2) return 2 * kNearPlaces;
  const int near = size < kNearPlaces ? size : kNearPlaces;
  return separation < 0 ? kNearPlaces - near : kNearPlaces + near - 1;
}

}  // namespace residue_edges

// The features of an edge from the geometry of receiver and sender, each kGeometry numbers. Residues in one place have
// no direction: zeros. `out` is a pointer, or what is indexed and moved on like one.
template <class T, class Out>
REGRAIN_HD inline void edge_features(const T* receiver, const T* sender, int separation, Out out) {
  namespace e = residue_edges;
  const T *ri = receiver + kGeometryAxes, *rj = sender + kGeometryAxes;
  T r[3], back[3];
  for (int a = 0; a < 3; ++a) r[a] = sender[a] - receiver[a];
  const T d = std::sqrt(r[0] * r[0] + r[1] * r[1] + r[2] * r[2]);
  const T inverse = d > T(1e-6) ? T(1) / d : T(0), unit = T(1 / e::kLength);
  for (int a = 0; a < 3; ++a) back[a] = -r[a];
  e::turn_into(ri, r, inverse, out);
  e::turn_into(ri, r, unit, out + 3);
  e::turn_into(rj, back, inverse, out + 6);
  for (int a = 0; a < 3; ++a) e::turn_into(ri, rj + 3 * a, T(1), out + 9 + 3 * a);
  out += 18;
  const T* points = sender + kGeometryPoints;
  for (int p = 0; p < kResiduePoints; ++p, out += 3) {
    T v[3];
    for (int a = 0; a < 3; ++a) v[a] = points[3 * p + a] - receiver[a];
    e::turn_into(ri, v, unit, out);
  }
  e::radial(d, static_cast<T>(e::kFirstCa), static_cast<T>(e::kStepCa), kCaRadial, out);
  out += kCaRadial;
  const T *cb_i = receiver + kGeometryPoints + 3 * e::kPointCb, *cb_j = points + 3 * e::kPointCb;
  T squared = T(0);
  for (int a = 0; a < 3; ++a) squared += (cb_j[a] - cb_i[a]) * (cb_j[a] - cb_i[a]);
  e::radial(std::sqrt(squared), static_cast<T>(e::kFirstCb), static_cast<T>(e::kStepCb), kCbRadial, out);
  out += kCbRadial;
  for (int k = 0; k < kPlaceKinds; ++k) out[k] = T(0);
  out[e::place_kind(separation)] = T(1);
}

}  // namespace regrain::kernels
