#include "kernels/internal_coordinates.hpp"

#include <array>
#include <cmath>
#include <numbers>

#include "engine/errors.hpp"
#include "kernels/parallel.hpp"

namespace regrain::kernels {

namespace {

template <class T>
struct Vec3 {
  T x, y, z;
  Vec3 operator+(const Vec3& o) const { return {x + o.x, y + o.y, z + o.z}; }
  Vec3 operator-(const Vec3& o) const { return {x - o.x, y - o.y, z - o.z}; }
  Vec3& operator+=(const Vec3& o) { return *this = *this + o; }
  Vec3& operator-=(const Vec3& o) { return *this = *this - o; }
};
template <class T>
Vec3<T> operator*(T s, const Vec3<T>& v) {
  return {s * v.x, s * v.y, s * v.z};
}
template <class T>
T dot(const Vec3<T>& a, const Vec3<T>& b) {
  return a.x * b.x + a.y * b.y + a.z * b.z;
}
template <class T>
Vec3<T> cross(const Vec3<T>& a, const Vec3<T>& b) {
  return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}

// positions of a residue: its slots, then the CA before and the CA after it
constexpr int kPrevious = kSlots, kNext = kSlots + 1;
template <class T>
using Positions = std::array<Vec3<T>, kSlots + 2>;

struct Step {
  int slot, p1, p2, p3;
};

Step step_of(const PlacementView& r, int type, int i) {
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

  Frame(const Positions<T>& x, const Step& s) : b(x[at(s.p2)] - x[at(s.p1)]), e(x[at(s.p2)] - x[at(s.p3)]) {
    b_length = std::sqrt(dot(b, b));
    u = T(1) / b_length * b;
    const Vec3<T> c = cross(b, e);
    c_length = std::sqrt(dot(c, c));
    n = T(1) / c_length * c;
    m = cross(n, u);
  }
  static std::size_t at(int i) { return static_cast<std::size_t>(i); }
};

template <class T>
Vec3<T> load(View<const T, 2> x_N3, int i) {
  const T* p = x_N3.row(i);
  return {p[0], p[1], p[2]};
}

template <class T>
void load_trace(const PlacementView& r, int residue, View<const T, 2> trace_N3, Positions<T>& x) {
  const int ca = r.trace[residue];
  x[kPrevious] = load(trace_N3, ca - 1);
  x[kSlotCa] = load(trace_N3, ca);
  x[kNext] = load(trace_N3, ca + 1);
}

template <class T>
Vec3<T> place(const Frame<T>& f, const Vec3<T>& p1, const T* ic) {
  const T d = std::abs(ic[0]), sa = std::sin(ic[1]);
  return p1 + d * (std::cos(ic[1]) * f.u - sa * std::cos(ic[2]) * f.m + sa * std::sin(ic[2]) * f.n);
}

template <class T>
void place_residue(const PlacementView& r, int residue, View<const T, 2> trace_N3, View<const T, 3> ic_RT3,
                   Positions<T>& x) {
  load_trace(r, residue, trace_N3, x);
  const int type = r.type[residue];
  for (int i = 0; i + 1 < r.n_slots[type]; ++i) {
    const Step s = step_of(r, type, i);
    const Frame<T> f(x, s);
    x[Frame<T>::at(s.slot)] = place(f, x[Frame<T>::at(s.p1)], &ic_RT3(residue, i, 0));
  }
}

template <class T>
void check(const char* name, const PlacementView& r, View<const T, 2> trace_N3, View<const T, 3> ic_RT3,
           View<const T, 2> xyz_A3) {
  REGRAIN_CHECK(ic_RT3.dim(0) == r.n_residues && ic_RT3.dim(1) == kInternalRows && ic_RT3.dim(2) == 3 &&
                    trace_N3.dim(1) == 3 && xyz_A3.dim(1) == 3,
                name, ": internal coordinates are (", ic_RT3.dim(0), ", ", ic_RT3.dim(1), ", ", ic_RT3.dim(2),
                ") for ", r.n_residues, " residues");
  for (int i = 0; i < r.n_residues; ++i)
    REGRAIN_CHECK(r.trace[i] >= 1 && r.trace[i] + 1 < trace_N3.dim(0), name, ": residue ", i, " stands at ",
                  r.trace[i], " of a trace of ", trace_N3.dim(0), ", it needs a CA on both sides");
}

constexpr double kWorkPerResidue = 2000;

}  // namespace

template <class T>
void place_atoms(Cpu be, PlacementView residues, View<const T, 2> trace_N3, View<const T, 3> ic_RT3,
                 View<T, 2> xyz_A3) {
  check<T>("place_atoms", residues, trace_N3, ic_RT3, xyz_A3);
  parallel_for(be, residues.n_residues, kWorkPerResidue * residues.n_residues, [&](int r) {
    Positions<T> x;
    place_residue(residues, r, trace_N3, ic_RT3, x);
    for (int s = 0; s < residues.n_slots[residues.type[r]]; ++s) {
      const int a = residues.atom[r * kSlots + s];
      if (a < 0) continue;
      const Vec3<T>& p = x[static_cast<std::size_t>(s)];
      xyz_A3(a, 0) = p.x, xyz_A3(a, 1) = p.y, xyz_A3(a, 2) = p.z;
    }
  });
}

template <class T>
void place_atoms_backward(Cpu be, PlacementView residues, View<const T, 2> trace_N3, View<const T, 3> ic_RT3,
                          View<const T, 2> dxyz_A3, View<T, 3> dic_RT3) {
  parallel_for(be, residues.n_residues, 3 * kWorkPerResidue * residues.n_residues, [&](int r) {
    const auto at = [](int i) { return static_cast<std::size_t>(i); };
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
  });
}

template <class T>
void internal_coordinates(Cpu be, PlacementView residues, View<const T, 2> trace_N3, View<const T, 2> xyz_A3,
                          View<T, 3> ic_RT3) {
  check<T>("internal_coordinates", residues, trace_N3, ic_RT3, xyz_A3);
  parallel_for(be, residues.n_residues, kWorkPerResidue * residues.n_residues, [&](int r) {
    const auto at = [](int i) { return static_cast<std::size_t>(i); };
    std::fill_n(ic_RT3.row(r), kInternalRows * 3, T(0));
    Positions<T> x;
    std::array<bool, kSlots + 2> known{};
    load_trace(residues, r, trace_N3, x);
    known[kPrevious] = known[kSlotCa] = known[kNext] = true;
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
  });
}

#define REGRAIN_INSTANTIATE(T)                                                                      \
  template void place_atoms<T>(Cpu, PlacementView, View<const T, 2>, View<const T, 3>, View<T, 2>); \
  template void place_atoms_backward<T>(Cpu, PlacementView, View<const T, 2>, View<const T, 3>,     \
                                        View<const T, 2>, View<T, 3>);                              \
  template void internal_coordinates<T>(Cpu, PlacementView, View<const T, 2>, View<const T, 2>, View<T, 3>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
