// A file read by byte position, with its size known: what the binary codecs and small whole-file
// readers stand on. Lengths found in a file are compared with size() before anything is allocated.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace regrain::io {

class InputFile {
 public:
  // Throws Error(input) if there is no such file, it is a folder or a pipe, or can't be read.
  explicit InputFile(const std::string& path);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  const std::string& path() const { return path_; }
  uint64_t size() const { return size_; }
  // True if all n_bytes at offset were read; false if the file ends before. Throws on a disk error.
  bool read_at(uint64_t offset, void* bytes, size_t n_bytes);

 private:
  std::string path_;
  int descriptor_ = -1;
  uint64_t size_ = 0;
  // read-ahead window, so that many small header reads cost one call
  std::vector<char> window_;
  uint64_t window_start_ = 0;
};

// The whole file; throws Error(input) if it is larger than limit bytes.
std::string read_whole_file(const std::string& path, uint64_t limit);

}  // namespace regrain::io
