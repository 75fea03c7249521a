#include "io/json_config.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "engine/errors.hpp"
#include "io/config_json.hpp"
#include "io/input_file.hpp"
#include "io/strict_json.hpp"

namespace regrain::io {
namespace {

constexpr uint64_t kLargestConfig = uint64_t{1} << 24;

// Where a value comes from and how to complain about it.
struct Source {
  std::string place;  // file:line:column, or --set a.b
  ErrorKind kind;
};

[[noreturn]] void complain(const Source& source, const ConfigKey& key, const nlohmann::json& found,
                           const std::string& expected) {
  std::string text = found.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  if (text.size() > 60) text = text.substr(0, 60) + "...";
  fail(source.kind, source.place, ": ", key.path, " is ", text, "; expected ", expected, " (", key.help, ")");
}

void check_range(const Source& source, const ConfigKey& key, const nlohmann::json& json, double value) {
  if (value >= key.lowest && value <= key.highest) return;
  const bool low = std::fabs(key.lowest) < 9e18, high = std::fabs(key.highest) < 9e18;
  complain(source, key, json,
           low && high ? concat("between ", key.lowest, " and ", key.highest)
                       : (low ? concat("at least ", key.lowest) : concat("at most ", key.highest)));
}

// One number or text, alone or in a list.
template <class T>
T scalar(const Source& source, const ConfigKey& key, const nlohmann::json& json) {
  if constexpr (std::is_same_v<T, bool>) {
    if (!json.is_boolean()) complain(source, key, json, "true or false");
    return json.get<bool>();
  } else if constexpr (std::is_same_v<T, std::string>) {
    if (!json.is_string()) complain(source, key, json, "a text");
    const std::string text = json.get<std::string>();
    if (key.choices.empty() || std::ranges::find(key.choices, text) != key.choices.end()) return text;
    std::string choices;
    for (const std::string& choice : key.choices)
      choices += (choices.empty() ? "\"" : ", \"") + choice + "\"";
    const std::string meant = nearest(text, key.choices);
    complain(source, key, json,
             "one of " + choices + (meant.empty() ? "" : " (did you mean \"" + meant + "\"?)"));
  } else if constexpr (std::is_same_v<T, double>) {
    if (!json.is_number()) complain(source, key, json, "a number");
    check_range(source, key, json, json.get<double>());
    return json.get<double>();
  } else {
    // 1e5 is a fine way to write a hundred thousand steps
    const bool whole = json.is_number_float() && json.get<double>() == std::floor(json.get<double>()) &&
                       std::fabs(json.get<double>()) < 9e15;
    const bool fits = json.is_number_integer() &&
                      !(json.is_number_unsigned() && json.get<uint64_t>() > static_cast<uint64_t>(INT64_MAX));
    if (!whole && !fits) complain(source, key, json, "an integer");
    const int64_t value = whole ? static_cast<int64_t>(json.get<double>()) : json.get<int64_t>();
    check_range(source, key, json, static_cast<double>(value));
    return value;
  }
}

ConfigValue read_value(const Source& source, const ConfigKey& key, const nlohmann::json& json) {
  return std::visit(
      [&](const auto& like) -> ConfigValue {
        using T = std::decay_t<decltype(like)>;
        if constexpr (std::is_same_v<T, std::string> || std::is_arithmetic_v<T>) {
          return scalar<T>(source, key, json);
        } else {
          if (!json.is_array()) complain(source, key, json, "a list in [ ]");
          T list;
          for (const nlohmann::json& item : json)
            list.push_back(scalar<typename T::value_type>(source, key, item));
          return list;
        }
      },
      key.default_value);
}

[[noreturn]] void fail_unknown(const Source& source, const std::string& path, const ConfigSchema& schema) {
  std::vector<std::string> known;
  for (const ConfigKey& key : schema.keys())
    for (size_t end = key.path.size(); end != std::string::npos && end > 0;
         end = key.path.rfind('.', end - 1))
      known.push_back(key.path.substr(0, end));
  const std::string meant = nearest(path, known);
  fail(source.kind, source.place, ": ", path, ": unknown key",
       meant.empty() ? "; the program lists the keys it knows with --defaults"
                     : concat(" (did you mean \"", meant, "\"?)"));
}

bool is_group(const std::string& path, const ConfigSchema& schema) {
  return std::ranges::any_of(schema.keys(),
                             [&](const ConfigKey& key) { return key.path.starts_with(path + "."); });
}

}  // namespace

std::string nearest(const std::string& word, const std::vector<std::string>& candidates) {
  const auto distance = [](const std::string& a, const std::string& b) {
    std::vector<size_t> row(b.size() + 1);
    for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (size_t i = 1; i <= a.size(); ++i) {
      size_t diagonal = std::exchange(row[0], i);
      for (size_t j = 1; j <= b.size(); ++j)
        diagonal =
            std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1])}));
    }
    return row[b.size()];
  };
  if (word.size() > 200) return {};  // no typing mistake, and quadratic to compare
  const auto last = [](const std::string& path) { return path.substr(path.rfind('.') + 1); };
  std::string best;
  size_t best_distance = (word.size() < 4 ? 1 : std::max<size_t>(word.size() / 3, 2)) + 1;
  for (const std::string& candidate : candidates) {
    // the right name in the wrong group counts as one mistake
    const size_t d =
        std::min(distance(word, candidate), last(word) == last(candidate) ? size_t{1} : SIZE_MAX);
    if (d < best_distance) {
      best = candidate;
      best_distance = d;
    }
  }
  return best;
}

