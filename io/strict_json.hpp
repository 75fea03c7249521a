// JSON read strictly: no comments, no duplicate keys, bounded depth, and the place of every key is
// known for messages. Only .cpp files of io include this: nlohmann's header stays out of all others.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "engine/errors.hpp"

namespace regrain::io {

struct JsonDocument {
  nlohmann::json root;
  std::string file;
  std::map<std::string, std::string> place_of;  // "model.cutoff" -> "stage1.json:3:14"

  // The key's place if it is known, otherwise the file.
  std::string place(const std::string& key) const {
    const auto found = place_of.find(key);
    return found == place_of.end() ? file : found->second;
  }
};

// Throws Error(kind) naming file, line and column.
JsonDocument parse_json(const std::string& text, const std::string& file, ErrorKind kind = ErrorKind::input);

}  // namespace regrain::io
