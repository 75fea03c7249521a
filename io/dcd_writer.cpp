// Writes DCD (io/dcd_format.hpp) in CHARMM's layout. What is known at the end only, the number of frames and
// the time between them, is written over the header then.
#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "engine/errors.hpp"
#include "io/atomic_file.hpp"
#include "io/byte_order.hpp"
#include "io/dcd_format.hpp"
#include "io/frame_source.hpp"
#include "io/unit_cell.hpp"

namespace regrain::io {
namespace {

class DcdWriter final : public FrameSink {
 public:
  DcdWriter(const std::string& path, const Topology& topology, const WriteOptions& options)
      : file_(path, options.force), n_atoms_(topology.n_atoms()), timestep_(options.timestep) {}

  void write(const Frame& frame) override {
    if (n_frames_ == 0) {
      has_cell_ = has_box(frame.box);
      write_header();
      first_time_ = frame.time;
    }
    if (n_frames_ == 1 && frame.time > first_time_) timestep_ = frame.time - first_time_;
    if (has_cell_) {
      const UnitCell cell = cell_of_box(frame.box);
      std::array<char, kCellBytes> bytes;
      const double v[] = {cell.a, cell.gamma, cell.b, cell.beta, cell.alpha, cell.c};
      for (size_t i = 0; i < 6; ++i) store(bytes.data() + 8 * i, v[i], kSwapLittleEndian);
      write_record(bytes.data(), bytes.size());
    }
    values_.resize(static_cast<size_t>(n_atoms_) * 4);
    for (size_t axis = 0; axis < 3; ++axis) {
      for (size_t i = 0; i < static_cast<size_t>(n_atoms_); ++i)
        store(values_.data() + 4 * i, frame.xyz_A3[i * 3 + axis], kSwapLittleEndian);
      write_record(values_.data(), values_.size());
    }
    if (++n_frames_ > INT32_MAX)
      fail(ErrorKind::output, file_.path(), ": more frames than a DCD file can count");
  }

  void close() override {
    if (n_frames_ == 0) write_header();
    const std::array<char, kControlBytes> control = control_block();
    file_.write_at(4, control.data(), control.size());
    file_.commit();
  }

 private:
  void write_record(const char* bytes, size_t n_bytes) {
    char marker[4];
    store(marker, static_cast<uint32_t>(n_bytes), kSwapLittleEndian);
    file_.write(marker, 4);
    file_.write(bytes, n_bytes);
    file_.write(marker, 4);
  }

  std::array<char, kControlBytes> control_block() const {
    std::array<char, kControlBytes> bytes{'C', 'O', 'R', 'D'};
    const auto set = [&](size_t i, auto value) { store(bytes.data() + 4 + 4 * i, value, kSwapLittleEndian); };
    const int32_t n = static_cast<int32_t>(n_frames_);
    const double first = timestep_ > 0 ? std::round(first_time_ / timestep_) : 0;
    set(0, n);
    set(1, static_cast<int32_t>(std::clamp(first, -1e9, 1e9)));
    set(2, int32_t{1});
    set(3, n);
    set(9, static_cast<float>(timestep_ / kAkmaPs));
    set(10, int32_t{has_cell_});
    set(19, int32_t{24});  // CHARMM's version, without which readers expect X-PLOR's layout
    return bytes;
  }

  void write_header() {
    const std::array<char, kControlBytes> control = control_block();
    write_record(control.data(), control.size());
    std::string title = "written by regrain";
    title.resize(80, ' ');
    char count[4];
    store(count, uint32_t{1}, kSwapLittleEndian);
    const std::string titles = std::string(count, 4) + title;
    write_record(titles.data(), titles.size());
    store(count, n_atoms_, kSwapLittleEndian);
    write_record(count, 4);
  }

  AtomicFile file_;
  int n_atoms_;
  double timestep_, first_time_ = 0;
  int64_t n_frames_ = 0;
  bool has_cell_ = false;
  std::vector<char> values_;
};

}  // namespace

std::unique_ptr<FrameSink> create_dcd(const std::string& path, const Topology& topology,
                                      const WriteOptions& options) {
  return std::make_unique<DcdWriter>(path, topology, options);
}

}  // namespace regrain::io
