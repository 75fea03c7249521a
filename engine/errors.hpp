// One exception type for everything that can go wrong, and the exit code it maps to.
//
// A message names the place, what was found, what was expected and a way out. Checks stand at the
// border of an op or a file; inside kernels only assert.
#pragma once

#include <sstream>
#include <stdexcept>
#include <string>

namespace regrain {

// The values are the program's exit codes.
enum class ErrorKind {
  internal = 1,      // a broken promise inside regrain
  usage = 2,         // the command line or an API argument is off
  input = 3,         // a file or a configuration value can't be used
  checkpoint = 4,    // a checkpoint is damaged or belongs to another model, map or sequence
  output = 5,        // reading or writing failed: permissions, disk full
  numbers = 6,       // NaN or infinity where finite numbers are needed
  device = 7,        // no such device, or out of memory
  interrupted = 75,  // stopped by a signal; training has saved its state
};

class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
  ErrorKind kind() const { return kind_; }
  int exit_code() const { return static_cast<int>(kind_); }

 private:
  ErrorKind kind_;
};

// Of the host or a device: a smaller piece of work may go.
class OutOfMemory : public Error {
 public:
  explicit OutOfMemory(const std::string& message) : Error(ErrorKind::device, message) {}
};

template <class... Parts>
std::string concat(const Parts&... parts) {
  std::ostringstream text;
  (text << ... << parts);
  return text.str();
}

// Throws Error; the parts are streamed one after another.
template <class... Parts>
[[noreturn, gnu::cold]] void fail(ErrorKind kind, const Parts&... parts) {
  throw Error(kind, concat(parts...));
}

// REGRAIN_CHECK(condition, message parts...): a broken call, ErrorKind::internal.
#define REGRAIN_CHECK(condition, ...)                                           \
  do {                                                                          \
    if (!(condition)) ::regrain::fail(::regrain::ErrorKind::internal, __VA_ARGS__); \
  } while (false)

}  // namespace regrain
