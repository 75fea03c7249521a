#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "engine/errors.hpp"
#include "io/byte_order.hpp"
#include "io/input_file.hpp"
#include "io/safetensors.hpp"
#include "io/strict_json.hpp"

namespace regrain::io {
namespace {

constexpr uint64_t kLargestFile = uint64_t{1} << 36;
constexpr uint64_t kLargestHeader = uint64_t{100} << 20;  // the format's own limit
constexpr size_t kHighestRank = 16;

constexpr std::array<std::pair<std::string_view, size_t>, 13> kTypes = {{{"F64", 8},
                                                                         {"F32", 4},
                                                                         {"F16", 2},
                                                                         {"BF16", 2},
                                                                         {"I64", 8},
                                                                         {"I32", 4},
                                                                         {"I16", 2},
                                                                         {"I8", 1},
                                                                         {"U64", 8},
                                                                         {"U32", 4},
                                                                         {"U16", 2},
                                                                         {"U8", 1},
                                                                         {"BOOL", 1}}};

[[noreturn]] void bad(const std::string& path, const std::string& what) {
  fail(ErrorKind::checkpoint, path, ": ", what,
       "; the file is damaged or no safetensors file: fetch or write it again");
}

DType type_named(const std::string& name, const std::string& tensor, const std::string& path) {
  for (size_t i = 0; i < kTypes.size(); ++i)
    if (kTypes[i].first == name) return static_cast<DType>(i);
  bad(path, concat("tensor \"", tensor, "\" has the unknown type \"", name.substr(0, 40), "\""));
}

// A count of the header: not negative, and small enough to multiply with care.
uint64_t count(const nlohmann::json& value, const std::string& tensor, const std::string& path) {
  if (!value.is_number_unsigned() ||
      value.get<uint64_t>() > static_cast<uint64_t>(std::numeric_limits<int64_t>::max()))
    bad(path, concat("tensor \"", tensor, "\" has an entry that is no count in its shape or offsets"));
  return value.get<uint64_t>();
}

TensorInfo read_info(const nlohmann::json& entry, const std::string& name, const std::string& path,
                     uint64_t n_data) {
  const auto complete = entry.is_object() && entry.size() == 3 && entry.contains("dtype") &&
                        entry["dtype"].is_string() && entry.contains("shape") && entry["shape"].is_array() &&
                        entry.contains("data_offsets") && entry["data_offsets"].is_array() &&
                        entry["data_offsets"].size() == 2;
  if (!complete) bad(path, concat("tensor \"", name, "\" needs exactly dtype, shape and two data_offsets"));
  TensorInfo info;
  info.dtype = type_named(entry["dtype"].get_ref<const std::string&>(), name, path);
  if (entry["shape"].size() > kHighestRank)
    bad(path, concat("tensor \"", name, "\" has ", entry["shape"].size(), " dimensions; expected at most ",
                     kHighestRank));
  uint64_t expected = size_of(info.dtype);
  bool overflow = false;
  for (const nlohmann::json& side : entry["shape"]) {
    const uint64_t n = count(side, name, path);
    overflow = overflow || __builtin_mul_overflow(expected, n, &expected);
    info.shape.push_back(static_cast<int64_t>(n));
  }
  const uint64_t begin = count(entry["data_offsets"][0], name, path),
                 end = count(entry["data_offsets"][1], name, path);
  if (begin > end || end > n_data)
    bad(path, concat("tensor \"", name, "\" lies at bytes ", begin, " to ", end, " of ", n_data));
  if (overflow || end - begin != expected)
    bad(path, concat("tensor \"", name, "\" has ", end - begin, " bytes; expected ",
                     overflow ? std::string("an impossible number") : std::to_string(expected),
                     " for its shape and type"));
  info.offset = begin;
  info.n_bytes = end - begin;
  return info;
}

template <class From, class To>
std::vector<To> convert(std::string_view bytes) {
  std::vector<To> values(bytes.size() / sizeof(From));
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<To>(load<From>(bytes.data() + i * sizeof(From), kSwapLittleEndian));
  return values;
}

}  // namespace

size_t size_of(DType dtype) { return kTypes[static_cast<size_t>(dtype)].second; }
std::string_view name_of(DType dtype) { return kTypes[static_cast<size_t>(dtype)].first; }

int64_t TensorInfo::n_elements() const { return static_cast<int64_t>(n_bytes / size_of(dtype)); }

Safetensors Safetensors::load(const std::string& path) {
  return parse(read_whole_file(path, kLargestFile), path);
}

Safetensors Safetensors::parse(std::string bytes, const std::string& path) {
  if (bytes.size() < 10) bad(path, concat("has only ", bytes.size(), " bytes"));
  const uint64_t n_header = regrain::io::load<uint64_t>(bytes.data(), kSwapLittleEndian);
  if (n_header > kLargestHeader || n_header > bytes.size() - 8)
    bad(path, concat("announces a header of ", n_header, " bytes in a file of ", bytes.size()));
  Safetensors file;
  file.path_ = path;
  file.start_ = static_cast<size_t>(8 + n_header);
  const uint64_t n_data = bytes.size() - file.start_;
  const JsonDocument header =
      parse_json(bytes.substr(8, static_cast<size_t>(n_header)), path + " (header)", ErrorKind::checkpoint);
  if (!header.root.is_object()) bad(path, "the header is no JSON object");
  for (const auto& [name, entry] : header.root.items()) {
    if (name == "__metadata__") {
      if (!entry.is_object()) bad(path, "__metadata__ is no JSON object");
      for (const auto& [key, value] : entry.items()) {
        if (!value.is_string()) bad(path, concat("the metadata \"", key, "\" is no string"));
        file.metadata_[key] = value.get<std::string>();
      }
    } else {
      file.tensors_[name] = read_info(entry, name, path, n_data);
    }
  }
  // tensors tile the data: no byte in two of them, no byte in none
  std::vector<std::pair<uint64_t, uint64_t>> ranges;
  for (const auto& [name, info] : file.tensors_) ranges.emplace_back(info.offset, info.offset + info.n_bytes);
  std::ranges::sort(ranges);
  uint64_t at = 0;
  for (const auto& [begin, end] : ranges) {
    if (begin != at)
      bad(path, concat("tensors overlap or leave a gap at byte ", std::min(at, begin), " of the data"));
    at = end;
  }
  if (at != n_data) bad(path, concat("the tensors end at byte ", at, " of the data, which has ", n_data));
  file.data_ = std::move(bytes);
  return file;
}

const TensorInfo& Safetensors::info(const std::string& name) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end())
    fail(ErrorKind::checkpoint, path_, ": has no tensor \"", name,
         "\"; expected one: does the file belong to another model?");
  return found->second;
}

