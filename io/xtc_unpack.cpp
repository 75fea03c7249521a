// Unpacks the coordinates of an XTC frame. The stream may come from anywhere, so every number is checked
// before it is used.
#include <cmath>

#include "engine/errors.hpp"
#include "io/byte_order.hpp"
#include "io/xtc_groups.hpp"

namespace regrain::io {
namespace {

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

}  // namespace regrain::io
