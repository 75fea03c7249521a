// Packs the coordinates of an XTC frame.
//
// The format leaves the writer to choose the runs and when to change the range. Ours looks at the next
// few differences and steps towards the range that would store them in the fewest bits.
#include <cmath>
#include <cstdlib>
#include <limits>
#include <utility>

#include "engine/errors.hpp"
#include "io/xtc_groups.hpp"

namespace regrain::io {
namespace {

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

bool is_small(const Int3& from, const Int3& to, int64_t half) {
  for (size_t k = 0; k < 3; ++k)
    if (std::llabs(to[k] - from[k]) >= half) return false;
  return true;
}

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
