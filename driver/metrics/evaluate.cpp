#include "driver/metrics/evaluate.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "driver/metrics/baselines.hpp"
#include "driver/metrics/beads.hpp"
#include "driver/metrics/diversity.hpp"
#include "driver/metrics/superposition.hpp"
#include "engine/errors.hpp"

namespace regrain::metrics {

namespace {

// frames of the truth that enter its mean pairwise RMSD: enough for a mean, few enough for all pairs
constexpr size_t kEnsembleFrames = 100;

bool has_beads(const EvaluateOptions& options) { return options.map.n_beads > 0 && options.map.centroid; }

void check_frame(const std::string& what, const io::Frame& frame, const io::Topology& topology) {
  if (frame.n_atoms() != topology.n_atoms())
    fail(ErrorKind::input, "evaluate: ", what, " has ", frame.n_atoms(), " atoms, the topology has ",
         topology.n_atoms(), ": both must be of one system");
  for (size_t i = 0; i < frame.xyz_A3.size(); ++i)
    if (!std::isfinite(frame.xyz_A3[i]))
      fail(ErrorKind::numbers, "evaluate: ", what, ": atom ", i / 3,
           " has a coordinate that is not a number (", frame.xyz_A3[i],
           "); leave the frame out or generate it again");
}

void check_inputs(const io::Topology& topology, const std::vector<io::Frame>& reference,
                  const std::vector<std::vector<io::Frame>>& generated, const EvaluateOptions& options) {
  topology.check();
  if (reference.size() != generated.size())
    fail(ErrorKind::input, "evaluate: ", reference.size(), " reference frames, but generated structures for ",
         generated.size(), "; expected samples of every reference frame, in the same order");
  if (reference.empty()) fail(ErrorKind::input, "evaluate: no frames; at least one is needed");
  for (size_t f = 0; f < reference.size(); ++f) {
    check_frame(concat("reference frame ", f), reference[f], topology);
    if (generated[f].empty() || generated[f].size() != generated[0].size())
      fail(ErrorKind::input, "evaluate: frame ", f, " has ", generated[f].size(), " samples, frame 0 has ",
           generated[0].size(), "; expected the same number, at least one, for every frame");
    for (size_t s = 0; s < generated[f].size(); ++s)
      check_frame(concat("sample ", s, " of frame ", f), generated[f][s], topology);
  }
  if (has_beads(options)) {
    options.map.check("evaluate");
    if (options.map.n_atoms() != topology.n_atoms())
      fail(ErrorKind::input, "evaluate: the mapping has ", options.map.n_atoms(), " atoms, the topology has ",
           topology.n_atoms(), ": both must be of one system");
  }
  for (size_t f = 0; f < options.training.size(); ++f)
    check_frame(concat("training frame ", f), options.training[f], topology);
}

std::vector<int> heavy_atoms(const io::Topology& topology) {
  std::vector<int> heavy;
  for (int a = 0; a < topology.n_atoms(); ++a) {
    const std::string& element = topology.atoms[static_cast<size_t>(a)].element;
    if (element != "H" && element != "D") heavy.push_back(a);
  }
  return heavy;
}

// The bead metrics look at all atoms, hydrogens too: that is what the mapping averages over.
void tally_beads(Tally& tally, const Points& placed, const Points& beads, const io::BeadMap& map) {
  const BeadDisplacement moved_by = bead_displacement(coarsen(placed, map), beads);
  tally.root_mean("bead_displacement_rms", "A", "how far the beads of a sample lie from the given ones",
                  moved_by.sum_squares / map.n_beads);
  tally.largest("bead_displacement_max", "A", "the farthest any bead lies from its given place",
                moved_by.largest);
}

void append(std::vector<Entry>& entries, const std::vector<Entry>& more) {
  entries.insert(entries.end(), more.begin(), more.end());
}

// 1 - (distance of samples to the truth) / (distance within the truth's ensemble)
void tally_ensemble(Tally& tally, const std::vector<io::Frame>& reference, const std::vector<int>& heavy,
                    double sample_rmsd) {
  const size_t n = std::min(reference.size(), kEnsembleFrames);
  std::vector<Points> ensemble;
  for (size_t i = 0; i < n; ++i)
    ensemble.push_back(pick(to_points(reference[i * reference.size() / n]), heavy));
  const double among_truth = mean_pairwise_superposed_rmsd(ensemble);
  tally.mean("truth_pairwise_rmsd", "A",
             "mean superposed RMSD between two frames of the truth (100 frames at most)", among_truth);
  if (among_truth > 0)
    tally.mean("diversity_score", "", "1 - rmsd_reference / truth_pairwise_rmsd",
               1 - sample_rmsd / among_truth);
}

template <class Model>
Evaluation::Baseline score_baseline(const char* name, const Model& model, const io::Topology& heavy_topology,
                                    const std::vector<int>& heavy, const std::vector<io::Frame>& reference,
                                    const io::BeadMap& map) {
  Tally bead_tally;
  StructureScores scores(heavy_topology, pick(to_points(reference[0]), heavy));
  for (const io::Frame& frame : reference) {
    const Points truth = to_points(frame);
    const Points beads = coarsen(truth, map);
    const Points placed = model.place(beads);
    scores.add(pick(truth, heavy), {pick(placed, heavy)});
    tally_beads(bead_tally, placed, beads, map);
  }
  Evaluation::Baseline baseline{name, scores.entries()};
  append(baseline.entries, bead_tally.entries());
  return baseline;
}

}  // namespace

double Evaluation::value(const std::string& name) const {
  for (const Entry& entry : entries)
    if (entry.name == name) return entry.value;
  fail(ErrorKind::internal, "evaluation: no entry called ", name);
}

bool Evaluation::has(const std::string& name) const {
  return std::any_of(entries.begin(), entries.end(), [&](const Entry& entry) { return entry.name == name; });
}

Evaluation evaluate(const io::Topology& topology, const std::vector<io::Frame>& reference,
                    const std::vector<std::vector<io::Frame>>& generated, const EvaluateOptions& options) {
  check_inputs(topology, reference, generated, options);
  const std::vector<int> heavy = heavy_atoms(topology);
  const io::Topology heavy_topology = io::subset(topology, heavy);
  const bool with_beads = has_beads(options);

  Evaluation result;
  result.detail = detail_of(heavy_topology);
  result.n_frames = static_cast<int>(reference.size());
  result.n_samples = static_cast<int>(generated[0].size());
  result.n_heavy_atoms = static_cast<int>(heavy.size());
  result.n_residues = heavy_topology.n_residues();
  result.n_beads = with_beads ? options.map.n_beads : 0;
  result.z_drawn = options.z_drawn;

  Tally extra;
  StructureScores scores(heavy_topology, pick(to_points(reference[0]), heavy));
  for (size_t f = 0; f < reference.size(); ++f) {
    const Points truth = to_points(reference[f]);
    Points beads;
    if (with_beads) beads = coarsen(truth, options.map);
    std::vector<Points> samples;
    for (const io::Frame& sample : generated[f]) {
      const Points placed = to_points(sample);
      if (with_beads) tally_beads(extra, placed, beads, options.map);
      samples.push_back(pick(placed, heavy));
    }
    scores.add(pick(truth, heavy), samples);
  }
  result.entries = scores.entries();
  result.rmsd_per_frame = scores.rmsd_per_frame();
  result.reference_torsions = scores.reference_torsions();
  result.generated_torsions = scores.generated_torsions();
  if (result.has("rmsd_reference")) tally_ensemble(extra, reference, heavy, result.value("rmsd_reference"));
  append(result.entries, extra.entries());

  if (with_beads && !options.training.empty()) {
    const TrainingSet training{options.training, options.map};
    const auto score = [&](const char* name, const auto& model) {
      result.baselines.push_back(score_baseline(name, model, heavy_topology, heavy, reference, options.map));
    };
    score("mean_structure", MeanStructure(training));
    score("nearest_frame", NearestFrame(training));
    score("linear_map", LinearMap(training));
  }
  return result;
}

}  // namespace regrain::metrics
