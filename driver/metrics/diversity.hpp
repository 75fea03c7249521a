// How the samples of one input spread, and whether that spread is honest.
//
// A low RMSD of samples can mean a collapsed latent. The energy score and the ratio of spread to error
// can't be fooled that way. Samples lie on the same beads, so distances are taken as they lie.
#pragma once

#include "driver/metrics/points.hpp"

namespace regrain::metrics {

// Mean RMSD between two different samples; NaN with fewer than two.
double mean_pairwise_rmsd(const std::vector<Points>& samples);
// The same after superposition, for structures that don't share a place.
double mean_pairwise_superposed_rmsd(const std::vector<Points>& structures);

// Mean distance to the truth minus half the mean distance between two different samples (RMSD as the
// distance; lower is better). One sample has no spread and scores its RMSD.
double energy_score(const std::vector<Points>& samples, const Points& truth);

// Sums over the atoms of one input, A^2. With calibrated samples both have the same mean.
struct Spread {
  double variance = 0;       // of the samples, unbiased; NaN with fewer than two
  double squared_error = 0;  // of the samples' mean, less the part that is due to their small number
};
Spread spread(const std::vector<Points>& samples, const Points& truth);

}  // namespace regrain::metrics
