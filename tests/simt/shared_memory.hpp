// Shared memory of one emulated block: poisoned before every block, with red zones between static arrays and
// a page that nothing may touch at the end of the dynamic part.
#pragma once

#include <cstddef>
#include <vector>

namespace regrain::simt {

class SharedMemory {
 public:
  static constexpr std::size_t kRedZone = 64;

  SharedMemory();
  // Before a block: everything is NaN again, no static array is declared.
  void begin_block(std::size_t dynamic_bytes);
  // The array of one declaration, placed at the first call of a block. Null if the declarations of a block
  // together are above `limit`.
  void* declare(const void* key, std::size_t bytes, std::size_t alignment, std::size_t limit);
  // start of the dynamic part, 16-byte aligned
  void* dynamic() const { return dynamic_; }
  std::size_t dynamic_bytes() const { return dynamic_bytes_; }
  // Does every red zone hold what begin_block wrote?
  bool intact() const;
  // Is the address in the page behind the dynamic part?
  bool overflowed_at(const void* address) const;

 private:
  struct Array {
    const void* key;
    std::byte* data;
    std::size_t bytes;
  };
  std::byte* static_memory_;
  std::byte* dynamic_end_;
  std::byte* dynamic_ = nullptr;
  std::size_t dynamic_bytes_ = 0, static_used_ = 0, static_declared_ = 0;
  std::vector<Array> arrays_;
};

}  // namespace regrain::simt
