// Configuration: every key is declared once, with its type, default, range and one line of help. From
// the declarations come reading, checking, the defaults, the JSON Schema and the resolved config.
//
//   ConfigSchema schema;
//   schema.number("train.learning_rate", 1e-4, 0, 1, "step size of Adam")
//         .text("model.kind", "stage1", "which model", {"stage1", "stage2"});
//   const Config config = Config::load("stage1.json", schema, {"train.learning_rate=3e-4"});
//   config.number("train.learning_rate");
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <variant>
#include <vector>

namespace regrain::io {

using ConfigValue = std::variant<bool, int64_t, double, std::string, std::vector<int64_t>,
                                 std::vector<double>, std::vector<std::string>>;

struct ConfigKey {
  std::string path;           // "train.learning_rate"
  ConfigValue default_value;  // its type is the key's type
  std::string help;
  bool required = false;                                     // there is no sensible default
  double lowest = -std::numeric_limits<double>::infinity();  // of numbers, and of each number of a list
  double highest = std::numeric_limits<double>::infinity();
  std::vector<std::string> choices{};  // of texts; empty: any
};

class ConfigSchema {
 public:
  static constexpr int64_t kMin = std::numeric_limits<int64_t>::min(),
                           kMax = std::numeric_limits<int64_t>::max();

  ConfigSchema& flag(const std::string& path, bool value, const std::string& help);
  ConfigSchema& integer(const std::string& path, int64_t value, int64_t lowest, int64_t highest,
                        const std::string& help);
  ConfigSchema& number(const std::string& path, double value, double lowest, double highest,
                       const std::string& help);
  ConfigSchema& text(const std::string& path, const std::string& value, const std::string& help,
                     const std::vector<std::string>& choices = {});
  ConfigSchema& integers(const std::string& path, const std::vector<int64_t>& value, int64_t lowest,
                         int64_t highest, const std::string& help);
  ConfigSchema& numbers(const std::string& path, const std::vector<double>& value, double lowest,
                        double highest, const std::string& help);
  ConfigSchema& texts(const std::string& path, const std::vector<std::string>& value, const std::string& help,
                      const std::vector<std::string>& choices = {});
  // The key declared last must be given.
  ConfigSchema& required();

  const std::vector<ConfigKey>& keys() const { return keys_; }
  const ConfigKey* find(const std::string& path) const;
  std::string defaults_json() const;  // a config file with every key at its default
  std::string json_schema() const;    // for editors

 private:
  ConfigSchema& add(ConfigKey key);
  std::vector<ConfigKey> keys_;
};

class Config {
 public:
  // overrides: "a.b=value", the value as JSON or as plain text; they come after the file. Throws
  // Error(input) naming file, line and column (Error(usage) for an override).
  static Config load(const std::string& path, const ConfigSchema& schema,
                     const std::vector<std::string>& overrides = {});
  static Config parse(const std::string& text, const std::string& file, const ConfigSchema& schema,
                      const std::vector<std::string>& overrides = {});

  bool flag(const std::string& path) const;
  int64_t integer(const std::string& path) const;
  double number(const std::string& path) const;
  const std::string& text(const std::string& path) const;
  const std::vector<int64_t>& integers(const std::string& path) const;
  const std::vector<double>& numbers(const std::string& path) const;
  const std::vector<std::string>& texts(const std::string& path) const;
  // Given in the file or by an override, as opposed to left at its default.
  bool is_given(const std::string& path) const { return given_.contains(path); }

  // Every key with the value in force; parse() reads it back to the same Config.
  std::string effective_json() const;
  const std::string& file() const { return file_; }

 private:
  const ConfigValue& value(const std::string& path) const;

  std::string file_;
  std::map<std::string, ConfigValue> values_;
  std::vector<std::string> order_;  // of declaration
  std::set<std::string> given_;
};

// The candidate nearest to word by edit distance, or "" if none is near enough to be meant.
std::string nearest(const std::string& word, const std::vector<std::string>& candidates);

}  // namespace regrain::io
