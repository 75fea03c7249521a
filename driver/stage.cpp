#include "driver/stage.hpp"

#include "driver/cgvae_neighbors.hpp"
#include "driver/cgvae_stage.hpp"
#include "driver/genzprot_stage.hpp"

namespace regrain::driver {

io::Config resolve_config(Context& context, const io::Config& config, const StageSetup& setup,
                          const std::vector<const io::Frame*>& training) {
  if (config.text("model.kind") == "genzprot") return config;
  return resolve_neighbors(context, config, setup.map, training);
}

std::unique_ptr<Stage> make_stage(const io::Config& config, const StageSetup& setup) {
  if (config.text("model.kind") == "genzprot") return std::make_unique<GenzprotStage>(config, setup);
  return std::make_unique<CgvaeStage>(config, setup);
}

}  // namespace regrain::driver
