// Memory from the system for arenas and tensors: 64-byte aligned, and in huge pages where it is large, since
// walks along edges touch rows far apart and every page of 4 KiB costs an entry of the address cache.
#pragma once

#include <cstddef>

namespace regrain {

// Not initialised; null if the system has none left.
void* allocate_memory(std::size_t bytes) noexcept;
void free_memory(void* p, std::size_t bytes) noexcept;

}  // namespace regrain
