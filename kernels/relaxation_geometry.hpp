// One residue's part of relaxation: where its atoms are at given turns, and from the forces on them the derivatives.
#pragma once

#include <cmath>

#include "kernels/relaxation.hpp"
#include "kernels/side_chain_placement.hpp"

namespace regrain::kernels::relaxation {

using side_chains::cross;
using side_chains::dot;
using side_chains::load3;
using side_chains::store3;
using side_chains::unit;
using side_chains::Vec3;

constexpr double kCisBelow = 3.3;  // Angstrom between two CA of a cis peptide
constexpr double kAngle = 1.9373154697137058, kGlycineAngle = 1.9739673840055869;  // 111.0 and 113.1 degrees
constexpr double kAngleDeviation = 0.04886921905584123;                            // 2.8 degrees
constexpr double kProlineBond = 1.473;

// Can the peptide from residue i to the next be turned?
template <class T>
REGRAIN_HD inline bool turns(const RelaxedView<T>& r, int i) {
  if (i < 0 || i + 1 >= r.n_residues || !r.linked[i] || r.moving[i] != kMoves || r.moving[i + 1] != kMoves) return false;
  const T* ca = r.backbone + (i * kBackboneSlots + kAtCa) * 3;
  const Vec3<T> along = load3(ca + 12) - load3(ca);
  return dot(along, along) > T(kCisBelow * kCisBelow);
}

// unit vector from CA of residue i to that of the next
template <class T>
REGRAIN_HD inline Vec3<T> peptide_axis(const RelaxedView<T>& r, int i) {
  const T* ca = r.backbone + (i * kBackboneSlots + kAtCa) * 3;
  return unit(load3(ca + 12) - load3(ca), Vec3<T>{T(1), T(0), T(0)});
}

// v turned about a unit axis
template <class T>
REGRAIN_HD inline Vec3<T> turned(const Vec3<T>& v, const Vec3<T>& axis, T cosine, T sine) {
  return cosine * v + sine * cross(axis, v) + ((T(1) - cosine) * dot(axis, v)) * axis;
}

// x (14, 3) of residue i; turns_R5 of all residues
template <class T>
REGRAIN_HD inline void place_turned(const RelaxedView<T>& r, int i, const T* turns_R5, T* x) {
  if (!r.moving[i]) {
    for (int k = 0; k < 3 * kResidueSlots; ++k) x[k] = r.given[i * kResidueSlots * 3 + k];
    return;
  }
  T backbone[12];
  for (int k = 0; k < 12; ++k) backbone[k] = r.backbone[i * 12 + k];
  const Vec3<T> ca = load3(backbone + 3 * kAtCa);
  // what isn't turned keeps its bits
  if (const T angle = i > 0 ? turns_R5[(i - 1) * kTurns + kChi] : T(0); angle != T(0) && turns(r, i - 1)) {
    const Vec3<T> v = turned(load3(backbone + 3 * kAtN) - ca, peptide_axis(r, i - 1), std::cos(angle), std::sin(angle));
    store3(backbone + 3 * kAtN, ca + v);
  }
  if (const T angle = turns_R5[i * kTurns + kChi]; angle != T(0) && turns(r, i)) {
    const T cosine = std::cos(angle), sine = std::sin(angle);
    const Vec3<T> axis = peptide_axis(r, i);
    for (int slot : {kAtC, kAtO})
      store3(backbone + 3 * slot, ca + turned(load3(backbone + 3 * slot) - ca, axis, cosine, sine));
  }
  side_chains::place_residue(r.tables, r.type[i], backbone, turns_R5 + i * kTurns, x);
}

// Energy of the bonded terms of residue i with atoms x (14, 3); g (14, 3) += their derivative.
template <class T>
REGRAIN_HD inline T add_bonded_terms(const RelaxedView<T>& r, int i, const RelaxationSettings& settings, const T* x,
                                     T* g) {
  const int type = r.type[i], n_slots = r.tables.n_slots[type];
  T energy = T(0);
  const Vec3<T> ca = load3(x + 3 * kAtCa), a = load3(x + 3 * kAtN) - ca, b = load3(x + 3 * kAtC) - ca;
  const Vec3<T> n = cross(a, b);
  const T sine = std::sqrt(dot(n, n)), a2 = dot(a, a), b2 = dot(b, b);
  if (sine > T(1e-3) && (turns(r, i - 1) || turns(r, i))) {
    const T ideal = n_slots == kBackboneSlots ? T(kGlycineAngle) : T(kAngle);
    const T off = (std::atan2(sine, dot(a, b)) - ideal) / T(kAngleDeviation);
    const T beyond = std::abs(off) - static_cast<T>(settings.angle_free);
    if (beyond > T(0)) {
      const T weight = static_cast<T>(settings.angle_weight);
      energy += weight / 2 * beyond * beyond;
      const T slope = (off > T(0) ? weight : -weight) * beyond / T(kAngleDeviation) / sine;
      // the angle grows as an atom goes away from the other one, at a right angle to its own bond
      store3(g + 3 * kAtN, load3(g + 3 * kAtN) + (slope * dot(a, b) / a2) * a - slope * b);
      store3(g + 3 * kAtC, load3(g + 3 * kAtC) + (slope * dot(a, b) / b2) * b - slope * a);
    }
  }
  for (int s = kAtCb + 1; s < n_slots; ++s) {
    if (r.tables.bonds[(type * kResidueSlots + s) * kResidueSlots + kAtN] != 1) continue;
    const Vec3<T> v = load3(x + 3 * s) - load3(x + 3 * kAtN);
    const T d = std::sqrt(dot(v, v)), off = d - T(kProlineBond), weight = static_cast<T>(settings.ring_closure);
    energy += weight * off * off;
    if (!(d > T(1e-3))) continue;
    const Vec3<T> slope = (T(2) * weight * off / d) * v;
    store3(g + 3 * s, load3(g + 3 * s) + slope);
    store3(g + 3 * kAtN, load3(g + 3 * kAtN) - slope);
  }
  return energy;
}

// Rate at which CB and side chain turn about CA when N and C move at rates v_n and v_c: the frame they hang on has its
// first axis along N-CA and C in its plane.
template <class T>
REGRAIN_HD inline Vec3<T> turning_of_frame(const T* x, const Vec3<T>& v_n, const Vec3<T>& v_c) {
  const Vec3<T> ca = load3(x + 3 * kAtCa), b = ca - load3(x + 3 * kAtN), c = load3(x + 3 * kAtC) - ca;
  const T length = std::sqrt(dot(b, b));
  if (!(length > T(1e-3))) return {T(0), T(0), T(0)};
  const Vec3<T> u = T(1) / length * b;
  const Vec3<T> across = cross(u, T(-1) / length * v_n);
  const Vec3<T> n = cross(u, c);
  const T square = dot(n, n);
  if (!(square > T(1e-6))) return across;
  return across + (dot(v_c - cross(across, c), n) / square) * u;
}

// d (6): derivatives of residue i's terms by its chi, by the turn of the peptide behind it and of the one before it
template <class T>
REGRAIN_HD inline void derivatives(const RelaxedView<T>& r, int i, const T* x, const T* g, T* d) {
  for (int k = 0; k < kTurns + 1; ++k) d[k] = T(0);
  if (!r.moving[i]) return;
  side_chains::add_chi_moments(r.tables, r.type[i], x, g, d);
  const Vec3<T> ca = load3(x + 3 * kAtCa);
  Vec3<T> moment{T(0), T(0), T(0)};
  for (int s = kAtCb; s < r.tables.n_slots[r.type[i]]; ++s) moment += cross(load3(x + 3 * s) - ca, load3(g + 3 * s));
  const Vec3<T> none{T(0), T(0), T(0)}, n = load3(x + 3 * kAtN) - ca, c = load3(x + 3 * kAtC) - ca;
  if (turns(r, i)) {
    const Vec3<T> axis = peptide_axis(r, i);
    d[kChi] = dot(axis, cross(c, load3(g + 3 * kAtC)) + cross(load3(x + 3 * kAtO) - ca, load3(g + 3 * kAtO))) +
              dot(turning_of_frame(x, none, cross(axis, c)), moment);
  }
  if (turns(r, i - 1)) {
    const Vec3<T> axis = peptide_axis(r, i - 1);
    d[kTurns] = dot(axis, cross(n, load3(g + 3 * kAtN))) + dot(turning_of_frame(x, cross(axis, n), none), moment);
  }
}

}  // namespace regrain::kernels::relaxation
