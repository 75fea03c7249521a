#include "engine/device_choice.hpp"

#include <algorithm>
#include <charconv>

#include "engine/errors.hpp"

namespace regrain {

namespace {

DeviceChoice cuda(int index, const std::string& word, bool tensor_cores) {
  const int n = static_cast<int>(devices().size());
  if (!built_for_devices())
    fail(ErrorKind::device, "--device ", word, ": this program was built for the CPU alone; configure with -DREGRAIN_CUDA=ON (needs nvcc) and build again, or take --device cpu");
  if (n == 0)
    fail(ErrorKind::device, "--device ", word, ": no CUDA device found; nvidia-smi shows whether the driver sees one; --device cpu needs none");
  if (index >= n)
    fail(ErrorKind::device, "--device ", word, ": no such device; regrain info lists the ", n, " there ", n == 1 ? "is" : "are");
  return {Device::cuda, index, tensor_cores};
}

}  // namespace

std::string DeviceChoice::text() const {
  return device == Device::cpu ? "cpu" : concat("cuda:", index, " (", devices()[static_cast<std::size_t>(index)], tensor_cores ? ", tensor cores)" : ")");
}

DeviceChoice choose_device(const std::string& word, bool tensor_cores) {
  if (word == "cpu" && tensor_cores)
    fail(ErrorKind::usage, "--tensor-cores: those of a GPU multiply, and this is the CPU; add --device cuda or leave it out");
  if (word == "cpu") return {};
  if (word == "auto") return devices().empty() ? DeviceChoice{} : DeviceChoice{Device::cuda, 0, tensor_cores};
  if (word == "cuda") return cuda(0, word, tensor_cores);
  const std::string prefix = "cuda:";
  int index = 0;
  const char *from = word.data() + std::min(word.size(), prefix.size()), *end = word.data() + word.size();
  const auto [stop, error] = std::from_chars(from, end, index);
  if (word.rfind(prefix, 0) != 0 || error != std::errc() || stop != end || index < 0)
    fail(ErrorKind::usage, "--device ", word, ": cpu, cuda, cuda:N or auto are possible");
  return cuda(index, word, tensor_cores);
}

}  // namespace regrain
