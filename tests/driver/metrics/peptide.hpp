// Small molecules with known answers: peptides from ideal internal coordinates, and ways to spoil them.
#pragma once

#include <cmath>
#include <numbers>
#include <string>
#include <vector>

#include "driver/metrics/points.hpp"
#include "driver/metrics/superposition.hpp"
#include "io/topology.hpp"
#include "tests/support/random.hpp"

namespace regrain::metrics::test {

inline double rad(double degrees) { return degrees * std::numbers::pi / 180; }

// The point at `length` from p1, with the angle X-p1-p2 and the torsion X-p1-p2-p3, in degrees.
inline Vec3 place(Vec3 p1, Vec3 p2, Vec3 p3, double length, double angle_deg, double torsion_deg) {
  const Vec3 a = (1 / distance(p1, p2)) * (p2 - p1);
  const Vec3 raw = cross(a, p3 - p2);
  const Vec3 n = (1 / norm(raw)) * raw;
  const Vec3 m = cross(n, a);
  const double t = rad(angle_deg), f = rad(torsion_deg);
  return p1 + length * (std::cos(t) * a + (std::sin(t) * std::cos(f)) * m + (-std::sin(t) * std::sin(f)) * n);
}

struct Molecule {
  io::Topology topology;
  Points points;

  Vec3& at(int residue, const std::string& name) {
    return points[static_cast<size_t>(topology.find_atom(residue, name))];
  }
};

inline void add_atom(Molecule& molecule, const std::string& name, Vec3 p) {
  io::Topology& top = molecule.topology;
  top.atoms.push_back({name, name.substr(0, 1), top.n_residues() - 1});
  ++top.residues.back().n_atoms;
  molecule.points.push_back(p);
}

inline void add_residue(Molecule& molecule, const std::string& name, bool new_chain = false) {
  io::Topology& top = molecule.topology;
  if (top.chains.empty() || new_chain)
    top.chains.push_back({std::string(1, static_cast<char>('A' + top.chains.size())), top.n_residues(), 0});
  ++top.chains.back().n_residues;
  top.residues.push_back(
      {name, top.n_residues() + 1, ' ', static_cast<int>(top.chains.size()) - 1, top.n_atoms(), 0});
}

struct Backbone {
  double phi = -65, psi = -40, omega = 180, chi1 = -60, chi2 = 90;
};

// A chain of GLY, ALA, SER, ILE, THR, ASP, PHE or PRO, all L; omega is the one of the bond to the residue
// before.
inline Molecule peptide(const std::vector<std::string>& sequence, const std::vector<Backbone>& angles) {
  Molecule m;
  Vec3 n{0, 0, 0}, ca{1.458, 0, 0}, c = place(ca, n, {0, 1, 0}, 1.525, 111, 60);
  for (size_t i = 0; i < sequence.size(); ++i) {
    const std::string& name = sequence[i];
    const Backbone& b = angles[i];
    if (i > 0) {
      const Vec3 n0 = n, ca0 = ca, c0 = c;
      n = place(c0, ca0, n0, 1.329, 116.6, angles[i - 1].psi);
      ca = place(n, c0, ca0, 1.458, 121.7, b.omega);
      c = place(ca, n, c0, 1.525, 111, b.phi);
    }
    add_residue(m, name);
    add_atom(m, "N", n);
    add_atom(m, "CA", ca);
    add_atom(m, "C", c);
    add_atom(m, "O", place(c, ca, n, 1.231, 120.5, b.psi + 180));
    if (name == "GLY") continue;
    const Vec3 cb = place(ca, c, n, 1.53, 110.5, 122.6);
    add_atom(m, "CB", cb);
    const auto side = [&](double length, double torsion_deg) {
      return place(cb, ca, n, length, 111, torsion_deg);
    };
    if (name == "SER") add_atom(m, "OG", side(1.42, b.chi1));
    if (name == "THR") {
      add_atom(m, "OG1", side(1.43, b.chi1));
      add_atom(m, "CG2", side(1.52, b.chi1 - 120));
    }
    if (name == "ILE") {
      const Vec3 cg1 = side(1.53, b.chi1);
      add_atom(m, "CG1", cg1);
      add_atom(m, "CG2", side(1.53, b.chi1 - 122));
      add_atom(m, "CD1", place(cg1, cb, ca, 1.52, 114, b.chi2));
    }
    if (name == "ASP") {
      const Vec3 cg = side(1.52, b.chi1);
      add_atom(m, "CG", cg);
      add_atom(m, "OD1", place(cg, cb, ca, 1.25, 118, b.chi2));
      add_atom(m, "OD2", place(cg, cb, ca, 1.25, 118, b.chi2 + 180));
    }
    if (name == "PHE") {
      const Vec3 cg = side(1.50, b.chi1);
      const Vec3 cd1 = place(cg, cb, ca, 1.39, 120, b.chi2), cd2 = place(cg, cb, ca, 1.39, 120, b.chi2 + 180);
      const Vec3 ce1 = place(cd1, cg, cb, 1.39, 120, 180), ce2 = place(cd2, cg, cb, 1.39, 120, 180);
      add_atom(m, "CG", cg);
      add_atom(m, "CD1", cd1);
      add_atom(m, "CD2", cd2);
      add_atom(m, "CE1", ce1);
      add_atom(m, "CE2", ce2);
      add_atom(m, "CZ", place(ce1, cd1, cg, 1.39, 120, 0));
    }
    if (name == "PRO") {
      const Vec3 cg = place(cb, ca, n, 1.50, 104, 30);
      add_atom(m, "CG", cg);
      add_atom(m, "CD", place(n, ca, cb, 1.47, 110, -8));
    }
  }
  return m;
}

inline Molecule peptide(const std::vector<std::string>& sequence) {
  return peptide(sequence, std::vector<Backbone>(sequence.size()));
}

// A CA trace, one residue a point.
inline Molecule trace(const Points& points) {
  Molecule m;
  for (const Vec3& p : points) {
    add_residue(m, "ALA");
    add_atom(m, "CA", p);
  }
  return m;
}

// A random rigid motion.
inline Motion random_motion(std::uint64_t seed) {
  const Tensor<double> g = regrain::test::random({3, 3}, seed);
  Vec3 a{g[0], g[1], g[2]}, b{g[3], g[4], g[5]};
  a = (1 / norm(a)) * a;
  b = b - dot(a, b) * a;
  b = (1 / norm(b)) * b;
  const Vec3 c = cross(a, b);
  return {{a.x, a.y, a.z, b.x, b.y, b.z, c.x, c.y, c.z}, {0, 0, 0}, {10 * g[6], 10 * g[7], 10 * g[8]}};
}

inline Points mirrored(Points points) {
  for (Vec3& p : points) p.x = -p.x;
  return points;
}

inline Points random_points(int n, std::uint64_t seed, double scale = 1) {
  const Tensor<double> g = regrain::test::random({n, 3}, seed, scale);
  Points points;
  for (size_t i = 0; i < static_cast<size_t>(n); ++i)
    points.push_back({g[3 * i], g[3 * i + 1], g[3 * i + 2]});
  return points;
}

inline Points plus(Points points, const Points& noise) {
  for (size_t i = 0; i < points.size(); ++i) points[i] = points[i] + noise[i];
  return points;
}

}  // namespace regrain::metrics::test
