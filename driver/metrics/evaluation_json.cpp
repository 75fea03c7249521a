#include <nlohmann/json.hpp>

#include "driver/metrics/evaluate.hpp"
#include "io/atomic_file.hpp"

namespace regrain::metrics {

namespace {

using Json = nlohmann::ordered_json;

const char* name_of(Detail detail) {
  switch (detail) {
    case Detail::all_atom:
      return "all_atom";
    case Detail::alpha_trace:
      return "alpha_trace";
    case Detail::points:
      break;
  }
  return "points";
}

Json list(const std::vector<Entry>& entries) {
  Json all = Json::array();
  for (const Entry& entry : entries)
    all.push_back({{"name", entry.name},
                   {"value", entry.value},
                   {"unit", entry.unit},
                   {"definition", entry.definition}});
  return all;
}

Json counts(const TorsionDensity& density) {
  return {{"phi", density.single[phi]},   {"psi", density.single[psi]},   {"omega", density.single[omega]},
          {"chi1", density.single[chi1]}, {"chi2", density.single[chi2]}, {"phi_psi", density.phi_psi}};
}

}  // namespace

std::string to_json(const Evaluation& evaluation) {
  Json json = {{"detail", name_of(evaluation.detail)},
               {"frames", evaluation.n_frames},
               {"samples_per_frame", evaluation.n_samples},
               {"heavy_atoms", evaluation.n_heavy_atoms},
               {"residues", evaluation.n_residues},
               {"beads", evaluation.n_beads},
               {"z_drawn", evaluation.z_drawn},
               {"metrics", list(evaluation.entries)},
               {"baselines", Json::object()},
               {"rmsd_per_frame", evaluation.rmsd_per_frame}};
  for (const auto& baseline : evaluation.baselines) json["baselines"][baseline.name] = list(baseline.entries);
  if (evaluation.detail == Detail::all_atom)
    json["torsion_counts"] = {{"bins", kTorsionBins},
                              {"from_degrees", -180},
                              {"reference", counts(evaluation.reference_torsions)},
                              {"generated", counts(evaluation.generated_torsions)}};
  // text from outside may not be UTF-8: replace what isn't
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

void write_json(const Evaluation& evaluation, const std::string& path, bool force) {
  io::write_file(path, to_json(evaluation), force);
}

}  // namespace regrain::metrics
