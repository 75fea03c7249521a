// Where work runs and the memory it runs in. One context serves one thread of control.
#pragma once

#include <utility>

#include "engine/arena.hpp"
#include "engine/backend.hpp"

namespace regrain {

class Context {
 public:
  // n_threads 0 takes what OMP_NUM_THREADS or the machine says.
  explicit Context(int n_threads = 0);

  int n_threads() const { return n_threads_; }
  // memory of the current step, see Tape
  Arena& arena() { return arena_; }
  Arena& scratch() { return scratch_; }

  // Calls f with the tag of the backend in use.
  template <class F>
  void visit(F&& f) {
    std::forward<F>(f)(Cpu{&scratch_, n_threads_});
  }

 private:
  int n_threads_;
  Arena arena_;
  Arena scratch_;
};

}  // namespace regrain