std::string_view Safetensors::bytes(const std::string& name) const {
  const TensorInfo& found = info(name);
  return std::string_view(data_).substr(start_ + static_cast<size_t>(found.offset),
                                        static_cast<size_t>(found.n_bytes));
}

std::vector<float> Safetensors::floats(const std::string& name) const {
  const DType dtype = info(name).dtype;
  if (dtype == DType::F32) return convert<float, float>(bytes(name));
  if (dtype == DType::F64) return convert<double, float>(bytes(name));
  fail(ErrorKind::checkpoint, path_, ": tensor \"", name, "\" is ", name_of(dtype), "; expected F32 or F64");
}

std::vector<double> Safetensors::doubles(const std::string& name) const {
  const DType dtype = info(name).dtype;
  if (dtype == DType::F32) return convert<float, double>(bytes(name));
  if (dtype == DType::F64) return convert<double, double>(bytes(name));
  fail(ErrorKind::checkpoint, path_, ": tensor \"", name, "\" is ", name_of(dtype), "; expected F32 or F64");
}

std::vector<int64_t> Safetensors::integers(const std::string& name) const {
  const DType dtype = info(name).dtype;
  if (dtype == DType::I64) return convert<int64_t, int64_t>(bytes(name));
  if (dtype == DType::I32) return convert<int32_t, int64_t>(bytes(name));
  if (dtype == DType::U8 || dtype == DType::Bool) {
    const std::string_view raw = bytes(name);
    std::vector<int64_t> values(raw.size());
    for (size_t i = 0; i < raw.size(); ++i) values[i] = static_cast<unsigned char>(raw[i]);
    return values;
  }
  fail(ErrorKind::checkpoint, path_, ": tensor \"", name, "\" is ", name_of(dtype),
       "; expected I64, I32, U8 or BOOL");
}

}  // namespace regrain::io
