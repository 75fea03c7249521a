// A bump allocator: memory of the host or a device for one step, given back all at once.
//
// The same sequence of requests gets the same addresses every step, so a step can be recorded once
// and replayed, and after the first step nothing asks the system for memory: reset() replaces the
// blocks a growing step needed by a single one of the size it reached.
#pragma once

#include <cstddef>
#include <vector>

#include "engine/memory.hpp"

namespace regrain {

class Arena {
 public:
  static constexpr std::size_t kAlignment = 64;

  explicit Arena(const MemorySource& source = host_memory()) : source_(&source) {}
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // 64-byte aligned, not initialised (filled with NaN in debug builds).
  // Throws Error(device) when the system has no memory left.
  void* allocate(std::size_t bytes);
  template <class T>
  T* allocate_array(std::size_t n) {
    return static_cast<T*>(allocate(n * sizeof(T)));
  }

  void reset();
  // Gives all back to the system.
  void release();

  std::size_t bytes_in_use() const { return in_use_; }
  std::size_t high_water_bytes() const { return high_water_; }
  // times the system was asked for memory, ever
  int n_system_allocations() const { return n_system_allocations_; }
  // Goes up whenever memory that was handed out has gone back to the system.
  int generation() const { return generation_; }

  // Gives back, at the end of a scope, what was allocated inside it.
  class Scope {
   public:
    explicit Scope(Arena& arena);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Arena& arena_;
    std::size_t block_, used_, in_use_;
  };

 private:
  struct Block {
    std::byte* data;
    std::size_t size;
    std::size_t used;
  };
  void add_block(std::size_t at_least);

  const MemorySource* source_;
  std::vector<Block> blocks_;
  std::size_t current_ = 0;
  std::size_t in_use_ = 0;
  std::size_t high_water_ = 0;
  int n_system_allocations_ = 0;
  int generation_ = 0;
};

}  // namespace regrain
