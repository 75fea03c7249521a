// The device of engine/device.hpp on the emulation: one device whose memory the host can't touch, and streams
// that have done everything at once.
#include "engine/device.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>

#include "engine/errors.hpp"
#include "tests/simt/device_memory.hpp"
#include "tests/simt/stream.hpp"

namespace regrain::device {

int count() { return 1; }
void use(int device) {
  if (device != 0) fail(ErrorKind::device, "cuda:", device, ": no such device; they are numbered 0 to 0");
}
std::size_t free_bytes() { return simt::device_memory_left(); }

void* allocate(std::size_t bytes) noexcept {
  simt::forbid_in_recordings("memory of the device");
  return simt::allocate_device(bytes);
}
void free(void* p) noexcept { simt::free_device(p); }

const MemorySource& memory() {
  static constexpr MemorySource source{[](std::size_t bytes) noexcept { return allocate(bytes); },
                                       [](void* p, std::size_t) noexcept { free(p); }, simt::mark_device, 64, false};
  return source;
}

const MemorySource& pinned_memory() {
  static constexpr MemorySource source{[](std::size_t bytes) noexcept { return std::malloc(bytes ? bytes : 1); },
                                       [](void* p, std::size_t) noexcept { std::free(p); }};
  return source;
}

void copy_to_device(void* to, const void* from, std::size_t bytes, void*) {
  simt::forbid_in_recordings("a copy from the host");
  if (bytes == 0) return;
  simt::check_device_range(to, bytes, "copying to the device");
  const simt::OpenDeviceMemory open;
  std::memcpy(to, from, bytes);
}
void copy_to_host(void* to, const void* from, std::size_t bytes, void*) {
  simt::forbid_in_recordings("a copy to the host");
  if (bytes == 0) return;
  simt::check_device_range(from, bytes, "copying from the device");
  const simt::OpenDeviceMemory open;
  std::memcpy(to, from, bytes);
}
void copy_on_device(void* to, const void* from, std::size_t bytes, void* stream) {
  if (bytes == 0) return;
  simt::put(stream, [=] {
    simt::check_device_range(to, bytes, "copying on the device");
    simt::check_device_range(from, bytes, "copying on the device");
    const simt::OpenDeviceMemory open;
    std::memcpy(to, from, bytes);
  });
}
void zero(void* p, std::size_t bytes, void* stream) {
  if (bytes == 0) return;
  simt::put(stream, [=] {
    simt::check_device_range(p, bytes, "zeroing");
    const simt::OpenDeviceMemory open;
    std::memset(p, 0, bytes);
  });
}

void* create_stream() { return simt::create_stream(); }
void destroy_stream(void* stream) noexcept { simt::destroy_stream(stream); }
void synchronise(void*) { simt::forbid_in_recordings("a wait for the device"); }

void begin_recording(void* stream) { simt::begin_recording(stream); }
void* end_recording(void* stream) { return simt::end_recording(stream); }
void abandon_recording(void* stream) noexcept { simt::destroy_recording(simt::end_recording(stream)); }
void replay(void* recording, void* stream) { simt::replay(recording, stream); }
void destroy_recording(void* recording) noexcept { simt::destroy_recording(recording); }

// for measurements: a small device, so that what is sized by it is quickly emulated, and the host's clock

namespace {
constexpr std::size_t kL2Bytes = std::size_t{64} << 10, kMemoryBytes = simt::kDeviceMemoryBytes;
using Clock = std::chrono::steady_clock;
}  // namespace

int in_use() { return 0; }
Properties properties(int) { return {"emulated device", 1, kL2Bytes, kMemoryBytes}; }

void* create_event() { return new Clock::time_point; }
void destroy_event(void* event) noexcept { delete static_cast<Clock::time_point*>(event); }
void record(void* event, void*) { *static_cast<Clock::time_point*>(event) = Clock::now(); }
double seconds_between(void* begin, void* end) {
  const auto passed = *static_cast<Clock::time_point*>(end) - *static_cast<Clock::time_point*>(begin);
  return std::chrono::duration<double>(passed).count();
}

}  // namespace regrain::device
