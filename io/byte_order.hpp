// Numbers in bytes of either order, without alignment.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace regrain::io {

inline uint32_t reversed(uint32_t x) { return __builtin_bswap32(x); }
inline uint64_t reversed(uint64_t x) { return __builtin_bswap64(x); }

// T is a number of 4 or 8 bytes; swap: the bytes are in the order this machine doesn't use.
template <class T>
T load(const void* bytes, bool swap) {
  using Bits = std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>;
  static_assert(sizeof(T) == sizeof(Bits));
  Bits bits;
  std::memcpy(&bits, bytes, sizeof bits);
  return std::bit_cast<T>(swap ? reversed(bits) : bits);
}

template <class T>
void store(void* bytes, T value, bool swap) {
  using Bits = std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>;
  static_assert(sizeof(T) == sizeof(Bits));
  Bits bits = std::bit_cast<Bits>(value);
  if (swap) bits = reversed(bits);
  std::memcpy(bytes, &bits, sizeof bits);
}

inline constexpr bool kSwapBigEndian = std::endian::native == std::endian::little;
inline constexpr bool kSwapLittleEndian = !kSwapBigEndian;

}  // namespace regrain::io
