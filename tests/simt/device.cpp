// The device of engine/device.hpp on the emulation: one device whose memory the host can't touch, and streams
// that have done everything at once.
#include "engine/device.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>

#include "engine/errors.hpp"
#include "tests/simt/device_memory.hpp"

namespace regrain::device {

int count() { return 1; }
std::string name(int) { return "emulated device"; }

void* allocate(std::size_t bytes) noexcept { return simt::allocate_device(bytes); }
void free(void* p) noexcept { simt::free_device(p); }

const MemorySource& memory() {
  static constexpr MemorySource source{[](std::size_t bytes) noexcept { return allocate(bytes); },
                                       [](void* p, std::size_t) noexcept { free(p); }, simt::mark_device, 64};
  return source;
}

void* allocate_pinned(std::size_t bytes) {
  void* p = std::malloc(bytes ? bytes : 1);
  if (!p) fail(ErrorKind::device, "cuda: pinning host memory: out of memory");
  return p;
}
void free_pinned(void* p) noexcept { std::free(p); }

void copy_to_device(void* to, const void* from, std::size_t bytes, void*) {
  if (bytes == 0) return;
  simt::check_device_range(to, bytes, "copying to the device");
  const simt::OpenDeviceMemory open;
  std::memcpy(to, from, bytes);
}
void copy_to_host(void* to, const void* from, std::size_t bytes, void*) {
  if (bytes == 0) return;
  simt::check_device_range(from, bytes, "copying from the device");
  const simt::OpenDeviceMemory open;
  std::memcpy(to, from, bytes);
}
void copy_on_device(void* to, const void* from, std::size_t bytes, void*) {
  if (bytes == 0) return;
  simt::check_device_range(to, bytes, "copying on the device");
  simt::check_device_range(from, bytes, "copying on the device");
  const simt::OpenDeviceMemory open;
  std::memcpy(to, from, bytes);
}
void zero(void* p, std::size_t bytes, void*) {
  if (bytes == 0) return;
  simt::check_device_range(p, bytes, "zeroing");
  const simt::OpenDeviceMemory open;
  std::memset(p, 0, bytes);
}

void* create_stream() { return new char; }
void destroy_stream(void* stream) noexcept { delete static_cast<char*>(stream); }
void synchronise(void*) {}

// for measurements: a small device, so that what is sized by it is quickly emulated, and the host's clock

namespace {
constexpr std::size_t kL2Bytes = std::size_t{64} << 10, kMemoryBytes = std::size_t{1} << 30;
using Clock = std::chrono::steady_clock;
}  // namespace

void use(int device) {
  if (device != 0) fail(ErrorKind::device, "cuda: no device ", device, ": they are numbered 0 to 0");
}
int in_use() { return 0; }
Properties properties(int device) { return {name(device), 1, kL2Bytes, kMemoryBytes}; }
std::size_t free_memory() { return kMemoryBytes - std::min(kMemoryBytes, simt::device_bytes()); }

void* create_event() { return new Clock::time_point; }
void destroy_event(void* event) noexcept { delete static_cast<Clock::time_point*>(event); }
void record(void* event, void*) { *static_cast<Clock::time_point*>(event) = Clock::now(); }
double seconds_between(void* begin, void* end) {
  const auto passed = *static_cast<Clock::time_point*>(end) - *static_cast<Clock::time_point*>(begin);
  return std::chrono::duration<double>(passed).count();
}

}  // namespace regrain::device
