// Lines of a text file, plain or gzipped, one at a time.
#pragma once

#include <memory>
#include <string>

namespace regrain::io {

class LineSource {
 public:
  explicit LineSource(const std::string& path);  // throws Error(input) if it can't be opened
  ~LineSource();
  LineSource(const LineSource&) = delete;
  LineSource& operator=(const LineSource&) = delete;

  // The next line without its line end (\n, \r\n); false at the end of the file. Throws Error(input)
  // on a damaged gzip stream and on what isn't text: zero bytes, or lines beyond any sense.
  bool next(std::string& line);
  int64_t line_number() const { return line_number_; }  // of the line last returned, from 1
  const std::string& path() const { return path_; }
  // The same line comes again from next().
  void unread() { pending_ = true; }

 private:
  bool fill();

  std::string path_;
  void* gz_ = nullptr;  // zlib's handle; it reads plain files as they are
  std::unique_ptr<char[]> buffer_;
  size_t begin_ = 0, end_ = 0;
  int64_t line_number_ = 0;
  std::string current_;
  bool pending_ = false;
};

// The whole text of a plain or gzipped file; throws Error(input) past limit bytes of text.
std::string read_text(const std::string& path, uint64_t limit);

// True if the text looks like mmCIF (starts with data_ after comments), by content.
bool looks_like_cif(const std::string& path);

}  // namespace regrain::io
