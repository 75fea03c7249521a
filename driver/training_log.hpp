// log.csv: one row an epoch, no times, so that equal runs give equal files.
#pragma once

#include <string>
#include <vector>

namespace regrain::driver {

class TrainingLog {
 public:
  // Rows of epochs from `first_epoch` on are dropped: what a resumed run will write anew.
  TrainingLog(const std::string& path, const std::vector<std::string>& terms, int first_epoch);
  void add(int epoch, const std::vector<double>& values);

 private:
  std::string path_;
  std::size_t n_columns_;
};

// Shortest text that reads back to the same double.
std::string exact(double value);

}  // namespace regrain::driver
