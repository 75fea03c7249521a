#include "io/line_source.hpp"

#include <zlib.h>

#include <cctype>
#include <cstring>

#include "engine/errors.hpp"
#include "io/input_file.hpp"

namespace regrain::io {
namespace {

constexpr size_t kBufferBytes = size_t{1} << 16;
constexpr size_t kLongestLine = size_t{1} << 20;

gzFile handle(void* gz) { return static_cast<gzFile>(gz); }

gzFile open_gz(const std::string& path) {
  InputFile probe(path);  // its checks and messages: no such file, folder, pipe
  const gzFile gz = gzopen(path.c_str(), "rb");
  if (!gz) fail(ErrorKind::input, path, ": can't be opened; check the name");
  gzbuffer(gz, kBufferBytes);
  return gz;
}

size_t read_gz(gzFile gz, const std::string& path, char* bytes, size_t n_bytes) {
  const int got = gzread(gz, bytes, static_cast<unsigned>(n_bytes));
  int code = Z_OK;
  const char* message = gzerror(gz, &code);
  // a stream cut short shows only as Z_BUF_ERROR once everything readable was given out
  if (got < 0 || (got == 0 && code == Z_BUF_ERROR))
    fail(ErrorKind::input, path, ": the gzip stream is ", code == Z_BUF_ERROR ? "cut short" : "damaged", " (",
         message, "); fetch or compress the file again");
  return static_cast<size_t>(got);
}

}  // namespace

LineSource::LineSource(const std::string& path)
    : path_(path), gz_(open_gz(path)), buffer_(new char[kBufferBytes]) {}

LineSource::~LineSource() { gzclose(handle(gz_)); }

bool LineSource::fill() {
  begin_ = 0;
  end_ = read_gz(handle(gz_), path_, buffer_.get(), kBufferBytes);
  return end_ > 0;
}

bool LineSource::next(std::string& line) {
  if (pending_) {
    pending_ = false;
    line = current_;
    return true;
  }
  current_.clear();
  bool any = false;
  while (begin_ < end_ || fill()) {
    any = true;
    const char* first = buffer_.get() + begin_;
    const size_t available = end_ - begin_;
    const char* newline = static_cast<const char*>(std::memchr(first, '\n', available));
    const size_t taken = newline ? static_cast<size_t>(newline - first) : available;
    if (std::memchr(first, '\0', taken))
      fail(ErrorKind::input, path_, ":", line_number_ + 1,
           ": holds a zero byte, so this is no text file; expected PDB or mmCIF");
    current_.append(first, taken);
    if (current_.size() > kLongestLine)
      fail(ErrorKind::input, path_, ":", line_number_ + 1, ": is longer than ", kLongestLine,
           " characters; expected PDB or mmCIF");
    begin_ += taken + (newline ? 1 : 0);
    if (newline) break;
  }
  if (!any) return false;
  ++line_number_;
  if (!current_.empty() && current_.back() == '\r') current_.pop_back();
  line = current_;
  return true;
}

std::string read_text(const std::string& path, uint64_t limit) {
  const std::unique_ptr<gzFile_s, decltype(&gzclose)> gz(open_gz(path), &gzclose);
  std::string text;
  std::unique_ptr<char[]> buffer(new char[kBufferBytes]);
  while (const size_t got = read_gz(gz.get(), path, buffer.get(), kBufferBytes)) {
    if (text.size() + got > limit)
      fail(ErrorKind::input, path, ": holds more than ", limit, " bytes of text; expected a smaller file");
    text.append(buffer.get(), got);
  }
  return text;
}

bool looks_like_cif(const std::string& path) {
  LineSource lines(path);
  std::string line;
  for (int n = 0; n < 10000 && lines.next(line); ++n) {
    size_t first = 0;
    while (first < line.size() && std::isspace(static_cast<unsigned char>(line[first]))) ++first;
    if (first == line.size() || line[first] == '#') continue;
    return line.size() - first >= 5 && strncasecmp(line.c_str() + first, "data_", 5) == 0;
  }
  return false;
}

}  // namespace regrain::io
