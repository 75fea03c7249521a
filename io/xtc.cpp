// XTC: frames of big-endian (XDR) words with packed coordinates in nanometres, as GROMACS writes them.
//
// A frame's header tells its length, so frames are found by hopping from header to header. Frames of
// up to nine atoms are plain floats.
#include <array>
#include <cmath>
#include <optional>
#include <vector>

#include "engine/errors.hpp"
#include "io/atomic_file.hpp"
#include "io/byte_order.hpp"
#include "io/frame_source.hpp"
#include "io/input_file.hpp"
#include "io/unit_cell.hpp"
#include "io/xtc_codec.hpp"

namespace regrain::io {
namespace {

constexpr int32_t kMagic = 1995;
constexpr int32_t kWideMagic = 2023;  // lengths of 8 bytes, for more than 298 million atoms
constexpr int kMostPlainAtoms = 9;
constexpr size_t kHeadBytes = 56;     // magic, atoms, step, time, box[9], atoms again
constexpr size_t kPackingBytes = 32;  // precision, lowest[3], highest[3], range; then the length

struct FrameHead {
  int step = 0;
  float time = 0;
  std::array<float, 9> box{};
  XtcPacking packing;
  uint64_t data = 0, n_bytes = 0, end = 0;  // where in the file
};

class XtcReader final : public FrameSource {
 public:
  explicit XtcReader(const std::string& path) : file_(path) {
    if (file_.size() == 0) fail(ErrorKind::input, path, ": is empty; expected an XTC trajectory");
    offsets_.push_back(0);
    read_head(0, 0);
  }

  int n_atoms() const override { return n_atoms_; }

  bool next(Frame& frame) override {
    const std::optional<uint64_t> offset = offset_of(index_);
    if (!offset) return false;
    const FrameHead head = read_head(*offset, index_);
    frame.step = head.step;
    frame.time = head.time;
    for (size_t i = 0; i < 9; ++i) frame.box[i] = head.box[i] * 10;
    frame.box = box_of_vectors(frame.box);
    bytes_.assign(static_cast<size_t>(head.n_bytes) + 8, 0);
    if (!file_.read_at(head.data, bytes_.data(), static_cast<size_t>(head.n_bytes))) fail_cut_short(index_);
    frame.xyz_A3.resize(static_cast<size_t>(n_atoms_) * 3);
    if (n_atoms_ <= kMostPlainAtoms) {
      for (size_t i = 0; i < frame.xyz_A3.size(); ++i)
        frame.xyz_A3[i] = load<float>(&bytes_[4 * i], kSwapBigEndian) * 10;
    } else {
      unpack_coordinates(head.packing, bytes_.data(), static_cast<size_t>(head.n_bytes), place(index_),
                         frame.xyz_A3);
    }
    if (offsets_.size() == static_cast<size_t>(index_) + 1) offsets_.push_back(head.end);
    ++index_;
    return true;
  }

  void seek(int64_t frame) override {
    if (frame < 0 || (frame > 0 && !offset_of(frame - 1)))
      fail(ErrorKind::input, file_.path(), ": has no frame ", frame, "; expected one of the ",
           offsets_.size() - 1, " frames, counted from 0");
    index_ = frame;
  }

  int64_t n_frames() override {
    while (offset_of(static_cast<int64_t>(offsets_.size()) - 1))
      offsets_.push_back(read_head(offsets_.back(), static_cast<int64_t>(offsets_.size()) - 1).end);
    return static_cast<int64_t>(offsets_.size()) - 1;
  }

 private:
  std::string place(int64_t index) const {
    return concat(file_.path(), ": frame ", index, " (counted from 0)");
  }
  [[noreturn]] void fail_cut_short(int64_t index) const {
    fail(ErrorKind::input, file_.path(), ": the file ends within frame ", index,
         " (counted from 0); it is cut short: fetch it again, or keep its complete frames with the program "
         "that made it");
  }

  // Where the frame starts; nothing past the last one. offsets_ ends with the end of the last frame seen.
  std::optional<uint64_t> offset_of(int64_t index) {
    while (static_cast<int64_t>(offsets_.size()) <= index && offsets_.back() < file_.size())
      offsets_.push_back(read_head(offsets_.back(), static_cast<int64_t>(offsets_.size()) - 1).end);
    if (static_cast<int64_t>(offsets_.size()) <= index ||
        offsets_[static_cast<size_t>(index)] >= file_.size())
      return {};
    return offsets_[static_cast<size_t>(index)];
  }

