// Positions in double and the few formulas of geometry every metric needs.
//
// Frames hold floats; metrics convert once, here, and never lose digits after that. Angstrom, radians.
#pragma once

#include <cmath>
#include <vector>

#include "io/frame.hpp"

namespace regrain::metrics {

struct Vec3 {
  double x = 0, y = 0, z = 0;
};

inline Vec3 operator+(Vec3 a, Vec3 b) { return {a.x + b.x, a.y + b.y, a.z + b.z}; }
inline Vec3 operator-(Vec3 a, Vec3 b) { return {a.x - b.x, a.y - b.y, a.z - b.z}; }
inline Vec3 operator*(double s, Vec3 a) { return {s * a.x, s * a.y, s * a.z}; }
inline double dot(Vec3 a, Vec3 b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
inline Vec3 cross(Vec3 a, Vec3 b) {
  return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}
inline double norm(Vec3 a) { return std::sqrt(dot(a, a)); }
inline double distance(Vec3 a, Vec3 b) { return norm(b - a); }
inline double squared_distance(Vec3 a, Vec3 b) { return dot(b - a, b - a); }

// a-b-c in [0, pi]
inline double angle(Vec3 a, Vec3 b, Vec3 c) {
  return std::atan2(norm(cross(a - b, c - b)), dot(a - b, c - b));
}

// a-b-c-d in (-pi, pi], IUPAC sign: positive if d turns clockwise from a, seen from b to c
inline double torsion(Vec3 a, Vec3 b, Vec3 c, Vec3 d) {
  const Vec3 ab = b - a, bc = c - b, cd = d - c;
  const Vec3 n = cross(bc, cd);
  return std::atan2(norm(bc) * dot(ab, n), dot(cross(ab, bc), n));
}

using Points = std::vector<Vec3>;

inline Points to_points(const float* xyz_A3, int n_atoms) {
  Points p(static_cast<size_t>(n_atoms));
  for (size_t a = 0; a < p.size(); ++a) p[a] = {xyz_A3[3 * a], xyz_A3[3 * a + 1], xyz_A3[3 * a + 2]};
  return p;
}
inline Points to_points(const io::Frame& frame) { return to_points(frame.xyz_A3.data(), frame.n_atoms()); }

inline io::Frame to_frame(const Points& points) {
  io::Frame frame;
  frame.xyz_A3.reserve(3 * points.size());
  for (const Vec3& p : points)
    for (const double x : {p.x, p.y, p.z}) frame.xyz_A3.push_back(static_cast<float>(x));
  return frame;
}

inline Points pick(const Points& points, const std::vector<int>& atoms) {
  Points p;
  p.reserve(atoms.size());
  for (const int a : atoms) p.push_back(points[static_cast<size_t>(a)]);
  return p;
}

inline Vec3 centroid(const Points& points) {
  Vec3 sum;
  for (const Vec3& p : points) sum = sum + p;
  return points.empty() ? sum : (1.0 / static_cast<double>(points.size())) * sum;
}

}  // namespace regrain::metrics
