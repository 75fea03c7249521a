#include "driver/metrics/superposition.hpp"

#include <Eigen/Dense>
#include <limits>

#include "engine/errors.hpp"

namespace regrain::metrics {

namespace {

void check_sizes(const char* who, const Points& a, const Points& b) {
  REGRAIN_CHECK(a.size() == b.size(), who, ": one structure has ", a.size(), " atoms, the other ", b.size());
}

}  // namespace

Vec3 Motion::operator()(Vec3 p) const {
  const Vec3 q = p - from;
  const auto& m = rotation;
  return Vec3{m[0] * q.x + m[1] * q.y + m[2] * q.z, m[3] * q.x + m[4] * q.y + m[5] * q.z,
              m[6] * q.x + m[7] * q.y + m[8] * q.z} +
         to;
}

Motion superpose(const Points& mobile, const Points& target) {
  check_sizes("superpose", mobile, target);
  Motion motion;
  motion.from = centroid(mobile);
  motion.to = centroid(target);

  Eigen::Matrix3d covariance = Eigen::Matrix3d::Zero();
  for (size_t a = 0; a < mobile.size(); ++a) {
    const Vec3 m = mobile[a] - motion.from, t = target[a] - motion.to;
    covariance += Eigen::Vector3d(t.x, t.y, t.z) * Eigen::RowVector3d(m.x, m.y, m.z);
  }
  const Eigen::JacobiSVD<Eigen::Matrix3d> svd(covariance, Eigen::ComputeFullU | Eigen::ComputeFullV);
  // flip the weakest axis if the best orthogonal matrix is a reflection
  const double sign = svd.matrixU().determinant() * svd.matrixV().determinant() < 0 ? -1 : 1;
  const Eigen::Matrix3d rotation =
      svd.matrixU() * Eigen::Vector3d(1, 1, sign).asDiagonal() * svd.matrixV().transpose();
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j) motion.rotation[static_cast<size_t>(3 * i + j)] = rotation(i, j);
  return motion;
}

Points moved(const Motion& motion, const Points& points) {
  Points result;
  result.reserve(points.size());
  for (const Vec3& p : points) result.push_back(motion(p));
  return result;
}

double rmsd(const Points& a, const Points& b) {
  check_sizes("rmsd", a, b);
  if (a.empty()) return std::numeric_limits<double>::quiet_NaN();
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += squared_distance(a[i], b[i]);
  return std::sqrt(sum / static_cast<double>(a.size()));
}

double superposed_rmsd(const Points& a, const Points& b) { return rmsd(moved(superpose(a, b), a), b); }

}  // namespace regrain::metrics
