#include <algorithm>
#include <cmath>

#include "engine/errors.hpp"
#include "io/config_json.hpp"
#include "io/json_config.hpp"

namespace regrain::io {

using Json = nlohmann::ordered_json;

Json to_json(const ConfigValue& value) {
  return std::visit([](const auto& v) { return Json(v); }, value);
}

Json& member_at(Json& root, const std::string& path) {
  Json* at = &root;
  for (size_t begin = 0; begin <= path.size();) {
    const size_t dot = std::min(path.find('.', begin), path.size());
    at = &(*at)[path.substr(begin, dot - begin)];
    begin = dot + 1;
  }
  return *at;
}

ConfigSchema& ConfigSchema::add(ConfigKey key) {
  REGRAIN_CHECK(!key.path.empty() && !find(key.path), "config: the key \"", key.path,
                "\" is declared twice or empty");
  keys_.push_back(std::move(key));
  return *this;
}

ConfigSchema& ConfigSchema::flag(const std::string& path, bool value, const std::string& help) {
  return add({path, value, help});
}
ConfigSchema& ConfigSchema::integer(const std::string& path, int64_t value, int64_t lowest, int64_t highest,
                                    const std::string& help) {
  return add({path, value, help, false, static_cast<double>(lowest), static_cast<double>(highest)});
}
ConfigSchema& ConfigSchema::number(const std::string& path, double value, double lowest, double highest,
                                   const std::string& help) {
  return add({path, value, help, false, lowest, highest});
}
ConfigSchema& ConfigSchema::text(const std::string& path, const std::string& value, const std::string& help,
                                 const std::vector<std::string>& choices) {
  ConfigKey key{path, value, help};
  key.choices = choices;
  return add(std::move(key));
}
ConfigSchema& ConfigSchema::integers(const std::string& path, const std::vector<int64_t>& value,
                                     int64_t lowest, int64_t highest, const std::string& help) {
  return add({path, value, help, false, static_cast<double>(lowest), static_cast<double>(highest)});
}
ConfigSchema& ConfigSchema::numbers(const std::string& path, const std::vector<double>& value, double lowest,
                                    double highest, const std::string& help) {
  return add({path, value, help, false, lowest, highest});
}
ConfigSchema& ConfigSchema::texts(const std::string& path, const std::vector<std::string>& value,
                                  const std::string& help, const std::vector<std::string>& choices) {
  ConfigKey key{path, value, help};
  key.choices = choices;
  return add(std::move(key));
}
ConfigSchema& ConfigSchema::required() {
  REGRAIN_CHECK(!keys_.empty(), "config: required() comes after a key");
  keys_.back().required = true;
  return *this;
}

const ConfigKey* ConfigSchema::find(const std::string& path) const {
  const auto found = std::ranges::find(keys_, path, &ConfigKey::path);
  return found == keys_.end() ? nullptr : &*found;
}

std::string ConfigSchema::defaults_json() const {
  Json root = Json::object();
  for (const ConfigKey& key : keys_) member_at(root, key.path) = to_json(key.default_value);
  return root.dump(2) + "\n";
}

std::string ConfigSchema::json_schema() const {
  static constexpr const char* kTypes[] = {"boolean", "integer", "number", "string",
                                           "integer", "number",  "string"};
  const auto object = [](Json& at) {
    at["type"] = "object";
    at["additionalProperties"] = false;
    if (!at.contains("properties")) at["properties"] = Json::object();
  };
  Json root = Json::object();
  root["$schema"] = "https://json-schema.org/draft/2020-12/schema";
  object(root);
  root["properties"]["$schema"] = {{"type", "string"}};
  for (const ConfigKey& key : keys_) {
    Json* at = &root;
    size_t begin = 0;
    for (size_t dot;; begin = dot + 1) {
      dot = key.path.find('.', begin);
      const std::string name = key.path.substr(begin, dot == std::string::npos ? dot : dot - begin);
      if (key.required) {
        Json& needed = (*at)["required"];
        if (std::ranges::find(needed, Json(name)) == needed.end()) needed.push_back(name);
      }
      at = &(*at)["properties"][name];
      if (dot == std::string::npos) break;
      object(*at);
    }
    Json item = {{"type", kTypes[key.default_value.index()]}};
    if (std::isfinite(key.lowest) && std::fabs(key.lowest) < 9e18) item["minimum"] = key.lowest;
    if (std::isfinite(key.highest) && std::fabs(key.highest) < 9e18) item["maximum"] = key.highest;
    if (!key.choices.empty()) item["enum"] = key.choices;
    const bool list = key.default_value.index() >= 4;
    *at = list ? Json{{"type", "array"}, {"items", item}} : item;
    (*at)["description"] = key.help;
    if (!key.required) (*at)["default"] = to_json(key.default_value);
  }
  return root.dump(2) + "\n";
}

}  // namespace regrain::io
