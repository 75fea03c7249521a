// What packing and unpacking of XTC coordinates share: the format's table of ranges, and how an atom in full
// is stored.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

#include "io/xtc_codec.hpp"

namespace regrain::io {

using Int3 = std::array<int64_t, 3>;
using Size3 = std::array<uint64_t, 3>;

// Ranges of small differences, part of the format: entry i is about 2^(i/3), so that three digits
// fit into i bits. Entries below 9 are not used.
inline constexpr int kFirstSmall = 9, kLastSmall = 72;
inline constexpr std::array<int32_t, 73> kSmallRange = {
    0,       0,       0,       0,       0,        0,        0,       0,       0,       8,       10,
    12,      16,      20,      25,      32,       40,       50,      64,      80,      101,     128,
    161,     203,     256,     322,     406,      512,      645,     812,     1024,    1290,    1625,
    2048,    2580,    3250,    4096,    5060,     6501,     8192,    10321,   13003,   16384,   20642,
    26007,   32768,   41285,   52015,   65536,    82570,    104031,  131072,  165140,  208063,  262144,
    330280,  416127,  524287,  660561,  832255,   1048576,  1321122, 1664510, 2097152, 2642245, 3329021,
    4194304, 5284491, 6658042, 8388607, 10568983, 13316085, 16777216};
inline constexpr uint64_t kLargestPacked = 0xffffff;  // an axis longer than this is stored by itself

inline Size3 small_size(int index) {
  const uint64_t range = static_cast<uint64_t>(kSmallRange[static_cast<size_t>(index)]);
  return {range, range, range};
}

// How the atoms in full are stored.
struct FullSize {
  Size3 size{};               // highest - lowest + 1
  std::array<int, 3> bits{};  // of each axis, if stored one by one
  int packed_bits = 0;        // of the three as one number; 0: one by one

  explicit FullSize(const XtcPacking& packing) {
    const auto width = [](uint64_t number) { return static_cast<int>(std::bit_width(number)); };
    for (size_t k = 0; k < 3; ++k)
      size[k] = static_cast<uint64_t>(int64_t{packing.highest[k]} - packing.lowest[k] + 1);
    if (std::ranges::any_of(size, [](uint64_t s) { return s > kLargestPacked; })) {
      for (size_t k = 0; k < 3; ++k) bits[k] = std::min(width(size[k]), 32);
    } else {
      const unsigned __int128 product = static_cast<unsigned __int128>(size[0] * size[1]) * size[2];
      const uint64_t high = static_cast<uint64_t>(product >> 64);
      packed_bits = high ? 64 + width(high) : width(static_cast<uint64_t>(product));
    }
  }
};

}  // namespace regrain::io
