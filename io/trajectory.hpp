// Trajectories frame by frame: DCD, XTC, and the models of PDB or mmCIF files.
//
// One frame is in memory at a time, whatever the length of the file. Coordinates are in Angstrom on
// this side of the border, whatever the format stores. Frames are counted from 0.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "io/frame.hpp"
#include "io/structure.hpp"
#include "io/topology.hpp"

namespace regrain::io {

class FrameSource;  // what each format implements to be read: frame_source.hpp
class FrameSink;    // ... and to be written

class TrajectoryReader {
 public:
  // By the extension: .dcd, .xtc, or a structure file, read with the options. Throws Error(input) if
  // the file has another number of atoms than expected; -1: any.
  static TrajectoryReader open(const std::string& path, int expected_n_atoms = -1,
                               const ReadOptions& options = {});
  // Frames of the topology's atoms. The trajectory holds either these atoms or all atoms of the
  // structure's file, with hydrogens and water; then the ones of the topology are picked from it.
  static TrajectoryReader open(const std::string& path, const Structure& top,
                               const ReadOptions& options = {});

  TrajectoryReader(TrajectoryReader&&) noexcept;
  ~TrajectoryReader();

  int n_atoms() const;  // of the frames given out
  // False after the last frame. Throws Error(input) naming file and frame if the file is damaged or
  // ends within a frame.
  bool next(Frame& frame);
  // The next frame read will be this one; n_frames() itself is allowed.
  void seek(int64_t frame);
  // DCD: from the file's size. XTC: hops from header to header. PDB, mmCIF: reads the file.
  // Throws Error(input) as next would at the damaged frame.
  int64_t n_frames();
  // Something odd about the file that is no error, to be shown to the user; usually empty.
  std::string note() const;
  const std::string& path() const { return path_; }

 private:
  TrajectoryReader(std::string path, std::unique_ptr<FrameSource> source);

  std::string path_;
  std::unique_ptr<FrameSource> source_;
  std::vector<int> selection_A_;  // empty: all atoms
};

class TrajectoryWriter {
 public:
  // By the extension: .dcd, .xtc, .pdb, .ent, .cif, .mmcif. The file appears under its name on close().
  // n_frames, where known, lets a structure file of a single frame go without MODEL records.
  static TrajectoryWriter open(const std::string& path, const Topology& topology,
                               const WriteOptions& options = {}, int64_t n_frames = -1);
  TrajectoryWriter(TrajectoryWriter&&) noexcept;
  ~TrajectoryWriter();  // without close() nothing is left behind

  // Throws Error(numbers) on coordinates that aren't finite, Error(output) on those the format can't hold.
  void write(const Frame& frame);
  void close();

 private:
  TrajectoryWriter(std::string path, const Topology& topology, std::unique_ptr<FrameSink> sink);

  std::string path_;
  Topology topology_;  // for messages
  std::unique_ptr<FrameSink> sink_;
  int64_t n_written_ = 0;
};

// All frames of several files after one another, with the topology of top_path; empty top_path: the
// first file is a structure file and its own topology.
Structure load_frames(const std::vector<std::string>& paths, const std::string& top_path,
                      const ReadOptions& options = {});

// True for the extensions that carry no atom names: .dcd and .xtc.
bool is_bare_trajectory(const std::string& path);

}  // namespace regrain::io
