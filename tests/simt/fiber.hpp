// A fiber: a stack of its own to run on, left and entered again by a plain function call.
//
// x86-64 (System V) alone: switching saves six registers and the stack pointer and makes no system call, so
// that a block of a thousand emulated threads costs microseconds a barrier.
#pragma once

#include <cstddef>

namespace regrain::simt {

class Fiber {
 public:
  // Room for the local arrays of a kernel, with a page in front that nothing may touch.
  static constexpr std::size_t kStackBytes = std::size_t{128} << 10, kGuardBytes = 4096;

  Fiber();
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  // Makes the next resume() begin `entry`, which must not return: it ends in leave().
  void start(void (*entry)());
  // From outside: runs the fiber until it leaves.
  void resume();
  // From inside: back to who resumed it.
  void leave();
  // Is the address in the page in front of the stack?
  bool overflowed_at(const void* address) const;

 private:
  std::byte* memory_;
  void* inside_ = nullptr;
  void* outside_ = nullptr;
};

}  // namespace regrain::simt
