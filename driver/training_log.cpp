#include "driver/training_log.hpp"

#include <charconv>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "engine/errors.hpp"
#include "io/atomic_file.hpp"

namespace regrain::driver {

std::string exact(double value) {
  char text[40];
  const auto end = std::to_chars(text, text + sizeof text, value);
  return std::string(text, end.ptr);
}

TrainingLog::TrainingLog(const std::string& path, const std::vector<std::string>& terms, int first_epoch)
    : path_(path), n_columns_(4 + 2 * (terms.size() + 1)) {
  std::string text = "epoch,learning_rate,gradient_norm,skipped_batches";
  for (const char* part : {"train", "validation"}) {
    text += concat(",", part, "_total");
    for (const std::string& t : terms) text += concat(",", part, "_", t);
  }
  text += "\n";
  if (first_epoch > 0) {
    std::ifstream old(path);
    std::string line;
    std::getline(old, line);
    while (std::getline(old, line))
      if (std::atoi(line.c_str()) < first_epoch) text += line + "\n";
  }
  io::write_file(path, text, true);
}

void TrainingLog::add(int epoch, const std::vector<double>& values) {
  REGRAIN_CHECK(values.size() + 1 == n_columns_, "training log: ", values.size(), " values for ", n_columns_ - 1, " columns");
  std::string line = std::to_string(epoch);
  for (double v : values) line.append(",").append(exact(v));
  std::ofstream out(path_, std::ios::app);
  out << line << "\n" << std::flush;
  if (!out) fail(ErrorKind::output, path_, ": can't be written to; is the disk full?");
}

}  // namespace regrain::driver
