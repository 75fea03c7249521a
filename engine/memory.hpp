// Memory from the system for arenas and tensors: 64-byte aligned, and in huge pages where it is large, since
// walks along edges touch rows far apart and every page of 4 KiB costs an entry of the address cache.
#pragma once

#include <cstddef>

namespace regrain {

// Not initialised; null if the system has none left.
void* allocate_memory(std::size_t bytes) noexcept;
void free_memory(void* p, std::size_t bytes) noexcept;

// Where an arena gets its blocks from: the host or a device.
struct MemorySource {
  void* (*allocate)(std::size_t bytes) noexcept;  // null if there is none left
  void (*free)(void* p, std::size_t bytes) noexcept;
  // Called for every piece an arena hands out, to fill it with NaN and to watch the red zone behind it; may
  // be null.
  void (*mark)(void* p, std::size_t bytes, std::size_t with_red_zone) noexcept = nullptr;
  std::size_t red_zone = 0;  // bytes the arena leaves free behind every piece
  bool on_host = true;       // may the host touch it?
};
// Debug builds fill with NaN.
const MemorySource& host_memory();

}  // namespace regrain
