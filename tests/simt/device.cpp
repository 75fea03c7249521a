// The device of engine/device.hpp on the emulation: one device whose memory the host can't touch, and streams
// that have done everything at once.
#include "engine/device.hpp"

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

}  // namespace regrain::device
