#include "driver/stage.hpp"

#include "driver/cgvae_stage.hpp"
#include "driver/genzprot_stage.hpp"

namespace regrain::driver {

std::unique_ptr<Stage> make_stage(const io::Config& config, const StageSetup& setup) {
  if (config.text("model.kind") == "genzprot") return std::make_unique<GenzprotStage>(config, setup);
  return std::make_unique<CgvaeStage>(config, setup);
}

}  // namespace regrain::driver
