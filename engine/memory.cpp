#include "engine/memory.hpp"

#include <sys/mman.h>

#include <cstring>
#include <new>

namespace regrain {

namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20, kLine = 64;

std::align_val_t alignment_of(std::size_t bytes) {
  return std::align_val_t{bytes >= 2 * kHugePage ? kHugePage : kLine};
}

}  // namespace

void* allocate_memory(std::size_t bytes) noexcept {
  void* p = ::operator new(bytes, alignment_of(bytes), std::nothrow);
#ifdef MADV_HUGEPAGE
  // a wish: systems without huge pages go on with small ones
  if (p && bytes >= 2 * kHugePage) ::madvise(p, bytes / kHugePage * kHugePage, MADV_HUGEPAGE);
#endif
  return p;
}

void free_memory(void* p, std::size_t bytes) noexcept { ::operator delete(p, alignment_of(bytes)); }

const MemorySource& host_memory() {
#ifdef NDEBUG
  static constexpr MemorySource source{allocate_memory, free_memory};
#else
  static constexpr MemorySource source{allocate_memory, free_memory,
                                       [](void* p, std::size_t bytes, std::size_t) noexcept {
                                         std::memset(p, 0xFF, bytes);  // NaN in both float and double
                                       }};
#endif
  return source;
}

}  // namespace regrain
