// One residue from its internal coordinates, back through it, and the inverse: what the Cpu and the Cuda
// overloads of internal_coordinates.hpp share.
//
// The compiler merges products and sums into multiply-adds by what it has inlined: the marks of step_of and
// place_atoms_back keep the last bits of gradients where they are.
#pragma once

#include <array>
#include <cmath>
#include <numbers>

#include "engine/errors.hpp"
#include "engine/host_device.hpp"
#include "kernels/internal_coordinates.hpp"

namespace regrain::kernels::placement {

template <class T>
struct Vec3 {
  T x, y, z;
  REGRAIN_HD Vec3 operator+(const Vec3& o) const { return {x + o.x, y + o.y, z + o.z}; }
  REGRAIN_HD Vec3 operator-(const Vec3& o) const { return {x - o.x, y - o.y, z - o.z}; }
  REGRAIN_HD Vec3& operator+=(const Vec3& o) { return *this = *this + o; }
  REGRAIN_HD Vec3& operator-=(const Vec3& o) { return *this = *this - o; }
};
template <class T>
REGRAIN_HD Vec3<T> operator*(T s, const Vec3<T>& v) {
  return {s * v.x, s * v.y, s * v.z};
}
template <class T>
REGRAIN_HD T dot(const Vec3<T>& a, const Vec3<T>& b) {
  return a.x * b.x + a.y * b.y + a.z * b.z;
}
template <class T>
REGRAIN_HD Vec3<T> cross(const Vec3<T>& a, const Vec3<T>& b) {
  return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}

REGRAIN_HD constexpr std::size_t at(int i) { return static_cast<std::size_t>(i); }

// positions of a residue: its slots, then the CA before and the CA after it
constexpr int kPrevious = kSlots, kNext = kSlots + 1;
template <class T>
using Positions = std::array<Vec3<T>, kSlots + 2>;

struct Step {
  int slot, p1, p2, p3;
};

// of row i of a residue's internal coordinates
REGRAIN_HD static Step step_of(const PlacementView& r, int type, int i) {
  switch (i) {
    case 0:
      return {kSlotN, kSlotCa, kPrevious, kNext};
    case 1:
      return {kSlotC, kSlotCa, kNext, kPrevious};
    case 2:
      return {kSlotO, kSlotC, kSlotCa, kSlotN};
    default: {
      const int* p = r.parents + (type * kSideSlots + i - 3) * 3;
      return {i + 1, p[0], p[1], p[2]};
    }
  }
}

// The frame three placed atoms span.
template <class T>
struct Frame {
  Vec3<T> b, e, u, n, m;  // p2 - p1, p2 - p3, then the axes
  T b_length, c_length;

