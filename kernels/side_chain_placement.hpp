// One residue of side_chains.hpp, what the Cpu and the Cuda overloads share.
#pragma once

#include <cmath>

#include "engine/errors.hpp"
#include "engine/host_device.hpp"
#include "kernels/placement.hpp"
#include "kernels/side_chains.hpp"

namespace regrain::kernels::side_chains {

using placement::cross;
using placement::dot;
using placement::Vec3;

// squared lengths below this have no direction
template <class T>
constexpr T kNoLength = T(1e-10);

// some unit vector at a right angle to the unit vector u
template <class T>
REGRAIN_HD inline Vec3<T> perpendicular(const Vec3<T>& u) {
  const Vec3<T> v = std::abs(u.x) < T(0.6) ? Vec3<T>{T(0), u.z, -u.y} : Vec3<T>{-u.z, T(0), u.x};
  return T(1) / std::sqrt(dot(v, v)) * v;
}
template <class T>
REGRAIN_HD inline Vec3<T> unit(const Vec3<T>& v, const Vec3<T>& otherwise) {
  const T square = dot(v, v);
  return square > kNoLength<T> ? T(1) / std::sqrt(square) * v : otherwise;
}

template <class T>
REGRAIN_HD inline Vec3<T> load3(const T* p) {
  return {p[0], p[1], p[2]};
}
template <class T>
REGRAIN_HD inline void store3(T* p, const Vec3<T>& v) {
  p[0] = v.x, p[1] = v.y, p[2] = v.z;
}

// cos and sin of a residue's chi
template <class T>
struct Turns {
  T cosine[kChi], sine[kChi];

  REGRAIN_HD Turns(const T* chi, int n_chi) {
    for (int k = 0; k < kChi; ++k) {
      const T angle = k < n_chi ? chi[k] : T(0);
      cosine[k] = std::cos(angle);
      sine[k] = std::sin(angle);
    }
  }
};

// slot s of x (14, 3), from those before; slot 4 is CB
template <class T>
REGRAIN_HD inline void place_slot(const SideChainTables<T>& tables, int type, int s, const Turns<T>& turns, T* x) {
  const int row = type * kSideChainSlots + s - kAtCb;
  const int* parents = tables.parents + row * 3;
  const T* g = tables.geometry + row * 4;
  const Vec3<T> one = load3(x + 3 * parents[0]), two = load3(x + 3 * parents[1]), three = load3(x + 3 * parents[2]);
  const Vec3<T> u = unit(one - two, Vec3<T>{T(1), T(0), T(0)});
  const Vec3<T> c = cross(u, two - three);
  const Vec3<T> n = dot(c, c) > kNoLength<T> ? T(-1) / std::sqrt(dot(c, c)) * c : perpendicular(u);
  const Vec3<T> m = cross(n, u);
  T cosine = g[2], sine = g[3];
  if (const int k = tables.chi[row]; k >= 0) {
    cosine = turns.cosine[k] * g[2] - turns.sine[k] * g[3];
    sine = turns.sine[k] * g[2] + turns.cosine[k] * g[3];
  }
  store3(x + 3 * s, one + g[0] * u + g[1] * (cosine * m + sine * n));
}
// x (14, 3): its slots from `first` on
template <class T>
REGRAIN_HD inline void place_from(const SideChainTables<T>& tables, int type, int first, const Turns<T>& turns, T* x) {
  for (int s = first; s < tables.n_slots[type]; ++s) place_slot(tables, type, s, turns, x);
}

// x (14, 3) of backbone (4, 3) and chi (4)
template <class T>
REGRAIN_HD inline void place_residue(const SideChainTables<T>& tables, int type, const T* backbone, const T* chi, T* x) {
  for (int i = 0; i < 3 * kBackboneSlots; ++i) x[i] = backbone[i];
  place_from(tables, type, kAtCb, Turns<T>(chi, tables.n_chi[type]), x);
  for (int i = 3 * tables.n_slots[type]; i < 3 * kResidueSlots; ++i) x[i] = T(0);
}

// dchi (4) += the moments of g (14, 3) about the bonds of chi, for atoms x (14, 3)
template <class T>
REGRAIN_HD inline void add_chi_moments(const SideChainTables<T>& tables, int type, const T* x, const T* g, T* dchi) {
  for (int k = 0; k < tables.n_chi[type]; ++k) {
    const int* four = tables.chi_slots + (type * kChi + k) * 4;
    const Vec3<T> pivot = load3(x + 3 * four[2]);
    const Vec3<T> axis = unit(pivot - load3(x + 3 * four[1]), Vec3<T>{T(1), T(0), T(0)});
    Vec3<T> moment{T(0), T(0), T(0)};
    for (int s = kAtCb + 1; s < tables.n_slots[type]; ++s)
      if (tables.moved_by[type * kResidueSlots + s] >> k & 1)
        moment += cross(load3(x + 3 * s) - pivot, load3(g + 3 * s));
    dchi[k] += dot(axis, moment);
  }
}

// The torsion of four points; false where they don't span one or aren't finite.
template <class T>
REGRAIN_HD inline bool torsion(const Vec3<T>& a, const Vec3<T>& b, const Vec3<T>& c, const Vec3<T>& d, T& angle) {
  const Vec3<T> u = b - a, v = c - b, w = d - c, n = cross(u, v), m = cross(v, w);
  angle = T(0);
  // written so that NaN is false
  if (!(dot(n, n) > kNoLength<T> && dot(m, m) > kNoLength<T>)) return false;
  const T found = std::atan2(dot(u, m) * std::sqrt(dot(v, v)), dot(n, m));
  if (!(std::abs(found) < T(4))) return false;
  angle = found;
  return true;
}

// of one residue
template <class T>
REGRAIN_HD inline void chi_of(const SideChainTables<T>& tables, int type, const T* x, T* chi, char* valid) {
  for (int k = 0; k < kChi; ++k) {
    chi[k] = T(0);
    valid[k] = 0;
    if (k >= tables.n_chi[type]) continue;
    const int* s = tables.chi_slots + (type * kChi + k) * 4;
    valid[k] = torsion(load3(x + 3 * s[0]), load3(x + 3 * s[1]), load3(x + 3 * s[2]), load3(x + 3 * s[3]), chi[k]);
  }
}

}  // namespace regrain::kernels::side_chains
