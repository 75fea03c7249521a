#include "io/xtc_codec.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "engine/errors.hpp"
#include "io/byte_order.hpp"

namespace regrain::io {
namespace {

using Int3 = std::array<int64_t, 3>;
using Size3 = std::array<uint64_t, 3>;

// Ranges of small differences, part of the format: entry i is about 2^(i/3), so that three digits
// fit into i bits. Entries below 9 are not used.
constexpr int kFirstSmall = 9, kLastSmall = 72;
constexpr std::array<int32_t, 73> kSmallRange = {
    0,       0,       0,       0,       0,        0,        0,       0,       0,       8,       10,
    12,      16,      20,      25,      32,       40,       50,      64,      80,      101,     128,
    161,     203,     256,     322,     406,      512,      645,     812,     1024,    1290,    1625,
    2048,    2580,    3250,    4096,    5060,     6501,     8192,    10321,   13003,   16384,   20642,
    26007,   32768,   41285,   52015,   65536,    82570,    104031,  131072,  165140,  208063,  262144,
    330280,  416127,  524287,  660561,  832255,   1048576,  1321122, 1664510, 2097152, 2642245, 3329021,
    4194304, 5284491, 6658042, 8388607, 10568983, 13316085, 16777216};
constexpr uint64_t kLargestPacked = 0xffffff;  // an axis longer than this is stored by itself

int width(uint64_t number) { return static_cast<int>(std::bit_width(number)); }

// How the atoms in full are stored.
struct FullSize {
  Size3 size{};               // highest - lowest + 1
  std::array<int, 3> bits{};  // of each axis, if stored one by one
  int packed_bits = 0;        // of the three as one number; 0: one by one

