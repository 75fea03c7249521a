// Reads DCD (io/dcd_format.hpp). Frames have one size (the first may be longer: with fixed atoms the later
// ones hold the free atoms only), so any frame is found by arithmetic and the file's size says how many
// there are.
#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <utility>
#include <vector>

#include "engine/errors.hpp"
#include "io/byte_order.hpp"
#include "io/dcd_format.hpp"
#include "io/frame_source.hpp"
#include "io/input_file.hpp"
#include "io/unit_cell.hpp"

namespace regrain::io {
namespace {

class DcdReader final : public FrameSource {
 public:
  explicit DcdReader(const std::string& path) : file_(path) {
    read_header();
    const uint64_t left = file_.size() - frames_start_;
    const uint64_t first = frame_bytes(0), rest = frame_bytes(1);
    if (left >= first) n_complete_ = 1 + static_cast<int64_t>((left - first) / rest);
    const uint64_t used = n_complete_ == 0 ? 0 : first + static_cast<uint64_t>(n_complete_ - 1) * rest;
    cut_short_ = left > used;
    // what the file holds counts, not what its header announces: programs write a zero or the frames
    // planned (a well-known AdK run announces 500 and has 98), and appended runs hold more
  }

  int n_atoms() const override { return n_atoms_; }

  std::string note() const override {
    if (n_announced_ <= n_complete_) return {};
    return concat(file_.path(), ": holds ", n_complete_, " frames though its header announces ",
                  n_announced_);
  }

  int64_t n_frames() override {
    if (cut_short_) fail_cut_short();
    return n_complete_;
  }

  void seek(int64_t frame) override {
    if (frame < 0 || frame > n_complete_)
      fail(ErrorKind::input, file_.path(), ": has no frame ", frame, "; expected one of the ", n_complete_,
           " frames, counted from 0");
    index_ = frame;
  }

  bool next(Frame& frame) override {
    if (index_ == n_complete_) {
      if (cut_short_) fail_cut_short();
      return false;
    }
    frame.xyz_A3.resize(static_cast<size_t>(n_atoms_) * 3);
    if (!free_.empty() && index_ > 0) {
      if (fixed_xyz_.empty()) {  // the fixed atoms stand in frame 0 alone
        Frame first;
        const int64_t here = std::exchange(index_, 0);
        next(first);
        index_ = here;
        fixed_xyz_ = std::move(first.xyz_A3);
      }
      frame.xyz_A3 = fixed_xyz_;
    }
    uint64_t offset = frames_start_;
    if (index_ > 0) offset += frame_bytes(0) + static_cast<uint64_t>(index_ - 1) * frame_bytes(1);
    frame.box = {};
    if (has_cell_) {
      std::array<char, kCellBytes> bytes;
      read_record(offset, bytes.data(), kCellBytes);
      frame.box = read_cell(bytes.data());
      offset += kCellBytes + 8;
    }
    const size_t n = index_ == 0 || free_.empty() ? static_cast<size_t>(n_atoms_) : free_.size();
    values_.resize(n * 4);
    for (size_t axis = 0; axis < 3; ++axis) {
      read_record(offset, values_.data(), values_.size());
      for (size_t i = 0; i < n; ++i) {
        const size_t atom = n == static_cast<size_t>(n_atoms_) ? i : static_cast<size_t>(free_[i]);
        frame.xyz_A3[atom * 3 + axis] = load<float>(values_.data() + i * 4, swap_);
      }
      offset += n * 4 + 8;
    }
    const int64_t step = first_step_ + index_ * step_stride_;
    frame.step = static_cast<int>(std::clamp<int64_t>(step, INT32_MIN, INT32_MAX));
    frame.time = timestep_ > 0 ? static_cast<double>(step) * timestep_ : static_cast<double>(index_);
    ++index_;
    return true;
  }

 private:
  [[noreturn]] void fail_header(const std::string& what) {
    fail(ErrorKind::input, file_.path(), ": ", what, "; expected a DCD trajectory: is this the right file?");
  }
  [[noreturn]] void fail_cut_short() {
    fail(ErrorKind::input, file_.path(), ": the file ends within frame ", n_complete_, " (counted from 0)",
         "; it is cut short: fetch it again, or rewrite its complete frames with the program that made it");
  }

  uint64_t frame_bytes(int64_t index) const {
    const uint64_t n = index == 0 || free_.empty() ? static_cast<uint64_t>(n_atoms_) : free_.size();
    return (has_cell_ ? kCellBytes + 8 : 0) + (n * 4 + 8) * (has_fourth_ ? 4 : 3);
  }

  uint32_t marker(uint64_t offset) {
    uint32_t bytes = 0;
    if (!file_.read_at(offset, &bytes, 4)) fail_header("the header ends before its records do");
    return load<uint32_t>(&bytes, swap_);
  }

