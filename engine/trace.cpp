#include "engine/trace.hpp"

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace regrain {

namespace {

struct Event {
  const char* name;
  std::size_t thread;
  double start_us, duration_us;
};

class Recorder {
 public:
  Recorder() {
    if (const char* path = std::getenv("REGRAIN_TRACE"); path && *path) path_ = path;
  }
  ~Recorder() {
    if (path_.empty()) return;
    std::FILE* file = std::fopen(path_.c_str(), "w");
    if (!file) {
      std::fprintf(stderr, "REGRAIN_TRACE: can't write %s\n", path_.c_str());
      return;
    }
    std::fputs("{\"traceEvents\":[", file);
    const char* separator = "\n";
    for (const Event& e : events_) {
      std::fprintf(file, "%s{\"name\":\"%s\",\"ph\":\"X\",\"pid\":1,\"tid\":%zu,\"ts\":%.3f,\"dur\":%.3f}", separator,
                   e.name, e.thread, e.start_us, e.duration_us);
      separator = ",\n";
    }
    std::fputs("\n]}\n", file);
    std::fclose(file);
  }
  bool on() const { return !path_.empty(); }
  void add(const char* name, std::chrono::steady_clock::time_point start, std::chrono::steady_clock::time_point end) {
    using us = std::chrono::duration<double, std::micro>;
    const std::size_t thread = std::hash<std::thread::id>{}(std::this_thread::get_id()) % 100000;
    const std::scoped_lock lock(mutex_);
    events_.push_back({name, thread, us(start - origin_).count(), us(end - start).count()});
  }

 private:
  std::string path_;
  std::chrono::steady_clock::time_point origin_ = std::chrono::steady_clock::now();
  std::mutex mutex_;
  std::vector<Event> events_;
};

Recorder& recorder() {
  static Recorder r;
  return r;
}

}  // namespace

bool tracing() { return recorder().on(); }

void TraceScope::finish() noexcept {
  try {
    recorder().add(name_, start_, std::chrono::steady_clock::now());
  } catch (...) {  // a lost event is not worth a crash
  }
}

}  // namespace regrain
