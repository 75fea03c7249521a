#include <bit>
#include <cstring>
#include <nlohmann/json.hpp>

#include "engine/errors.hpp"
#include "io/atomic_file.hpp"
#include "io/byte_order.hpp"
#include "io/safetensors.hpp"

namespace regrain::io {

static_assert(std::endian::native == std::endian::little, "the arrays are copied as they lie in memory");

void SafetensorsWriter::add_bytes(const std::string& name, DType dtype, const std::vector<int64_t>& shape,
                                  const void* values) {
  REGRAIN_CHECK(name != "__metadata__" && !items_.contains(name), "safetensors: the tensor name \"", name,
                "\" is taken; every tensor needs its own");
  Item item;
  item.info.dtype = dtype;
  item.info.shape = shape;
  item.info.n_bytes = size_of(dtype);
  for (const int64_t side : shape) {
    REGRAIN_CHECK(side >= 0, "safetensors: tensor \"", name, "\" has the side ", side,
                  "; expected none below 0");
    item.info.n_bytes *= static_cast<uint64_t>(side);
  }
  if (item.info.n_bytes > 0)
    item.bytes.assign(static_cast<const char*>(values), static_cast<size_t>(item.info.n_bytes));
  items_.emplace(name, std::move(item));
}

void SafetensorsWriter::add(const std::string& name, const std::vector<int64_t>& shape, const float* values) {
  add_bytes(name, DType::F32, shape, values);
}
void SafetensorsWriter::add(const std::string& name, const std::vector<int64_t>& shape,
                            const double* values) {
  add_bytes(name, DType::F64, shape, values);
}
void SafetensorsWriter::add(const std::string& name, const std::vector<int64_t>& shape,
                            const int64_t* values) {
  add_bytes(name, DType::I64, shape, values);
}
void SafetensorsWriter::add(const std::string& name, const std::vector<int64_t>& shape,
                            const int32_t* values) {
  add_bytes(name, DType::I32, shape, values);
}
void SafetensorsWriter::add(const std::string& name, const std::vector<int64_t>& shape,
                            const uint8_t* values) {
  add_bytes(name, DType::U8, shape, values);
}

std::string SafetensorsWriter::header() const {
  nlohmann::json root = nlohmann::json::object();
  if (!metadata_.empty()) root["__metadata__"] = metadata_;
  uint64_t offset = 0;
  for (const auto& [name, item] : items_) {
    root[name] = {{"dtype", name_of(item.info.dtype)},
                  {"shape", item.info.shape},
                  {"data_offsets", {offset, offset + item.info.n_bytes}}};
    offset += item.info.n_bytes;
  }
  std::string text;
  try {
    text = root.dump();
  } catch (const nlohmann::json::exception& error) {  // not UTF-8
    fail(ErrorKind::internal, "safetensors: a name or the metadata can't be written: ", error.what());
  }
  text.resize((text.size() + 7) / 8 * 8, ' ');
  std::string length(8, '\0');
  store(length.data(), static_cast<uint64_t>(text.size()), kSwapLittleEndian);
  return length + text;
}

void SafetensorsWriter::write(const std::string& path, bool force) const {
  AtomicFile file(path, force);
  file.write(header());
  for (const auto& [name, item] : items_) file.write(item.bytes);
  file.commit();
}

}  // namespace regrain::io
