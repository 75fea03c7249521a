// Running figures under their names: what a report is made of, in the order the names first appear.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace regrain::metrics {

struct Entry {
  std::string name;
  double value;
  std::string unit;        // "A", "share", "count", "nat", "per 100 residues"; empty for a ratio
  std::string definition;  // one line
};

// Values that are not a number (nothing to count) are passed over; a name without any value is left out.
class Tally {
 public:
  void mean(const char* name, const char* unit, const char* definition, double value);
  void root_mean(const char* name, const char* unit, const char* definition, double square);
  void largest(const char* name, const char* unit, const char* definition, double value);
  std::vector<Entry> entries() const;

 private:
  enum class Kind { mean, root_mean, largest };
  struct Line {
    Entry entry;
    Kind kind;
    double sum = 0, largest = 0;
    long count = 0;
  };
  void add(Kind kind, const char* name, const char* unit, const char* definition, double value);

  std::vector<Line> lines_;
  std::map<std::string, size_t, std::less<>> index_;
};

}  // namespace regrain::metrics
