#include "driver/metrics/diversity.hpp"

#include <algorithm>
#include <limits>

#include "driver/metrics/superposition.hpp"
#include "engine/errors.hpp"

namespace regrain::metrics {

namespace {

template <class Distance>
double mean_over_pairs(const std::vector<Points>& structures, Distance between) {
  const size_t n = structures.size();
  if (n < 2) return std::numeric_limits<double>::quiet_NaN();
  double sum = 0;
  for (size_t i = 0; i < n; ++i)
    for (size_t j = i + 1; j < n; ++j) sum += between(structures[i], structures[j]);
  return sum / (static_cast<double>(n * (n - 1)) / 2);
}

}  // namespace

double mean_pairwise_rmsd(const std::vector<Points>& samples) { return mean_over_pairs(samples, rmsd); }

double mean_pairwise_superposed_rmsd(const std::vector<Points>& structures) {
  return mean_over_pairs(structures, superposed_rmsd);
}

double energy_score(const std::vector<Points>& samples, const Points& truth) {
  REGRAIN_CHECK(!samples.empty(), "energy_score: no samples");
  double to_truth = 0;
  for (const Points& sample : samples) to_truth += rmsd(sample, truth);
  to_truth /= static_cast<double>(samples.size());
  return samples.size() < 2 ? to_truth : to_truth - mean_pairwise_rmsd(samples) / 2;
}

Spread spread(const std::vector<Points>& samples, const Points& truth) {
  REGRAIN_CHECK(!samples.empty(), "spread: no samples");
  const double n = static_cast<double>(samples.size());
  Spread result;
  for (size_t a = 0; a < truth.size(); ++a) {
    Vec3 mean;
    for (const Points& sample : samples) mean = mean + (1 / n) * sample[a];
    for (const Points& sample : samples) result.variance += squared_distance(sample[a], mean);
    result.squared_error += squared_distance(mean, truth[a]);
  }
  result.variance = samples.size() < 2 ? std::numeric_limits<double>::quiet_NaN() : result.variance / (n - 1);
  // if the truth is one more draw, E|truth - mean|^2 = variance (1 + 1/n)
  result.squared_error /= 1 + 1 / n;
  return result;
}

}  // namespace regrain::metrics