  // Checks every length against the size of the file before anything is allocated.
  FrameHead read_head(uint64_t offset, int64_t index) {
    std::array<uint8_t, kHeadBytes> bytes{};
    if (!file_.read_at(offset, bytes.data(), bytes.size())) fail_cut_short(index);
    const auto word = [&](size_t i) { return load<int32_t>(&bytes[4 * i], kSwapBigEndian); };
    const int32_t magic = word(0);
    if (magic != kMagic && magic != kWideMagic)
      fail(ErrorKind::input, place(index), ": begins with the number ", magic, "; expected ", kMagic, " or ",
           kWideMagic, ": this is no XTC file, or it is damaged");
    const int32_t n_atoms = word(1);
    if (n_atoms <= 0 || word(13) != n_atoms)
      fail(ErrorKind::input, place(index), ": states ", n_atoms, " and ", word(13),
           " atoms; expected one positive number: the file is damaged");
    if (index == 0) n_atoms_ = n_atoms;
    if (n_atoms != n_atoms_)
      fail(ErrorKind::input, place(index), ": has ", n_atoms, " atoms; expected ", n_atoms_,
           " as in frame 0: split the file into pieces of one molecule");
    FrameHead head;
    head.step = word(2);
    head.time = load<float>(&bytes[12], kSwapBigEndian);
    for (size_t i = 0; i < 9; ++i) head.box[i] = load<float>(&bytes[16 + 4 * i], kSwapBigEndian);
    head.data = offset + kHeadBytes;
    if (n_atoms <= kMostPlainAtoms) {
      head.n_bytes = static_cast<uint64_t>(n_atoms) * 12;
    } else {
      read_packing(head, magic == kWideMagic, index);
    }
    const uint64_t padded = (head.n_bytes + 3) / 4 * 4;
    if (head.n_bytes > file_.size() || head.data + padded > file_.size()) fail_cut_short(index);
    // an atom takes two bits at the very least (all of them at one point)
    if (n_atoms > kMostPlainAtoms && static_cast<uint64_t>(n_atoms) > head.n_bytes * 4)
      fail(ErrorKind::input, place(index), ": states ", n_atoms, " atoms in ", head.n_bytes,
           " bytes, which can't be; expected two bits an atom at least: the file is damaged, fetch it again");
    head.end = head.data + padded;
    return head;
  }

  void read_packing(FrameHead& head, bool wide, int64_t index) {
    std::array<uint8_t, kPackingBytes + 8> bytes{};
    const size_t n_bytes = kPackingBytes + (wide ? 8 : 4);
    if (!file_.read_at(head.data, bytes.data(), n_bytes)) fail_cut_short(index);
    head.packing.precision = load<float>(&bytes[0], kSwapBigEndian);
    for (size_t k = 0; k < 3; ++k) {
      head.packing.lowest[k] = load<int32_t>(&bytes[4 + 4 * k], kSwapBigEndian);
      head.packing.highest[k] = load<int32_t>(&bytes[16 + 4 * k], kSwapBigEndian);
    }
    head.packing.small_index = load<int32_t>(&bytes[28], kSwapBigEndian);
    head.n_bytes =
        wide ? load<uint64_t>(&bytes[32], kSwapBigEndian) : load<uint32_t>(&bytes[32], kSwapBigEndian);
    head.data += n_bytes;
  }

  InputFile file_;
  int n_atoms_ = 0;
  int64_t index_ = 0;
  std::vector<uint64_t> offsets_;
  std::vector<uint8_t> bytes_;
};

class XtcWriter final : public FrameSink {
 public:
  XtcWriter(const std::string& path, const Topology& topology, const WriteOptions& options)
      : file_(path, options.force), n_atoms_(topology.n_atoms()) {}

  void write(const Frame& frame) override {
    put(kMagic);
    put(n_atoms_);
    put(frame.step);
    put(static_cast<float>(frame.time));
    for (const float side : frame.box) put(side / 10);
    put(n_atoms_);
    if (n_atoms_ <= kMostPlainAtoms) {
      for (const float x : frame.xyz_A3) put(x / 10);
    } else {
      XtcPacking packing;
      const std::vector<uint8_t> bytes = pack_coordinates(
          frame.xyz_A3, packing, concat(file_.path(), ": frame ", index_, " (counted from 0)"));
      if (bytes.size() > INT32_MAX)
        fail(ErrorKind::output, file_.path(), ": too many atoms for XTC; write DCD");
      put(packing.precision);
      for (const int32_t x : packing.lowest) put(x);
      for (const int32_t x : packing.highest) put(x);
      put(packing.small_index);
      put(static_cast<int32_t>(bytes.size()));
      file_.write(bytes.data(), bytes.size());
      const uint32_t zeros = 0;
      file_.write(&zeros, (4 - bytes.size() % 4) % 4);
    }
    ++index_;
  }

  void close() override { file_.commit(); }

 private:
  template <class T>
  void put(T value) {
    char bytes[4];
    store(bytes, value, kSwapBigEndian);
    file_.write(bytes, 4);
  }

  AtomicFile file_;
  int32_t n_atoms_;
  int64_t index_ = 0;
};

}  // namespace

std::unique_ptr<FrameSource> open_xtc(const std::string& path) { return std::make_unique<XtcReader>(path); }

std::unique_ptr<FrameSink> create_xtc(const std::string& path, const Topology& topology,
                                      const WriteOptions& options) {
  return std::make_unique<XtcWriter>(path, topology, options);
}

}  // namespace regrain::io
