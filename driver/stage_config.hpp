// The training file: which keys there are, for each kind of model.
#pragma once

#include <string>
#include <vector>

#include "io/json_config.hpp"
#include "models/cgvae/config.hpp"
#include "models/genzprot/config.hpp"

namespace regrain::driver {

// "cgvae" or "genzprot".
const std::vector<std::string>& model_kinds();
// Throws Error(input) listing the kinds for another.
io::ConfigSchema training_schema(const std::string& kind);

// Reads a training file with the schema of its "model.kind".
io::Config load_training_config(const std::string& path, const std::vector<std::string>& overrides);
// The same from text, for what a checkpoint stores.
io::Config parse_training_config(const std::string& text, const std::string& place);

models::CgvaeConfig cgvae_config(const io::Config& config);
models::GenzprotConfig genzprot_config(const io::Config& config);

}  // namespace regrain::driver
