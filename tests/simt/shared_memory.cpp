#include "tests/simt/shared_memory.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <new>

namespace regrain::simt {

namespace {

constexpr std::size_t kPage = 4096, kRoom = std::size_t{256} << 10;
constexpr int kNan = 0xFF;

std::byte* reserve(std::size_t bytes) {
  void* p = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED) throw std::bad_alloc();
  return static_cast<std::byte*>(p);
}

bool untouched(const std::byte* begin, std::size_t bytes) {
  return std::all_of(begin, begin + bytes, [](std::byte b) { return b == std::byte{kNan}; });
}

std::size_t round_up(std::size_t n, std::size_t to) { return (n + to - 1) / to * to; }

}  // namespace

SharedMemory::SharedMemory() : static_memory_(reserve(kRoom)), dynamic_end_(reserve(kRoom + kPage) + kRoom) {
  mprotect(dynamic_end_, kPage, PROT_NONE);
  std::memset(static_memory_, kNan, kRoom);
}

void SharedMemory::begin_block(std::size_t dynamic_bytes) {
  std::memset(static_memory_, kNan, static_used_);
  arrays_.clear();
  static_used_ = static_declared_ = 0;
  dynamic_bytes_ = dynamic_bytes;
  dynamic_ = dynamic_end_ - round_up(dynamic_bytes, 16);
  std::memset(dynamic_ - kRedZone, kNan, static_cast<std::size_t>(dynamic_end_ - dynamic_) + kRedZone);
}

void* SharedMemory::declare(const void* key, std::size_t bytes, std::size_t alignment, std::size_t limit) {
  for (const Array& a : arrays_)
    if (a.key == key) return a.data;
  static_declared_ += bytes;
  if (static_declared_ + dynamic_bytes_ > limit) return nullptr;
  const std::size_t begin = round_up(static_used_ + kRedZone, std::max<std::size_t>(alignment, 16));
  static_used_ = begin + bytes + kRedZone;
  if (static_used_ > kRoom) return nullptr;
  arrays_.push_back({key, static_memory_ + begin, bytes});
  return arrays_.back().data;
}

bool SharedMemory::intact() const {
  const std::byte* end = static_memory_;
  for (const Array& a : arrays_) {
    if (!untouched(end, static_cast<std::size_t>(a.data - end))) return false;
    end = a.data + a.bytes;
  }
  if (!arrays_.empty() && !untouched(end, kRedZone)) return false;
  const std::byte* dynamic_stop = dynamic_ + dynamic_bytes_;
  return untouched(dynamic_ - kRedZone, kRedZone) &&
         untouched(dynamic_stop, static_cast<std::size_t>(dynamic_end_ - dynamic_stop));
}

bool SharedMemory::overflowed_at(const void* address) const {
  const auto* p = static_cast<const std::byte*>(address);
  return p >= dynamic_end_ && p < dynamic_end_ + kPage;
}

}  // namespace regrain::simt
