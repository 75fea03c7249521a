// What a stage must beat: three ways from beads to atoms that need no training to speak of.
//
// Each is built from training frames and a mapping, and gives a structure for given beads, which the same
// metrics score. A model that doesn't beat the mean structure has learnt nothing from the beads.
#pragma once

#include "driver/metrics/points.hpp"
#include "io/bead_map.hpp"

namespace regrain::metrics {

struct TrainingSet {
  const std::vector<io::Frame>& frames;  // both must outlive what is built from them
  const io::BeadMap& map;
};

// The training frames' mean after aligning them to it, repeated until it stays; its beads are superposed on
// the given ones.
class MeanStructure {
 public:
  explicit MeanStructure(const TrainingSet& training);
  const Points& mean() const { return mean_; }
  Points place(const Points& beads) const;

 private:
  Points mean_, mean_beads_;
};

// The training frame whose beads fit the given ones best, superposed on them by the beads.
class NearestFrame {
 public:
  explicit NearestFrame(const TrainingSet& training);
  int nearest(const Points& beads) const;
  Points place(const Points& beads) const;

 private:
  const std::vector<io::Frame>& frames_;
  std::vector<Points> beads_;
};

// x_i = X_I(i) + sum_J a_iJ (X_J - X_I(i)): linear in the beads and equivariant. One ridge regression per
// atom, lambda = ridge x frames; the atoms of a bead share the matrix. An atom without a bead (side chains
// on a CA map) goes by the bead it is nearest to.
class LinearMap {
 public:
  explicit LinearMap(const TrainingSet& training, double ridge = 0.1);
  Points place(const Points& beads) const;

 private:
  std::vector<int> owner_A_;
  int n_beads_ = 0;
  std::vector<double> weight_AB_;
};

}  // namespace regrain::metrics
