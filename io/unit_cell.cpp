#include "io/unit_cell.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace regrain::io {
namespace {

constexpr double kDegree = std::numbers::pi / 180;
constexpr double kLongest = 1e7;  // Angstrom

// cos of 90 degrees is 0 and not 6e-17, so that rectangular boxes stay rectangular
double cos_degrees(double angle) { return angle == 90 ? 0 : std::cos(angle * kDegree); }

double length(const float* v_3) {
  return std::sqrt(double(v_3[0]) * v_3[0] + double(v_3[1]) * v_3[1] + double(v_3[2]) * v_3[2]);
}

double angle_degrees(const float* u_3, const float* v_3) {
  const double dot = double(u_3[0]) * v_3[0] + double(u_3[1]) * v_3[1] + double(u_3[2]) * v_3[2];
  if (dot == 0) return 90;
  return std::acos(std::clamp(dot / (length(u_3) * length(v_3)), -1.0, 1.0)) / kDegree;
}

}  // namespace

std::array<float, 9> box_of_cell(const UnitCell& cell) {
  for (const double side : {cell.a, cell.b, cell.c})
    if (!(side > 0 && side < kLongest)) return {};
  for (const double angle : {cell.alpha, cell.beta, cell.gamma})
    if (!(angle > 0 && angle < 180)) return {};
  const double cos_a = cos_degrees(cell.alpha), cos_b = cos_degrees(cell.beta),
               cos_g = cos_degrees(cell.gamma);
  const double sin_g = std::sqrt(1 - cos_g * cos_g);
  const double cy = (cos_a - cos_b * cos_g) / sin_g;
  const double cz_squared = 1 - cos_b * cos_b - cy * cy;
  if (!(cz_squared > 0)) return {};
  return {float(cell.a),
          0,
          0,
          float(cell.b * cos_g),
          float(cell.b * sin_g),
          0,
          float(cell.c * cos_b),
          float(cell.c * cy),
          float(cell.c * std::sqrt(cz_squared))};
}

std::array<float, 9> box_of_entry(const UnitCell& cell) {
  if (cell.a <= 1 && cell.b <= 1 && cell.c <= 1) return {};
  return box_of_cell(cell);
}

std::array<float, 9> box_of_vectors(const std::array<float, 9>& vectors) {
  for (const float x : vectors)
    if (!(std::fabs(x) < kLongest)) return {};
  return vectors;
}

UnitCell cell_of_box(const std::array<float, 9>& box) {
  if (!has_box(box)) return {};
  const float *a = box.data(), *b = a + 3, *c = a + 6;
  return {length(a), length(b), length(c), angle_degrees(b, c), angle_degrees(a, c), angle_degrees(a, b)};
}

bool has_box(const std::array<float, 9>& box) {
  for (size_t row = 0; row < 9; row += 3)
    if (!(length(&box[row]) > 0)) return false;
  return true;
}

}  // namespace regrain::io
