// Work on a device that comes again: kernel by kernel the first time, written down the second, replayed from then on.
//
// Work is known by words (engine/arrays.hpp): whatever it reads has to lie where it lay, be as large, and come with the
// same numbers. Recordings are dropped when the arenas they point into have moved, so none can be out of date.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <utility>

#include "engine/arrays.hpp"
#include "engine/context.hpp"

namespace regrain {

// Result says where the work leaves what: pointers into the context's arenas, good until the next step begins.
template <class Result>
class Recorder {
 public:
  // f() puts the work in order and returns its result; it neither waits for the device nor exchanges memory with the
  // host. On the CPU it just runs.
  template <class F>
  Result run(Context& context, Words words, F f) {
    if (context.device() == Device::cpu) return f();
    forget_old(context);
    if (const auto it = recorded_.find(words); it != recorded_.end()) return replay(context, it->second);
    if (seen_.size() == kMostSeen) seen_.clear();
    if (seen_.insert(words).second || recorded_.size() == kMostRecordings) return f();
    context.begin_step();  // may move memory that the step before has grown
    forget_old(context);
    Recorded made;
    made.recording = context.record([&] { made.result = f(); });
    return replay(context, recorded_.emplace(std::move(words), std::move(made)).first->second);
  }

  std::size_t n_recordings() const { return recorded_.size(); }
  long long n_replays() const { return n_replays_; }

 private:
  // A run has few shapes of work, each in two places of memory; what is more than this is noise.
  static constexpr std::size_t kMostRecordings = 32, kMostSeen = 1024;

  struct Recorded {
    Context::Recording recording;
    Result result{};
  };

  Result replay(Context& context, const Recorded& recorded) {
    context.replay(recorded.recording);
    ++n_replays_;
    return recorded.result;
  }
  void forget_old(Context& context) {
    if (generation_ == context.memory_generation()) return;
    recorded_.clear();
    generation_ = context.memory_generation();
  }

  std::map<Words, Recorded> recorded_;
  std::set<Words> seen_;
  int generation_ = 0;
  long long n_replays_ = 0;
};

}  // namespace regrain
