// Between ConfigValue and JSON. Only the two .cpp files of the configuration include this.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "io/json_config.hpp"

namespace regrain::io {

nlohmann::ordered_json to_json(const ConfigValue& value);
// The member at "a.b", made if it isn't there.
nlohmann::ordered_json& member_at(nlohmann::ordered_json& root, const std::string& path);

}  // namespace regrain::io
