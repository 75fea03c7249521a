// Named scopes, timed. Costs one branch unless tracing was switched on.
//
// With REGRAIN_TRACE=FILE in the environment the program writes every scope to FILE at exit, in the
// Chrome trace event format (chrome://tracing, Perfetto).
#pragma once

#include <chrono>

namespace regrain {

bool tracing();

class TraceScope {
 public:
  // `name` must outlive the program: a string literal.
  explicit TraceScope(const char* name) : name_(tracing() ? name : nullptr) {
    if (name_) start_ = std::chrono::steady_clock::now();
  }
  ~TraceScope() {
    if (name_) finish();
  }
  TraceScope(const TraceScope&) = delete;
  TraceScope& operator=(const TraceScope&) = delete;

 private:
  void finish() noexcept;
  const char* name_;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace regrain
