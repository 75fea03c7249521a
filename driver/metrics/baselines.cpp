#include "driver/metrics/baselines.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <limits>

#include "driver/metrics/beads.hpp"
#include "driver/metrics/superposition.hpp"
#include "engine/errors.hpp"

namespace regrain::metrics {

namespace {

size_t at(int a) { return static_cast<size_t>(a); }

void check(const TrainingSet& training) {
  training.map.check("baselines");
  if (training.frames.empty())
    fail(ErrorKind::input, "baselines: no training frames; at least one is needed");
  for (size_t f = 0; f < training.frames.size(); ++f)
    if (at(training.frames[f].n_atoms()) != training.map.bead_of_atom.size())
      fail(ErrorKind::input, "baselines: training frame ", f, " has ", training.frames[f].n_atoms(),
           " atoms, the mapping has ", training.map.bead_of_atom.size(), ": both must be of one system");
}

// each atom's bead; the nearest on average for atoms that have none
std::vector<int> owners(const TrainingSet& training) {
  std::vector<int> owner = training.map.bead_of_atom;
  std::vector<int> free_atoms;
  for (size_t a = 0; a < owner.size(); ++a)
    if (owner[a] < 0) free_atoms.push_back(static_cast<int>(a));
  if (free_atoms.empty()) return owner;

  const size_t n_beads = at(training.map.n_beads);
  std::vector<double> far(free_atoms.size() * n_beads, 0);  // summed distances
  for (const io::Frame& frame : training.frames) {
    const Points points = to_points(frame), beads = coarsen(points, training.map);
    for (size_t i = 0; i < free_atoms.size(); ++i)
      for (size_t b = 0; b < n_beads; ++b)
        far[i * n_beads + b] += distance(points[at(free_atoms[i])], beads[b]);
  }
  for (size_t i = 0; i < free_atoms.size(); ++i) {
    const auto row = far.begin() + static_cast<std::ptrdiff_t>(i * n_beads);
    owner[at(free_atoms[i])] = static_cast<int>(std::min_element(row, row + training.map.n_beads) - row);
  }
  return owner;
}

}  // namespace

MeanStructure::MeanStructure(const TrainingSet& training) {
  check(training);
  constexpr int kRounds = 100;
  constexpr double kSettled = 1e-6;  // Angstrom

  mean_ = to_points(training.frames[0]);
  for (int round = 0; round < kRounds; ++round) {
    Points sum(mean_.size());
    for (const io::Frame& frame : training.frames) {
      const Points points = to_points(frame);
      const Motion motion = superpose(points, mean_);
      for (size_t a = 0; a < sum.size(); ++a) sum[a] = sum[a] + motion(points[a]);
    }
    for (Vec3& p : sum) p = (1.0 / static_cast<double>(training.frames.size())) * p;
    const double change = mean_.empty() ? 0 : rmsd(sum, mean_);
    mean_ = std::move(sum);
    if (change < kSettled) break;
  }
  mean_beads_ = coarsen(mean_, training.map);
}

Points MeanStructure::place(const Points& beads) const { return moved(superpose(mean_beads_, beads), mean_); }

NearestFrame::NearestFrame(const TrainingSet& training) : frames_(training.frames) {
  check(training);
  for (const io::Frame& frame : frames_) beads_.push_back(coarsen(to_points(frame), training.map));
}

int NearestFrame::nearest(const Points& beads) const {
  int best = 0;
  double best_rmsd = std::numeric_limits<double>::infinity();
  for (size_t f = 0; f < beads_.size(); ++f) {
    const double d = superposed_rmsd(beads_[f], beads);
    if (d < best_rmsd) {
      best_rmsd = d;
      best = static_cast<int>(f);
    }
  }
  return best;
}

Points NearestFrame::place(const Points& beads) const {
  const size_t f = at(nearest(beads));
  return moved(superpose(beads_[f], beads), to_points(frames_[f]));
}

LinearMap::LinearMap(const TrainingSet& training, double ridge) : n_beads_(training.map.n_beads) {
  check(training);
  owner_A_ = owners(training);
  const size_t n_beads = at(n_beads_), n_atoms = owner_A_.size();
  std::vector<std::vector<int>> atoms_B(n_beads);
  for (size_t a = 0; a < n_atoms; ++a) atoms_B[at(owner_A_[a])].push_back(static_cast<int>(a));

  // per bead I: gram(J,K) = sum of (X_J - X_I).(X_K - X_I), right(J,i) = sum of (X_J - X_I).(x_i - X_I)
  std::vector<Eigen::MatrixXd> gram(n_beads), right(n_beads);
  for (size_t bead = 0; bead < n_beads; ++bead) {
    gram[bead] = Eigen::MatrixXd::Zero(n_beads_, n_beads_);
    right[bead] = Eigen::MatrixXd::Zero(n_beads_, static_cast<Eigen::Index>(atoms_B[bead].size()));
  }
  for (const io::Frame& frame : training.frames) {
    const Points points = to_points(frame);
    const Points beads = coarsen(points, training.map);
    for (size_t bead = 0; bead < n_beads; ++bead) {
      Eigen::MatrixXd to_beads(3, n_beads_), to_atoms(3, right[bead].cols());
      const auto set_column = [&](Eigen::MatrixXd& matrix, Eigen::Index column, Vec3 p) {
        const Vec3 d = p - beads[bead];
        matrix(0, column) = d.x;
        matrix(1, column) = d.y;
        matrix(2, column) = d.z;
      };
      for (int j = 0; j < n_beads_; ++j) set_column(to_beads, j, beads[at(j)]);
      for (size_t i = 0; i < atoms_B[bead].size(); ++i)
        set_column(to_atoms, static_cast<Eigen::Index>(i), points[at(atoms_B[bead][i])]);
      gram[bead].noalias() += to_beads.transpose() * to_beads;
      right[bead].noalias() += to_beads.transpose() * to_atoms;
    }
  }

  const double lambda = ridge * static_cast<double>(training.frames.size());
  weight_AB_.assign(n_atoms * n_beads, 0);
  for (size_t bead = 0; bead < n_beads; ++bead) {
    gram[bead].diagonal().array() += lambda;
    const Eigen::MatrixXd weights = gram[bead].ldlt().solve(right[bead]);
    for (size_t i = 0; i < atoms_B[bead].size(); ++i)
      for (int j = 0; j < n_beads_; ++j)
        weight_AB_[at(atoms_B[bead][i]) * n_beads + at(j)] = weights(j, static_cast<Eigen::Index>(i));
  }
}

Points LinearMap::place(const Points& beads) const {
  REGRAIN_CHECK(beads.size() == at(n_beads_), "linear map: ", beads.size(), " beads given, fitted on ",
                n_beads_);
  Points points;
  points.reserve(owner_A_.size());
  for (size_t a = 0; a < owner_A_.size(); ++a) {
    const Vec3 own = beads[at(owner_A_[a])];
    Vec3 p = own;
    for (size_t j = 0; j < beads.size(); ++j) p = p + weight_AB_[a * beads.size() + j] * (beads[j] - own);
    points.push_back(p);
  }
  return points;
}

}  // namespace regrain::metrics
