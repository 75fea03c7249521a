// A file that appears complete or not at all.
//
// Bytes go to a temporary name in the same folder; commit() syncs them to disk and renames. Whatever
// goes wrong before, a signal included, leaves no file, and an older file of that name untouched. An
// existing file is replaced only when asked to. Devices and pipes (/dev/null, /dev/stdout) are written directly.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace regrain::io {

class AtomicFile {
 public:
  // Throws Error(output) if path exists and not force, or the folder can't be written.
  AtomicFile(const std::string& path, bool force);
  ~AtomicFile();  // removes the temporary file unless committed
  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  AtomicFile& operator=(AtomicFile&&) = delete;

  void write(const void* bytes, size_t n_bytes);
  void write(std::string_view text) { write(text.data(), text.size()); }
  // Overwrites bytes already written, for counts known only at the end.
  void write_at(uint64_t offset, const void* bytes, size_t n_bytes);
  uint64_t size() const { return size_; }
  void commit();
  const std::string& path() const { return path_; }

 private:
  void flush();
  void write_through(const char* bytes, size_t n_bytes);
  [[noreturn]] void fail_with_errno(const char* what);

  std::string path_;       // as given, for messages
  std::string target_;     // symbolic links followed
  std::string temporary_;  // empty if target_ is written directly
  int noted_ = -1;         // where io/unfinished_files.hpp keeps that name
  bool force_ = false;
  int descriptor_ = -1;
  uint64_t size_ = 0;
  std::vector<char> pending_;
};

// Throws Error(output) if path exists and not force, or its folder can't be written to: to refuse before
// hours of work, not after.
void check_writable(const std::string& path, bool force);

void write_file(const std::string& path, std::string_view bytes, bool force);

}  // namespace regrain::io