  FullSize(const XtcPacking& packing) {
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

class BitReader {
 public:
  BitReader(const uint8_t* bytes, size_t n_bytes, const std::string& place)
      : bytes_(bytes), n_bits_(uint64_t{n_bytes} * 8), place_(place) {}

  // The next n bits, 1..32, the most significant first.
  uint32_t read(int n) {
    if (at_ + static_cast<uint64_t>(n) > n_bits_) damaged("the packed coordinates end too early");
    const uint64_t window = load<uint64_t>(bytes_ + at_ / 8, kSwapBigEndian) << (at_ % 8);
    at_ += static_cast<uint64_t>(n);
    return static_cast<uint32_t>(window >> (64 - n));
  }

  // Three digits below size, packed in n bits: whole bytes come the least significant first.
  Int3 read_digits(int n, const Size3& size) {
    Int3 digits;
    if (n <= 64) {
      uint64_t number = 0;
      int shift = 0;
      for (; n > 8; n -= 8, shift += 8) number |= uint64_t{read(8)} << shift;
      number |= uint64_t{read(n)} << shift;
      split(number, size, digits);
    } else {
      unsigned __int128 number = 0;
      int shift = 0;
      for (; n > 8; n -= 8, shift += 8) number |= static_cast<unsigned __int128>(read(8)) << shift;
      number |= static_cast<unsigned __int128>(read(n)) << shift;
      split(number, size, digits);
    }
    return digits;
  }

  [[noreturn]] void damaged(const char* what) const {
    fail(ErrorKind::input, place_, ": ", what, "; the file is damaged: fetch or write it again");
  }

 private:
  template <class Number>
  void split(Number number, const Size3& size, Int3& digits) const {
    digits[2] = static_cast<int64_t>(number % size[2]);
    number /= size[2];
    digits[1] = static_cast<int64_t>(number % size[1]);
    number /= size[1];
    if (number >= size[0]) damaged("a packed coordinate is out of its range");
    digits[0] = static_cast<int64_t>(number);
  }

  const uint8_t* bytes_;
  uint64_t n_bits_, at_ = 0;
  const std::string& place_;
};

class BitWriter {
 public:
  void write(uint32_t value, int n) {
    held_ = held_ << n | value;
    n_held_ += n;
    while (n_held_ >= 8) {
      n_held_ -= 8;
      bytes_.push_back(static_cast<uint8_t>(held_ >> n_held_));
    }
    held_ &= (uint64_t{1} << n_held_) - 1;
  }

  void write_digits(const Int3& digits, int n, const Size3& size) {
    unsigned __int128 number = static_cast<uint64_t>(digits[0]);
    number =
        (number * size[1] + static_cast<uint64_t>(digits[1])) * size[2] + static_cast<uint64_t>(digits[2]);
    for (; n > 8; n -= 8, number >>= 8) write(static_cast<uint32_t>(number & 0xff), 8);
    write(static_cast<uint32_t>(number & 0xff), n);
  }

  std::vector<uint8_t> finish() {
    if (n_held_ > 0) write(0, 8 - n_held_);
    return std::move(bytes_);
  }

 private:
  std::vector<uint8_t> bytes_;
  uint64_t held_ = 0;
  int n_held_ = 0;
};

Size3 small_size(int index) {
  const uint64_t range = static_cast<uint64_t>(kSmallRange[static_cast<size_t>(index)]);
  return {range, range, range};
}

bool is_small(const Int3& from, const Int3& to, int64_t half) {
  for (size_t k = 0; k < 3; ++k)
    if (std::llabs(to[k] - from[k]) >= half) return false;
  return true;
}

}  // namespace

void unpack_coordinates(const XtcPacking& packing, const uint8_t* bytes, size_t n_bytes,
                        const std::string& place, std::vector<float>& xyz_A3) {
  BitReader reader(bytes, n_bytes, place);
  if (!(packing.precision > 0) || !std::isfinite(packing.precision))
    reader.damaged("the precision is not a positive number");
  for (size_t k = 0; k < 3; ++k)
    if (packing.lowest[k] > packing.highest[k]) reader.damaged("the lowest coordinate is above the highest");
  int small = packing.small_index;
  if (small < kFirstSmall || small > kLastSmall) reader.damaged("the range of small differences is unknown");

  const FullSize full(packing);
  const double to_angstrom = 10.0 / packing.precision;
  const size_t n_atoms = xyz_A3.size() / 3;
  size_t atom = 0;
  const auto emit = [&](const Int3& at) {
    for (size_t k = 0; k < 3; ++k)
      xyz_A3[atom * 3 + k] = static_cast<float>(static_cast<double>(at[k]) * to_angstrom);
    ++atom;
  };

  size_t n_small = 0;  // stays from group to group until changed
  while (atom < n_atoms) {
    Int3 at;
    if (full.packed_bits > 0) {
      at = reader.read_digits(full.packed_bits, full.size);
    } else {
      for (size_t k = 0; k < 3; ++k) {
        at[k] = reader.read(full.bits[k]);
        if (static_cast<uint64_t>(at[k]) >= full.size[k])
          reader.damaged("a packed coordinate is out of its range");
      }
    }
    for (size_t k = 0; k < 3; ++k) at[k] += packing.lowest[k];

    int change = 0;
    if (reader.read(1)) {
      const uint32_t code = reader.read(5);
      n_small = code / 3;
      change = static_cast<int>(code % 3) - 1;
    }
    if (atom + 1 + n_small > n_atoms) reader.damaged("there are more packed coordinates than atoms");

    const int64_t half = kSmallRange[static_cast<size_t>(small)] / 2;
    const Size3 size = small_size(small);
    Int3 before = at;
    for (size_t i = 0; i < n_small; ++i) {
      Int3 next = reader.read_digits(small, size);
      for (size_t k = 0; k < 3; ++k) next[k] += before[k] - half;
      emit(next);
      // the first two atoms of a group are stored in reverse: water's oxygen then sits between its
      // hydrogens
      if (i == 0) emit(at);
      before = next;
    }
    if (n_small == 0) emit(at);
    small += change;
    if (small < kFirstSmall || small > kLastSmall)
      reader.damaged("the range of small differences leaves its table");
  }
}

// The format leaves the writer to choose the runs and when to change the range. Ours looks at the next
// few differences and steps towards the range that would store them in the fewest bits.
namespace {

constexpr size_t kLongestRun = 8;
constexpr size_t kLookAhead = 12;

class Packer {
 public:
  Packer(const std::vector<Int3>& atoms, const FullSize& full) : atoms_(atoms), full_(full) {
    full_bits_ = full.packed_bits > 0 ? full.packed_bits : full.bits[0] + full.bits[1] + full.bits[2];
  }

