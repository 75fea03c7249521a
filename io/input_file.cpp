#include "io/input_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "engine/errors.hpp"

namespace regrain::io {
namespace {

constexpr size_t kWindowBytes = size_t{1} << 16;

// As many of the bytes at offset as the file has.
size_t read_some(int descriptor, const std::string& path, uint64_t offset, char* bytes, size_t n_bytes) {
  size_t done = 0;
  while (done < n_bytes) {
    const ssize_t got = ::pread(descriptor, bytes + done, n_bytes - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0)
      fail(ErrorKind::output, path, ": reading at byte ", offset + done, " failed: ", std::strerror(errno));
    if (got == 0) break;
    done += static_cast<size_t>(got);
  }
  return done;
}

}  // namespace

InputFile::InputFile(const std::string& path) : path_(path) {
  descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // never wait for a pipe's writer
  if (descriptor_ < 0)
    fail(ErrorKind::input, path, ": can't be opened: ", std::strerror(errno), "; check the name");
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0 || !S_ISREG(status.st_mode)) {
    ::close(descriptor_);
    fail(ErrorKind::input, path, ": is not a regular file; give the name of a file on disk");
  }
  size_ = static_cast<uint64_t>(status.st_size);
}

InputFile::~InputFile() { ::close(descriptor_); }

bool InputFile::read_at(uint64_t offset, void* bytes, size_t n_bytes) {
  if (offset > size_ || n_bytes > size_ - offset) return false;
  if (n_bytes >= kWindowBytes)
    return read_some(descriptor_, path_, offset, static_cast<char*>(bytes), n_bytes) == n_bytes;
  if (offset < window_start_ || offset + n_bytes > window_start_ + window_.size()) {
    window_.resize(kWindowBytes);
    window_start_ = offset;
    window_.resize(read_some(descriptor_, path_, offset, window_.data(), kWindowBytes));
    if (n_bytes > window_.size()) return false;
  }
  // an empty read may come with a null pointer, which memcpy doesn't allow
  if (n_bytes > 0) std::memcpy(bytes, window_.data() + (offset - window_start_), n_bytes);
  return true;
}

std::string read_whole_file(const std::string& path, uint64_t limit) {
  InputFile file(path);
  if (file.size() > limit)
    fail(ErrorKind::input, path, ": has ", file.size(), " bytes; expected at most ", limit,
         ": is this the right file?");
  std::string bytes(static_cast<size_t>(file.size()), '\0');
  if (!file.read_at(0, bytes.data(), bytes.size()))
    fail(ErrorKind::input, path, ": shrank while it was read; wait until its writer is done");
  return bytes;
}

}  // namespace regrain::io
