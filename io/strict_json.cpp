#include "io/strict_json.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <set>
#include <string_view>
#include <vector>

namespace regrain::io {
namespace {

constexpr size_t kDeepest = 64;

// Feeds the parser and tells how far it has read: nlohmann's callback gives no positions.
struct CountingIterator {
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  const char* at;
  const char** furthest;
  reference operator*() const { return *at; }
  CountingIterator& operator++() {
    ++at;
    *furthest = std::max(*furthest, at);
    return *this;
  }
  CountingIterator operator++(int) {
    CountingIterator old = *this;
    ++*this;
    return old;
  }
  bool operator==(const CountingIterator& other) const { return at == other.at; }
  bool operator!=(const CountingIterator& other) const { return at != other.at; }
};

std::string line_and_column(std::string_view text, size_t position) {
  position = std::min(position, text.size());
  const std::string_view before = text.substr(0, position);
  const auto line = 1 + std::ranges::count(before, '\n');
  const size_t newline = before.rfind('\n');
  return concat(line, ":", position - (newline == std::string_view::npos ? 0 : newline + 1) + 1);
}

struct Level {
  bool array = false;
  size_t index = 0;  // of the next element
  std::string key;   // of the member being read
  std::set<std::string> keys;
};

std::string path_of(const std::vector<Level>& levels) {
  std::string path;
  for (const Level& level : levels) {
    if (level.array)
      path += concat("[", level.index, "]");
    else
      path += (path.empty() ? "" : ".") + level.key;
  }
  return path;
}

}  // namespace

JsonDocument parse_json(const std::string& text, const std::string& file, ErrorKind kind) {
  JsonDocument document;
  document.file = file;
  const char* furthest = text.data();
  std::vector<Level> levels;
  const auto here = [&](size_t back) {
    const size_t position = static_cast<size_t>(furthest - text.data());
    return concat(file, ":", line_and_column(text, position - std::min(position, back)));
  };
  using Event = nlohmann::json::parse_event_t;
  const nlohmann::json::parser_callback_t callback = [&](int, Event event, nlohmann::json& value) {
    switch (event) {
      case Event::object_start:
      case Event::array_start:
        if (levels.size() >= kDeepest)
          fail(kind, here(1), ": is nested more than ", kDeepest, " deep; expected a flatter file");
        levels.push_back({event == Event::array_start, 0, {}, {}});
        break;
      case Event::key: {
        Level& level = levels.back();
        level.key = value.get<std::string>();
        const std::string place = here(level.key.size() + 2);
        if (!level.keys.insert(level.key).second)
          fail(kind, place, ": the key \"", path_of(levels), "\" comes twice; remove one");
        document.place_of.emplace(path_of(levels), place);
        break;
      }
      case Event::object_end:
      case Event::array_end:
        levels.pop_back();
        [[fallthrough]];
      case Event::value:
        if (!levels.empty() && levels.back().array) ++levels.back().index;
        break;
    }
    return true;
  };
  try {
    document.root = nlohmann::json::parse(CountingIterator{text.data(), &furthest},
                                          CountingIterator{text.data() + text.size(), &furthest}, callback);
  } catch (const nlohmann::json::parse_error& error) {
    // "[json.exception.parse_error.101] parse error at line 1, column 2: reason" -> reason
    const std::string_view what = error.what();
    const size_t reason = what.find(": ");
    fail(kind, file, ":", line_and_column(text, error.byte > 0 ? error.byte - 1 : 0), ": ",
         reason == std::string_view::npos ? what : what.substr(reason + 2),
         "; expected JSON without comments");
  } catch (const nlohmann::json::exception& error) {
    fail(kind, here(1), ": ", error.what(), "; expected JSON");
  }
  return document;
}

}  // namespace regrain::io
