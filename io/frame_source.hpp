// What a trajectory format implements. Only the io folder includes this.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "io/frame.hpp"
#include "io/structure.hpp"
#include "io/topology.hpp"

namespace regrain::io {

class FrameSource {
 public:
  virtual ~FrameSource() = default;
  virtual int n_atoms() const = 0;
  virtual bool next(Frame& frame) = 0;
  virtual void seek(int64_t frame) = 0;
  virtual int64_t n_frames() = 0;
  virtual std::string note() const { return {}; }
};

class FrameSink {
 public:
  virtual ~FrameSink() = default;
  virtual void write(const Frame& frame) = 0;
  virtual void close() = 0;
};

std::unique_ptr<FrameSource> open_dcd(const std::string& path);
std::unique_ptr<FrameSource> open_xtc(const std::string& path);
std::unique_ptr<FrameSource> open_structure_frames(const std::string& path, const ReadOptions& options);

std::unique_ptr<FrameSink> create_dcd(const std::string& path, const Topology& topology,
                                      const WriteOptions& options);
std::unique_ptr<FrameSink> create_xtc(const std::string& path, const Topology& topology,
                                      const WriteOptions& options);
std::unique_ptr<FrameSink> create_pdb(const std::string& path, const Topology& topology,
                                      const WriteOptions& options, int64_t n_frames);
std::unique_ptr<FrameSink> create_cif(const std::string& path, const Topology& topology,
                                      const WriteOptions& options);

}  // namespace regrain::io
