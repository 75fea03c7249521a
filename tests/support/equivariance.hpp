// Motions of space and reorderings of rows, and what they do to the quantities of a network.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include "tests/support/random.hpp"

namespace regrain::test {

// x -> R x + shift; det R is -1 for a mirror.
struct Motion {
  double r[3][3];
  double shift[3];
  double det;
};

inline Motion random_motion(std::uint64_t seed, bool mirror) {
  const Rng rng{.seed = seed, .op = 0x307};
  Motion m{};
  for (int row = 0; row < 2; ++row) {
    double* a = m.r[row];
    for (int k = 0; k < 3; ++k) a[k] = rng.normal(static_cast<std::uint32_t>(3 * row + k));
    double along = 0, length = 0;
    if (row == 1)
      for (int k = 0; k < 3; ++k) along += a[k] * m.r[0][k];
    for (int k = 0; k < 3; ++k) a[k] -= along * m.r[0][k];
    for (int k = 0; k < 3; ++k) length += a[k] * a[k];
    for (int k = 0; k < 3; ++k) a[k] /= std::sqrt(length);
  }
  m.det = mirror ? -1 : 1;
  for (int k = 0; k < 3; ++k) {
    const int p = (k + 1) % 3, q = (k + 2) % 3;
    m.r[2][k] = m.det * (m.r[0][p] * m.r[1][q] - m.r[0][q] * m.r[1][p]);
    m.shift[k] = 30 * rng.normal(static_cast<std::uint32_t>(6 + k));
  }
  return m;
}

// How a quantity moves: s, det s, R v, det R v, R x + shift.
enum class Kind { scalar, pseudoscalar, vector, pseudovector, point };

// An array and its kind: (N, ...) for scalars, (N, 3) or (N, 3, F) for the others.
struct Feature {
  std::string name;
  Kind kind;
  Tensor<double> value;
};

inline Tensor<double> moved(const Motion& m, Kind kind, const Tensor<double>& x) {
  Tensor<double> y = x;
  const bool pseudo = kind == Kind::pseudoscalar || kind == Kind::pseudovector;
  if (kind == Kind::vector || kind == Kind::pseudovector || kind == Kind::point) {
    const std::size_t f = x.shape().rank() == 3 ? static_cast<std::size_t>(x.dim(2)) : 1;
    for (std::size_t at = 0; at < x.size(); at += 3 * f)
      for (std::size_t c = 0; c < f; ++c)
        for (std::size_t a = 0; a < 3; ++a) {
          double sum = kind == Kind::point ? m.shift[a] : 0;
          for (std::size_t b = 0; b < 3; ++b) sum += m.r[a][b] * x[at + b * f + c];
          y[at + a * f + c] = sum;
        }
  }
  if (pseudo)
    for (double& v : y) v *= m.det;
  return y;
}

// (N, 3) points, one behind another.
template <class T>
std::vector<T> moved(const Motion& m, const std::vector<T>& points) {
  std::vector<T> out(points.size());
  for (std::size_t at = 0; at < points.size(); at += 3)
    for (std::size_t a = 0; a < 3; ++a) {
      double sum = m.shift[a];
      for (std::size_t k = 0; k < 3; ++k) sum += m.r[a][k] * static_cast<double>(points[at + k]);
      out[at + a] = static_cast<T>(sum);
    }
  return out;
}

inline std::vector<Feature> moved(const Motion& m, std::vector<Feature> features) {
  for (Feature& x : features) x.value = moved(m, x.kind, x.value);
  return features;
}

inline std::vector<int> random_order(int n, std::uint64_t seed) {
  std::vector<int> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), 0);
  const Rng rng{.seed = seed, .op = 0x308};
  for (std::uint32_t i = static_cast<std::uint32_t>(n); i > 1; --i)
    std::swap(order[i - 1], order[rng.below(i, i)]);
  return order;
}

inline std::vector<int> inverse(const std::vector<int>& order) {
  std::vector<int> at(order.size());
  for (std::size_t k = 0; k < order.size(); ++k) at[order[k]] = static_cast<int>(k);
  return at;
}

