// The safetensors layout: an 8-byte length, a JSON header, raw little-endian arrays.
// https://huggingface.co/docs/safetensors (format). Nothing in it is executable.
//
// Files come from strangers: every length, offset and shape is checked against the file's size before
// it is used, and tensors must tile the data without gaps or overlaps.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace regrain::io {

enum class DType { F64, F32, F16, BF16, I64, I32, I16, I8, U64, U32, U16, U8, Bool };

std::size_t size_of(DType dtype);
std::string_view name_of(DType dtype);  // "F32"

struct TensorInfo {
  DType dtype = DType::F32;
  std::vector<int64_t> shape;        // empty: a scalar
  uint64_t offset = 0, n_bytes = 0;  // within the data
  int64_t n_elements() const;
};

class Safetensors {
 public:
  // Reads the file into memory. Throws Error(checkpoint) naming the file and what is wrong.
  static Safetensors load(const std::string& path);
  static Safetensors parse(std::string bytes, const std::string& path);

  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  const std::map<std::string, TensorInfo>& tensors() const { return tensors_; }
  bool contains(const std::string& name) const { return tensors_.contains(name); }
  const TensorInfo& info(const std::string& name) const;  // throws Error(checkpoint) if there is none

  // The values, converted between F32 and F64 as asked. Throws Error(checkpoint) on another dtype.
  std::vector<float> floats(const std::string& name) const;
  std::vector<double> doubles(const std::string& name) const;
  // I64, I32, U8 or BOOL. Throws Error(checkpoint) on another dtype.
  std::vector<int64_t> integers(const std::string& name) const;
  // The bytes as they stand in the file.
  std::string_view bytes(const std::string& name) const;
  const std::string& path() const { return path_; }

 private:
  std::string path_, data_;
  size_t start_ = 0;  // of the tensors in data_
  std::map<std::string, std::string> metadata_;
  std::map<std::string, TensorInfo> tensors_;
};

// Collects tensors and writes them sorted by name, so that equal content gives equal bytes.
class SafetensorsWriter {
 public:
  void set_metadata(const std::string& key, const std::string& value) { metadata_[key] = value; }
  void add(const std::string& name, const std::vector<int64_t>& shape, const float* values);
  void add(const std::string& name, const std::vector<int64_t>& shape, const double* values);
  void add(const std::string& name, const std::vector<int64_t>& shape, const int64_t* values);
  void add(const std::string& name, const std::vector<int64_t>& shape, const int32_t* values);
  void add(const std::string& name, const std::vector<int64_t>& shape, const uint8_t* values);

  std::string header() const;  // with its length in front, padded so that the data starts on 8 bytes
  // The file appears complete or not at all. Throws Error(output).
  void write(const std::string& path, bool force) const;

 private:
  struct Item {
    TensorInfo info;
    std::string bytes;
  };
  void add_bytes(const std::string& name, DType dtype, const std::vector<int64_t>& shape, const void* values);

  std::map<std::string, std::string> metadata_;
  std::map<std::string, Item> items_;
};

}  // namespace regrain::io
