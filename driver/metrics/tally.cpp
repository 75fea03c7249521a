#include "driver/metrics/tally.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

namespace regrain::metrics {

void Tally::mean(const char* name, const char* unit, const char* definition, double value) {
  add(Kind::mean, name, unit, definition, value);
}
void Tally::root_mean(const char* name, const char* unit, const char* definition, double square) {
  add(Kind::root_mean, name, unit, definition, square);
}
void Tally::largest(const char* name, const char* unit, const char* definition, double value) {
  add(Kind::largest, name, unit, definition, value);
}

void Tally::add(Kind kind, const char* name, const char* unit, const char* definition, double value) {
  if (std::isnan(value)) return;
  auto found = index_.find(std::string_view(name));
  if (found == index_.end()) {
    found = index_.emplace(name, lines_.size()).first;
    lines_.push_back({{name, 0, unit, definition}, kind});
  }
  Line& line = lines_[found->second];
  line.largest = line.count ? std::max(line.largest, value) : value;
  line.sum += value;
  ++line.count;
}

std::vector<Entry> Tally::entries() const {
  std::vector<Entry> result;
  for (const Line& line : lines_) {
    const double average = line.sum / static_cast<double>(line.count);
    result.push_back(line.entry);
    result.back().value = line.kind == Kind::mean        ? average
                          : line.kind == Kind::root_mean ? std::sqrt(average)
                                                         : line.largest;
  }
  return result;
}

}  // namespace regrain::metrics
