#include "driver/cgvae_neighbors.hpp"

#include <algorithm>

#include "driver/stage_config.hpp"
#include "driver/training_log.hpp"
#include "kernels/neighbors.hpp"

namespace regrain::driver {

NeighborCounts count_neighbors(Context& context, const io::BeadMap& map, const std::vector<const io::Frame*>& truth,
                               double atom_cutoff, double bead_cutoff) {
  double atoms = 0, beads = 0;
  for (const io::Frame* frame : truth) {
    const io::Frame coarse = io::apply(map, *frame);
    const auto mean_degree = [&](const io::Frame& f, double cutoff) {
      const View<const float, 2> x(f.xyz_A3.data(), {f.n_atoms(), 3});
      const auto pairs = kernels::neighbor_pairs<float>(context.host(), x, static_cast<float>(cutoff));
      return 2 * static_cast<double>(pairs.size()) / f.n_atoms() / static_cast<double>(truth.size());
    };
    atoms += mean_degree(*frame, atom_cutoff);
    beads += mean_degree(coarse, bead_cutoff);
  }
  return {std::max(atoms, 1.0), std::max(beads, 1.0)};
}

io::Config resolve_neighbors(Context& context, const io::Config& config, const io::BeadMap& map,
                             const std::vector<const io::Frame*>& training) {
  const bool atoms_open = config.number("model.atom_neighbors") == 0, beads_open = config.number("model.bead_neighbors") == 0;
  // the published sums are divided by nothing
  if (config.text("model.conformance") == "reference" || (!atoms_open && !beads_open)) return config;
  // a mean needs no more than a few frames
  std::vector<const io::Frame*> some;
  const std::size_t step = std::max<std::size_t>(1, training.size() / 16);
  for (std::size_t i = 0; i < training.size(); i += step) some.push_back(training[i]);
  const NeighborCounts counts = count_neighbors(context, map, some, config.number("model.atom_cutoff"), config.number("model.bead_cutoff"));
  std::vector<std::string> measured;
  if (atoms_open) measured.push_back("model.atom_neighbors=" + exact(counts.atoms));
  if (beads_open) measured.push_back("model.bead_neighbors=" + exact(counts.beads));
  return io::Config::parse(config.effective_json(), config.file(), training_schema("cgvae"), measured);
}

}  // namespace regrain::driver
