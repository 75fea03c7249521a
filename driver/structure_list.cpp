#include "driver/structure_list.hpp"

#include <filesystem>
#include <map>
#include <sstream>

#include "engine/errors.hpp"
#include "io/json_config.hpp"
#include "io/line_source.hpp"

namespace regrain::driver {

namespace {

std::vector<std::string> columns_of(const std::string& line) {
  std::vector<std::string> columns;
  std::istringstream text(line);
  std::string column;
  if (line.find('\t') != std::string::npos)
    while (std::getline(text, column, '\t')) columns.push_back(column);
  else
    while (text >> column) columns.push_back(column);
  return columns;
}

}  // namespace

std::vector<ListedStructure> read_structure_list(const std::string& list) {
  static const std::map<std::string, Part> kParts{{"train", Part::train}, {"validation", Part::validation}, {"test", Part::test}};
  constexpr const char *kLeftOut = "left_out", *kExpected = "expected train, validation, test or left_out after the file's name";
  io::LineSource lines(list);
  std::vector<ListedStructure> structures;
  std::map<std::string, std::int64_t> seen;
  std::string line;
  bool any_train = false;
  while (lines.next(line)) {
    const auto first_sign = line.find_first_not_of(" \t");
    if (first_sign == std::string::npos || line[first_sign] == '#') continue;
    const auto place = [&] { return concat(list, ":", lines.line_number(), ": "); };
    const std::vector<std::string> columns = columns_of(line);
    if (columns.front().empty()) fail(ErrorKind::input, place(), "has no file name in its first column; name a structure there");
    if (columns.size() < 2) fail(ErrorKind::input, place(), columns[0], " has no part; ", kExpected);
    const auto part = kParts.find(columns[1]);
    if (part == kParts.end() && columns[1] != kLeftOut) {
      const std::string meant = io::nearest(columns[1], {"train", "validation", "test", kLeftOut});
      fail(ErrorKind::input, place(), columns[0], " is of part \"", columns[1], "\"", meant.empty() ? "" : concat(" (did you mean \"", meant, "\"?)"), "; ", kExpected);
    }
    if (const auto [first, is_new] = seen.try_emplace(columns[0], lines.line_number()); !is_new)
      fail(ErrorKind::input, place(), columns[0], " was named already, in line ", first->second, "; keep one of the two");
    if (part == kParts.end()) continue;
    structures.push_back({columns[0], part->second, lines.line_number()});
    any_train = any_train || part->second == Part::train;
  }
  if (!any_train)
    fail(ErrorKind::input, list, ": names ", structures.size(), " structures and none of part train; expected one at least");
  return structures;
}

std::string find_structure(const std::string& name, const std::vector<std::string>& folders) {
  const std::string other = name.ends_with(".gz") ? name.substr(0, name.size() - 3) : name + ".gz";
  std::error_code ignored;
  for (const std::string& folder : folders)
    for (const std::string& n : {name, other})
      if (const std::filesystem::path path = std::filesystem::path(folder) / n; std::filesystem::exists(path, ignored)) return path.string();
  return "";
}

}  // namespace regrain::driver