  // Bits for the atoms from first on, if every difference in range goes as a small one.
  int cost(size_t first, int small) const {
    const int64_t half = kSmallRange[static_cast<size_t>(small)] / 2;
    int bits = 0;
    for (size_t i = first + 1; i < atoms_.size() && i <= first + kLookAhead; ++i)
      bits += is_small(atoms_[i - 1], atoms_[i], half) ? small : full_bits_ + 4;
    return bits;
  }

  int best_start() const {
    int best = kFirstSmall;
    for (int small = kFirstSmall; small <= kLastSmall; ++small)
      if (cost(0, small) < cost(0, best)) best = small;
    return best;
  }

  std::vector<uint8_t> pack(int small, const std::array<int32_t, 3>& lowest) {
    size_t last_run = 0;
    for (size_t i = 0; i < atoms_.size();) {
      const int64_t half = kSmallRange[static_cast<size_t>(small)] / 2;
      const size_t run = run_length(i, half);
      const size_t next = i + run + 1;
      int change = 0;
      if (next < atoms_.size())
        for (const int step : {-1, 1})
          if (small + step >= kFirstSmall && small + step <= kLastSmall &&
              cost(next, small + step) < cost(next, small + change))
            change = step;

      write_full(atoms_[run > 0 ? i + 1 : i], lowest);
      if (run != last_run || change != 0) {
        bits_.write(1, 1);
        bits_.write(static_cast<uint32_t>(3 * run) + static_cast<uint32_t>(change + 1), 5);
      } else {
        bits_.write(0, 1);
      }
      last_run = run;
      const Size3 size = small_size(small);
      for (size_t j = 0; j < run; ++j) {
        // i after i+1, then i+2 after i, then each after the one before it
        const Int3& from = atoms_[j == 0 ? i + 1 : j == 1 ? i : i + j];
        const Int3& to = atoms_[j == 0 ? i : i + j + 1];
        Int3 digits;
        for (size_t k = 0; k < 3; ++k) digits[k] = to[k] - from[k] + half;
        bits_.write_digits(digits, small, size);
      }
      small += change;
      i = next;
    }
    return bits_.finish();
  }

 private:
  // How many atoms after i can be stored as small differences in the order that the format asks for.
  size_t run_length(size_t i, int64_t half) const {
    size_t run = 0;
    while (run < kLongestRun && i + run + 1 < atoms_.size() &&
           is_small(atoms_[run == 1 ? i : i + run], atoms_[i + run + 1], half))
      ++run;
    return run;
  }

  void write_full(Int3 at, const std::array<int32_t, 3>& lowest) {
    for (size_t k = 0; k < 3; ++k) at[k] -= lowest[k];
    if (full_.packed_bits > 0) {
      bits_.write_digits(at, full_.packed_bits, full_.size);
    } else {
      for (size_t k = 0; k < 3; ++k) bits_.write(static_cast<uint32_t>(at[k]), full_.bits[k]);
    }
  }

  const std::vector<Int3>& atoms_;
  const FullSize& full_;
  int full_bits_;
  BitWriter bits_;
};

}  // namespace

std::vector<uint8_t> pack_coordinates(const std::vector<float>& xyz_A3, XtcPacking& packing,
                                      const std::string& place) {
  constexpr double kLargest = std::numeric_limits<int32_t>::max() - 2;
  std::vector<Int3> atoms(xyz_A3.size() / 3);
  packing.lowest.fill(std::numeric_limits<int32_t>::max());
  packing.highest.fill(std::numeric_limits<int32_t>::min());
  const double scale = double(packing.precision) / 10;
  for (size_t a = 0; a < atoms.size(); ++a)
    for (size_t k = 0; k < 3; ++k) {
      const double steps = std::round(xyz_A3[a * 3 + k] * scale);
      if (!(std::fabs(steps) <= kLargest))
        fail(ErrorKind::output, place, ": atom ", a, " has the coordinate ", xyz_A3[a * 3 + k],
             " Angstrom; XTC holds up to ", kLargest / scale, ": write DCD, or centre the molecule");
      atoms[a][k] = static_cast<int64_t>(steps);
      packing.lowest[k] = std::min(packing.lowest[k], static_cast<int32_t>(steps));
      packing.highest[k] = std::max(packing.highest[k], static_cast<int32_t>(steps));
    }
  const FullSize full(packing);
  Packer packer(atoms, full);
  packing.small_index = packer.best_start();
  return packer.pack(packing.small_index, packing.lowest);
}

}  // namespace regrain::io