Config Config::load(const std::string& path, const ConfigSchema& schema,
                    const std::vector<std::string>& overrides) {
  return parse(read_whole_file(path, kLargestConfig), path, schema, overrides);
}

Config Config::parse(const std::string& text, const std::string& file, const ConfigSchema& schema,
                     const std::vector<std::string>& overrides) {
  Config config;
  config.file_ = file;
  for (const ConfigKey& key : schema.keys()) {
    config.values_[key.path] = key.default_value;
    config.order_.push_back(key.path);
  }
  const JsonDocument document = parse_json(text, file);
  if (!document.root.is_object())
    fail(ErrorKind::input, file, ":1:1: holds no JSON object; expected { ... }");

  const auto read_object = [&](const auto& self, const nlohmann::json& object,
                               const std::string& prefix) -> void {
    for (const auto& [name, member] : object.items()) {
      const std::string path = prefix + name;
      if (path == "$schema") continue;  // for editors
      const Source source{document.place(path), ErrorKind::input};
      if (const ConfigKey* key = schema.find(path)) {
        config.values_[path] = read_value(source, *key, member);
        config.given_.insert(path);
      } else if (is_group(path, schema)) {
        if (!member.is_object())
          fail(source.kind, source.place, ": ", path, " is a group of keys; expected { ... }");
        self(self, member, path + ".");
      } else {
        fail_unknown(source, path, schema);
      }
    }
  };
  read_object(read_object, document.root, "");

  for (const std::string& override_text : overrides) {
    const size_t equals = override_text.find('=');
    if (equals == std::string::npos || equals == 0)
      fail(ErrorKind::usage, "--set ", override_text, ": has no value; expected --set key=value");
    const std::string path = override_text.substr(0, equals), value = override_text.substr(equals + 1);
    const Source source{"--set " + override_text, ErrorKind::usage};
    const ConfigKey* key = schema.find(path);
    if (!key) fail_unknown(source, path, schema);
    const bool wants_text = std::holds_alternative<std::string>(key->default_value);
    nlohmann::json json = value;  // plain text, since shells eat quotes
    try {
      nlohmann::json parsed = parse_json(value, source.place).root;
      if (!wants_text || parsed.is_string()) json = std::move(parsed);
    } catch (const Error&) {
      // not JSON: the text it is then
    }
    config.values_[path] = read_value(source, *key, json);
    config.given_.insert(path);
  }
  for (const ConfigKey& key : schema.keys())
    if (key.required && !config.is_given(key.path))
      fail(ErrorKind::input, file, ": ", key.path, " is missing (", key.help, "); add it, or give --set ",
           key.path, "=...");
  return config;
}

const ConfigValue& Config::value(const std::string& path) const {
  const auto found = values_.find(path);
  REGRAIN_CHECK(found != values_.end(), "config: the key \"", path, "\" was never declared");
  return found->second;
}

namespace {
template <class T>
const T& as(const ConfigValue& value, const std::string& path) {
  const T* typed = std::get_if<T>(&value);
  REGRAIN_CHECK(typed, "config: the key \"", path, "\" is declared with another type");
  return *typed;
}
}  // namespace

bool Config::flag(const std::string& path) const { return as<bool>(value(path), path); }
int64_t Config::integer(const std::string& path) const { return as<int64_t>(value(path), path); }
double Config::number(const std::string& path) const { return as<double>(value(path), path); }
const std::string& Config::text(const std::string& path) const { return as<std::string>(value(path), path); }
const std::vector<int64_t>& Config::integers(const std::string& path) const {
  return as<std::vector<int64_t>>(value(path), path);
}
const std::vector<double>& Config::numbers(const std::string& path) const {
  return as<std::vector<double>>(value(path), path);
}
const std::vector<std::string>& Config::texts(const std::string& path) const {
  return as<std::vector<std::string>>(value(path), path);
}

std::string Config::effective_json() const {
  nlohmann::ordered_json root = nlohmann::ordered_json::object();
  for (const std::string& path : order_) member_at(root, path) = to_json(values_.at(path));
  return root.dump(2) + "\n";
}

}  // namespace regrain::io
