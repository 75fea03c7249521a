// One call for a report: generated structures against the truth, with the free baselines beside them.
//
// Works for all-atom structures and for CA traces and picks the metrics that make sense. Names ending in
// "_reference" follow the published codes, names beginning with "truth_" tell of the truth itself.
#pragma once

#include <string>
#include <vector>

#include "driver/metrics/structure_scores.hpp"
#include "io/bead_map.hpp"

namespace regrain::metrics {

struct EvaluateOptions {
  io::BeadMap map;                  // of the topology's atoms, beads at centroids; else no bead metrics
  std::vector<io::Frame> training;  // for the baselines, which need the map too; empty: none
  std::string z_drawn =
      "not stated";  // "from the prior", "from the posterior, which has seen the truth", ...
};

struct Evaluation {
  Detail detail = Detail::points;
  int n_frames = 0, n_samples = 0, n_heavy_atoms = 0, n_residues = 0, n_beads = 0;
  std::string z_drawn;
  std::vector<Entry> entries;
  struct Baseline {
    std::string name;  // "mean_structure", "nearest_frame", "linear_map"
    std::vector<Entry> entries;
  };
  std::vector<Baseline> baselines;
  std::vector<double> rmsd_per_frame;  // mean over the samples of the frame, A
  TorsionDensity reference_torsions, generated_torsions;

  // Throws Error(internal) if there is no such entry.
  double value(const std::string& name) const;
  bool has(const std::string& name) const;
};

// generated[f] holds the samples of reference[f], the same number for each frame. Throws Error(input) if
// numbers of frames, samples or atoms disagree, Error(numbers) on coordinates that aren't finite.
Evaluation evaluate(const io::Topology& topology, const std::vector<io::Frame>& reference,
                    const std::vector<std::vector<io::Frame>>& generated,
                    const EvaluateOptions& options = {});

std::string to_json(const Evaluation& evaluation);
void write_json(const Evaluation& evaluation, const std::string& path, bool force = false);

}  // namespace regrain::metrics
