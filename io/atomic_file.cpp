#include "io/atomic_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "engine/errors.hpp"
#include "io/unfinished_files.hpp"

namespace regrain::io {
namespace {

namespace fs = std::filesystem;
constexpr size_t kBufferBytes = size_t{1} << 18;

// Unique among the threads and processes that might write the same path at once.
std::string temporary_name(const std::string& target) {
  static std::atomic<unsigned> count{0};
  return concat(target, ".tmp-", ::getpid(), "-", count.fetch_add(1));
}

const char* way_out(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return "; free some space or write to another folder";
    case EACCES:
    case EPERM:
    case EROFS:
      return "; write to a folder that you may change";
    case ENOENT:
      return "; create the folder first";
    case ENOTDIR:
      return "; a file stands where the folder should be: choose another name";
    default:
      return "";
  }
}

}  // namespace

void check_writable(const std::string& path, bool force) {
  if (path.empty()) fail(ErrorKind::output, "the name of the output file is empty; give one");
  std::error_code ignored;
  const fs::file_status status = fs::status(path, ignored);
  if (fs::is_directory(status))
    fail(ErrorKind::output, path, ": is a folder; expected the name of a file to write");
  if (fs::is_regular_file(status) && !force)
    fail(ErrorKind::output, path, ": exists already; choose another name, or give --force to replace it");
  if (fs::exists(status) && !fs::is_regular_file(status)) return;  // a device or pipe
  const std::string folder = fs::path(path).parent_path().string();
  if (::access(folder.empty() ? "." : (folder + "/.").c_str(), W_OK) != 0)
    fail(ErrorKind::output, path, ": can't be created: ", std::strerror(errno), way_out(errno));
}

AtomicFile::AtomicFile(const std::string& path, bool force) : path_(path), target_(path), force_(force) {
  check_writable(path, force);
  std::error_code error;
  const bool exists = fs::exists(path, error);
  if (exists) target_ = fs::canonical(path, error).string();
  if (error) target_ = path;
  const bool direct = exists && !fs::is_regular_file(target_, error);
  if (direct) {
    descriptor_ = ::open(target_.c_str(), O_WRONLY | O_CLOEXEC);
  } else {
    temporary_ = temporary_name(target_);
    noted_ = note_unfinished(temporary_);
    descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  }
  if (descriptor_ < 0) {
    const int reason = errno;
    forget_unfinished(noted_);
    fail(ErrorKind::output, path_, ": can't be created: ", std::strerror(reason), way_out(reason));
  }
  pending_.reserve(kBufferBytes);
}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : path_(std::move(other.path_)),
      target_(std::move(other.target_)),
      temporary_(std::exchange(other.temporary_, {})),
      noted_(std::exchange(other.noted_, -1)),
      force_(other.force_),
      descriptor_(std::exchange(other.descriptor_, -1)),
      size_(other.size_),
      pending_(std::move(other.pending_)) {}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
  forget_unfinished(noted_);
}

void AtomicFile::fail_with_errno(const char* what) {
  const int error = errno;
  fail(ErrorKind::output, path_, ": ", what, " failed after ", size_ - pending_.size(),
       " bytes: ", std::strerror(error), way_out(error));
}

void AtomicFile::write_through(const char* bytes, size_t n_bytes) {
  while (n_bytes > 0) {
    const ssize_t written = ::write(descriptor_, bytes, n_bytes);
    if (written < 0) {
      if (errno == EINTR) continue;
      fail_with_errno("writing");
    }
    bytes += written;
    n_bytes -= static_cast<size_t>(written);
  }
}

void AtomicFile::flush() {
  write_through(pending_.data(), pending_.size());
  pending_.clear();
}

void AtomicFile::write(const void* bytes, size_t n_bytes) {
  REGRAIN_CHECK(descriptor_ >= 0, path_, ": written after commit");
  const char* first = static_cast<const char*>(bytes);
  size_ += n_bytes;
  pending_.insert(pending_.end(), first, first + n_bytes);
  if (pending_.size() >= kBufferBytes) flush();
}

void AtomicFile::write_at(uint64_t offset, const void* bytes, size_t n_bytes) {
  REGRAIN_CHECK(descriptor_ >= 0 && offset + n_bytes <= size_, path_, ": write_at ", offset, " past the end ",
                size_);
  flush();
  const char* from = static_cast<const char*>(bytes);
  while (n_bytes > 0) {
    const ssize_t written = ::pwrite(descriptor_, from, n_bytes, static_cast<off_t>(offset));
    if (written < 0) {
      if (errno == EINTR) continue;
      fail_with_errno("writing");
    }
    from += written;
    offset += static_cast<uint64_t>(written);
    n_bytes -= static_cast<size_t>(written);
  }
}

void AtomicFile::commit() {
  REGRAIN_CHECK(descriptor_ >= 0, path_, ": committed twice");
  flush();
  if (!temporary_.empty() && ::fsync(descriptor_) != 0) fail_with_errno("syncing to disk");
  if (::close(std::exchange(descriptor_, -1)) != 0) fail_with_errno("closing");
  if (temporary_.empty()) return;
  check_writable(path_, force_);  // another program may have made it meanwhile
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) fail_with_errno("renaming");
  temporary_.clear();
  forget_unfinished(std::exchange(noted_, -1));
  // the new name itself is safe only once the folder is on disk; some file systems refuse, that's fine
  const std::string folder = fs::path(target_).parent_path().string();
  const int folder_descriptor =
      ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder_descriptor >= 0) {
    ::fsync(folder_descriptor);
    ::close(folder_descriptor);
  }
}

void write_file(const std::string& path, std::string_view bytes, bool force) {
  AtomicFile file(path, force);
  file.write(bytes);
  file.commit();
}

}  // namespace regrain::io