// y(k) = x(order[k])
inline Tensor<double> reordered_rows(const Tensor<double>& x, const std::vector<int>& order) {
  Tensor<double> y(x.shape());
  const std::size_t width = order.empty() ? 0 : x.size() / order.size();
  for (std::size_t k = 0; k < order.size(); ++k)
    std::copy_n(x.data() + static_cast<std::size_t>(order[k]) * width, width, y.data() + k * width);
  return y;
}

inline std::vector<Feature> reordered_rows(std::vector<Feature> features, const std::vector<int>& order) {
  for (Feature& x : features) x.value = reordered_rows(x.value, order);
  return features;
}

// max |a - b| / max |b|; infinite where a isn't finite
inline double difference(const Tensor<double>& a, const Tensor<double>& b) {
  double worst = 0, largest = 0;
  for (std::size_t i = 0; i < b.size(); ++i) {
    if (!std::isfinite(a[i])) return INFINITY;
    worst = std::max(worst, std::abs(a[i] - b[i]));
    largest = std::max(largest, std::abs(b[i]));
  }
  return largest > 0 ? worst / largest : worst;
}

inline void expect_same(const std::vector<Feature>& got, const std::vector<Feature>& want, double tolerance,
                        const std::string& what) {
  ASSERT_EQ(got.size(), want.size()) << what;
  for (std::size_t i = 0; i < got.size(); ++i) {
    ASSERT_EQ(got[i].value.shape(), want[i].value.shape()) << what << " " << want[i].name;
    EXPECT_LE(difference(got[i].value, want[i].value), tolerance) << what << " " << want[i].name;
  }
}

// Neither zero nor constant, or a test of symmetry says nothing.
inline void expect_alive(const std::vector<Feature>& features) {
  for (const Feature& x : features) {
    const auto [low, high] = std::minmax_element(x.value.begin(), x.value.end());
    ASSERT_GT(x.value.size(), 0u) << x.name;
    EXPECT_GT(std::max(std::abs(*low), std::abs(*high)), 1e-6) << x.name;
    if (x.value.size() > 1) {
      EXPECT_GT(*high - *low, 1e-3 * std::max(std::abs(*low), std::abs(*high))) << x.name;
    }
  }
}

// map(points, features) moves with its input, for a few rotations, and mirrors where `mirrors`, each with
// a shift.
template <class Map>
void expect_equivariant(Map map, const Tensor<double>& x_N3, const std::vector<Feature>& inputs,
                        double tolerance = 1e-10, bool mirrors = true) {
  const std::vector<Feature> at_rest = map(x_N3, inputs);
  expect_alive(at_rest);
  for (std::uint64_t seed = 1; seed <= 3; ++seed)
    for (bool mirror : {false, true}) {
      if (mirror && !mirrors) continue;
      const Motion m = random_motion(seed, mirror);
      const std::string what = (mirror ? "mirror " : "rotation ") + std::to_string(seed);
      const std::vector<Feature> want = moved(m, at_rest);
      expect_same(map(moved(m, Kind::point, x_N3), moved(m, inputs)), want, tolerance, what);
      for (std::size_t i = 0; i < want.size(); ++i)
        if (want[i].kind == Kind::vector || want[i].kind == Kind::pseudovector ||
            want[i].kind == Kind::point) {
          EXPECT_GT(difference(want[i].value, at_rest[i].value), 1e-2)
              << want[i].name << " stands still, " << what;
        }
    }
}

// map gives reordered rows for reordered points and features
template <class Map>
void expect_permutes(Map map, const Tensor<double>& x_N3, const std::vector<Feature>& inputs,
                     double tolerance = 1e-10) {
  const std::vector<Feature> at_rest = map(x_N3, inputs);
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    const std::vector<int> order = random_order(x_N3.dim(0), seed);
    expect_same(map(reordered_rows(x_N3, order), reordered_rows(inputs, order)),
                reordered_rows(at_rest, order), tolerance, "order " + std::to_string(seed));
  }
}

}  // namespace regrain::test
