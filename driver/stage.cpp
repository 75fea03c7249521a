#include "driver/stage.hpp"

#include "driver/allatom_stage.hpp"
#include "driver/cgvae_neighbors.hpp"
#include "driver/cgvae_stage.hpp"
#include "driver/genzprot_stage.hpp"
#include "driver/stage_config.hpp"
#include "engine/errors.hpp"

namespace regrain::driver {

std::string ListSummary::text() const {
  return concat(list, ": ", train + validation + test, " structures (", train, " training, ", validation, " validation, ", test,
                " test) of ", residues, " residues, hash ", hash);
}

bool ListSummary::same_data(const ListSummary& other) const {
  return train == other.train && validation == other.validation && test == other.test && residues == other.residues && hash == other.hash;
}

io::Config resolve_config(Context& context, const io::Config& config, const StageSetup& setup,
                          const std::vector<const io::Frame*>& training) {
  if (is_transferable(config.text("model.kind"))) return config;
  return resolve_neighbors(context, config, setup.map, training);
}

std::unique_ptr<Stage> make_stage(const io::Config& config, const StageSetup& setup) {
  const std::string& kind = config.text("model.kind");
  if (kind == "genzprot") return std::make_unique<GenzprotStage>(config, setup);
  if (kind == "allatom") return std::make_unique<AllAtomStage>(config, setup);
  return std::make_unique<CgvaeStage>(config, setup);
}

}  // namespace regrain::driver