  // The record at offset must have exactly this length.
  void read_record(uint64_t offset, char* bytes, size_t n_bytes) {
    const uint32_t before = marker(offset), after = marker(offset + 4 + n_bytes);
    if (before != n_bytes || after != n_bytes)
      fail(ErrorKind::input, file_.path(), ": frame ", index_, " (counted from 0) has a record of ",
           before != n_bytes ? before : after, " bytes at byte ", offset, "; expected ", n_bytes, " for ",
           n_atoms_, " atoms: the file is damaged");
    if (!file_.read_at(offset + 4, bytes, n_bytes)) fail_cut_short();
  }

  void read_header() {
    std::array<char, kControlBytes + 8> head{};
    if (!file_.read_at(0, head.data(), head.size())) fail_header(concat("has only ", file_.size(), " bytes"));
    if (load<uint32_t>(head.data(), false) == kControlBytes)
      swap_ = false;
    else if (load<uint32_t>(head.data(), true) == kControlBytes)
      swap_ = true;
    else
      fail_header("doesn't begin with a record of 84 bytes");
    const std::string magic(head.data() + 4, 4), late_magic(head.data() + 8, 4);
    if (late_magic == "CORD")
      fail_header(
          "has record lengths of 8 bytes, which are not supported; convert it with the program that wrote "
          "it");
    if (magic == "VELD") fail_header("holds velocities");
    if (magic != "CORD" || marker(kControlBytes + 4) != kControlBytes)
      fail_header("has no CORD record at its start");
    const auto control = [&](size_t i) { return load<int32_t>(head.data() + 8 + 4 * i, swap_); };
    n_announced_ = control(0);
    first_step_ = control(1);
    step_stride_ = std::max(control(2), 1);
    const int n_fixed = control(8);
    const bool charmm = control(19) != 0;  // X-PLOR's older layout otherwise
    const double delta =
        charmm ? double(load<float>(head.data() + 8 + 36, swap_)) : load<double>(head.data() + 8 + 36, swap_);
    timestep_ = std::isfinite(delta) && delta > 0 ? delta * kAkmaPs : 0;
    has_cell_ = charmm && control(10) != 0;
    has_fourth_ = charmm && control(11) != 0;

    uint64_t offset = kControlBytes + 8;
    const uint64_t title_bytes = marker(offset);
    if (title_bytes > file_.size() || marker(offset + 4 + title_bytes) != title_bytes)
      fail_header("has a damaged title record");
    offset += title_bytes + 8;
    if (marker(offset) != 4 || marker(offset + 8) != 4) fail_header("has no record with the number of atoms");
    const uint32_t n_atoms = marker(offset + 4);
    offset += 12;
    if (n_atoms == 0 || uint64_t{n_atoms} * 12 > file_.size())
      fail_header(concat("announces ", n_atoms, " atoms a frame, in ", file_.size(), " bytes"));
    n_atoms_ = static_cast<int>(n_atoms);
    if (n_fixed != 0) offset = read_free_atoms(offset, n_fixed);
    frames_start_ = offset;
  }

  uint64_t read_free_atoms(uint64_t offset, int n_fixed) {
    if (n_fixed < 0 || n_fixed >= n_atoms_)
      fail_header(concat("announces ", n_fixed, " fixed atoms of ", n_atoms_));
    std::vector<char> bytes(static_cast<size_t>(n_atoms_ - n_fixed) * 4);
    read_record(offset, bytes.data(), bytes.size());
    for (size_t i = 0; i < bytes.size(); i += 4) {
      const int32_t atom = load<int32_t>(bytes.data() + i, swap_);  // counted from 1
      if (atom < 1 || atom > n_atoms_ || (!free_.empty() && atom - 1 <= free_.back()))
        fail_header(concat("has ", atom, " in its list of free atoms, out of order or range"));
      free_.push_back(atom - 1);
    }
    return offset + bytes.size() + 8;
  }

  // A, gamma, B, beta, alpha, C; the angles in degrees or as cosines, depending on the program
  std::array<float, 9> read_cell(const char* bytes) const {
    std::array<double, 6> v;
    for (size_t i = 0; i < 6; ++i) v[i] = load<double>(bytes + 8 * i, swap_);
    const auto is_cosine = [](double x) { return std::fabs(x) <= 1; };
    if (is_cosine(v[1]) && is_cosine(v[3]) && is_cosine(v[4]))
      for (const size_t i : {1, 3, 4}) v[i] = v[i] == 0 ? 90 : std::acos(v[i]) * 180 / std::numbers::pi;
    return box_of_cell({v[0], v[2], v[5], v[4], v[3], v[1]});
  }

  InputFile file_;
  bool swap_ = false, has_cell_ = false, has_fourth_ = false, cut_short_ = false;
  int n_atoms_ = 0;
  int64_t n_announced_ = 0, n_complete_ = 0, first_step_ = 0, step_stride_ = 1, index_ = 0;
  double timestep_ = 0;  // picoseconds a step; 0: unknown
  uint64_t frames_start_ = 0;
  std::vector<int> free_;  // empty: all atoms move
  std::vector<float> fixed_xyz_;
  std::vector<char> values_;
};

}  // namespace

std::unique_ptr<FrameSource> open_dcd(const std::string& path) { return std::make_unique<DcdReader>(path); }

}  // namespace regrain::io
