// The training file: which keys there are, for each kind of model.
#pragma once

#include <string>
#include <vector>

#include "io/json_config.hpp"
#include "models/allatom/model.hpp"
#include "models/cgvae/config.hpp"
#include "models/genzprot/config.hpp"

namespace regrain::driver {

// "cgvae", "allatom" or "genzprot".
const std::vector<std::string>& model_kinds();
// Kinds that learn from proteins of any sequence, alpha carbons -> heavy atoms: data.list is for them.
bool is_transferable(const std::string& kind);
// Throws Error(input) listing the kinds for another.
io::ConfigSchema training_schema(const std::string& kind);

// Reads a training file with the schema of its "model.kind". Throws Error(input) also where it names no training data, or
// data of two sorts.
io::Config load_training_config(const std::string& path, const std::vector<std::string>& overrides);
// The same from text, for what a checkpoint stores.
io::Config parse_training_config(const std::string& text, const std::string& place);

models::CgvaeConfig cgvae_config(const io::Config& config);
models::GenzprotConfig genzprot_config(const io::Config& config);
models::allatom::Config allatom_config(const io::Config& config);
// Does it ask for the published code's behaviour, defects and all?
bool is_reference(const io::Config& config);

}  // namespace regrain::driver