  REGRAIN_HD Frame(const Positions<T>& x, const Step& s)
      : b(x[at(s.p2)] - x[at(s.p1)]), e(x[at(s.p2)] - x[at(s.p3)]) {
    b_length = std::sqrt(dot(b, b));
    u = T(1) / b_length * b;
    const Vec3<T> c = cross(b, e);
    c_length = std::sqrt(dot(c, c));
    n = T(1) / c_length * c;
    m = cross(n, u);
  }
};

template <class T>
REGRAIN_HD Vec3<T> load(View<const T, 2> x_N3, int i) {
  const T* p = x_N3.row(i);
  return {p[0], p[1], p[2]};
}

template <class T>
REGRAIN_HD void load_trace(const PlacementView& r, int residue, View<const T, 2> trace_N3, Positions<T>& x) {
  const int ca = r.trace[residue];
  x[at(kPrevious)] = load(trace_N3, ca - 1);
  x[at(kSlotCa)] = load(trace_N3, ca);
  x[at(kNext)] = load(trace_N3, ca + 1);
}

template <class T>
REGRAIN_HD Vec3<T> place(const Frame<T>& f, const Vec3<T>& p1, const T* ic) {
  const T d = std::abs(ic[0]), sa = std::sin(ic[1]);
  return p1 + d * (std::cos(ic[1]) * f.u - sa * std::cos(ic[2]) * f.m + sa * std::sin(ic[2]) * f.n);
}

// x of all slots in use
template <class T>
REGRAIN_HD void place_residue(const PlacementView& r, int residue, View<const T, 2> trace_N3,
                              View<const T, 3> ic_RT3, Positions<T>& x) {
  load_trace(r, residue, trace_N3, x);
  const int type = r.type[residue];
  for (int i = 0; i + 1 < r.n_slots[type]; ++i) {
    const Step s = step_of(r, type, i);
    const Frame<T> f(x, s);
    x[at(s.slot)] = place(f, x[at(s.p1)], &ic_RT3(residue, i, 0));
  }
}

// place_atoms of one residue
template <class T>
REGRAIN_HD void place_atoms_of(const PlacementView& r, int residue, View<const T, 2> trace_N3,
                               View<const T, 3> ic_RT3, View<T, 2> xyz_A3) {
  Positions<T> x;
  place_residue(r, residue, trace_N3, ic_RT3, x);
  for (int s = 0; s < r.n_slots[r.type[residue]]; ++s) {
    const int a = r.atom[residue * kSlots + s];
    if (a < 0) continue;
    const Vec3<T>& p = x[at(s)];
    xyz_A3(a, 0) = p.x, xyz_A3(a, 1) = p.y, xyz_A3(a, 2) = p.z;
  }
}

// place_atoms_backward of one residue: places it again and walks its placements back
template <class T>
REGRAIN_HD __attribute__((always_inline)) inline void place_atoms_back(const PlacementView& residues, int r,
                                                                       View<const T, 2> trace_N3,
                                                                       View<const T, 3> ic_RT3,
                                                                       View<const T, 2> dxyz_A3,
                                                                       View<T, 3> dic_RT3) {
  Positions<T> x, dx{};
  place_residue(residues, r, trace_N3, ic_RT3, x);
  const int type = residues.type[r];
  for (int s = 0; s < residues.n_slots[type]; ++s)
    if (const int a = residues.atom[r * kSlots + s]; a >= 0) dx[at(s)] = load(dxyz_A3, a);

  for (int i = residues.n_slots[type] - 2; i >= 0; --i) {
    const Step s = step_of(residues, type, i);
    const Frame<T> f(x, s);
    const T* ic = &ic_RT3(r, i, 0);
    T* dic = &dic_RT3(r, i, 0);
    const T d = std::abs(ic[0]), sa = std::sin(ic[1]), ca = std::cos(ic[1]), st = std::sin(ic[2]),
            ct = std::cos(ic[2]);
    const Vec3<T> g = dx[at(s.slot)];
    const T gu = dot(g, f.u), gm = dot(g, f.m), gn = dot(g, f.n);
    dic[0] += (ic[0] < T(0) ? T(-1) : T(1)) * (ca * gu - sa * ct * gm + sa * st * gn);
    dic[1] += d * (-sa * gu - ca * ct * gm + ca * st * gn);
    dic[2] += d * sa * (st * gm + ct * gn);

    // back through m = n x u, n = unit(b x e), u = unit(b)
    Vec3<T> du = d * ca * g, dn = d * sa * st * g;
    const Vec3<T> dm = -d * sa * ct * g;
    dn += cross(f.u, dm);
    du += cross(dm, f.n);
    const Vec3<T> dc = T(1) / f.c_length * (dn - dot(dn, f.n) * f.n);
    const Vec3<T> db = cross(f.e, dc) + T(1) / f.b_length * (du - dot(du, f.u) * f.u), de = cross(dc, f.b);
    dx[at(s.p1)] += g - db;
    dx[at(s.p2)] += db + de;
    dx[at(s.p3)] -= de;
  }
}

// internal_coordinates of one residue
template <class T>
REGRAIN_HD void internal_of(const PlacementView& residues, int r, View<const T, 2> trace_N3,
                            View<const T, 2> xyz_A3, View<T, 3> ic_RT3) {
  for (int i = 0; i < kInternalRows * 3; ++i) ic_RT3.row(r)[i] = T(0);
  Positions<T> x;
  std::array<bool, kSlots + 2> known{};
  load_trace(residues, r, trace_N3, x);
  known[at(kPrevious)] = known[at(kSlotCa)] = known[at(kNext)] = true;
  const int type = residues.type[r];
  for (int s = 0; s < residues.n_slots[type]; ++s)
    if (const int a = residues.atom[r * kSlots + s]; a >= 0 && s != kSlotCa) {
      x[at(s)] = load(xyz_A3, a);
      known[at(s)] = true;
    }
  for (int i = 0; i + 1 < residues.n_slots[type]; ++i) {
    const Step s = step_of(residues, type, i);
    if (!known[at(s.slot)] || !known[at(s.p1)] || !known[at(s.p2)] || !known[at(s.p3)]) continue;
    const Frame<T> f(x, s);
    const Vec3<T> v = x[at(s.slot)] - x[at(s.p1)];
    const T along = dot(v, f.u), up = dot(v, f.n), across = -dot(v, f.m);
    T* ic = &ic_RT3(r, i, 0);
    ic[0] = std::sqrt(dot(v, v));
    ic[1] = std::atan2(std::sqrt(up * up + across * across), along);
    const T torsion = std::atan2(up, across);
    ic[2] = torsion < T(0) ? torsion + 2 * std::numbers::pi_v<T> : torsion;
  }
}

// Throws Error(internal) if shapes disagree.
template <class T>
void check_shapes(const char* name, const PlacementView& r, View<const T, 2> trace_N3,
                  View<const T, 3> ic_RT3, View<const T, 2> xyz_A3) {
  REGRAIN_CHECK(ic_RT3.dim(0) == r.n_residues && ic_RT3.dim(1) == kInternalRows && ic_RT3.dim(2) == 3 &&
                    trace_N3.dim(1) == 3 && xyz_A3.dim(1) == 3,
                name, ": internal coordinates are (", ic_RT3.dim(0), ", ", ic_RT3.dim(1), ", ", ic_RT3.dim(2),
                ") for ", r.n_residues, " residues");
}

}  // namespace regrain::kernels::placement
