// What the engine needs of a CUDA device. Written twice: engine/device_cuda.cpp on the CUDA runtime, in
// builds with REGRAIN_CUDA, and tests/simt/device.cpp on the emulation. A build for the CPU alone has
// neither.
//
// A stream is a cudaStream_t carried as void*, so that nobody needs a header of CUDA; null is the default
// stream. Copies and fills are put in order on the stream and may still be running on return; host memory
// that is not pinned may be reused at once. What goes wrong is Error(device), with what CUDA said.
#pragma once

#include <cstddef>
#include <string>

#include "engine/memory.hpp"

namespace regrain::device {

// Devices that can be used; 0 also where no driver is installed.
int count();
struct Properties {
  std::string name;  // "NVIDIA H100 80GB HBM3"
  int n_multiprocessors;
  std::size_t l2_bytes, memory_bytes;
};
Properties properties(int device);
// Makes a device the one the calling thread works with; 0 where nobody said. Throws if there is no such device.
void use(int device);
int in_use();
// bytes of the current device's memory nobody has taken
std::size_t free_bytes();

// Device memory, at least 16-byte aligned and not initialised; null if there is none left.
void* allocate(std::size_t bytes) noexcept;
void free(void* p) noexcept;
// device memory for arenas
const MemorySource& memory();

// host memory the device copies from and to without a detour
const MemorySource& pinned_memory();

void copy_to_device(void* to, const void* from, std::size_t bytes, void* stream);
void copy_to_host(void* to, const void* from, std::size_t bytes, void* stream);
void copy_on_device(void* to, const void* from, std::size_t bytes, void* stream);
void zero(void* p, std::size_t bytes, void* stream);

void* create_stream();
void destroy_stream(void* stream) noexcept;
// Waits for all that was put on the stream; errors of kernels show here at the latest.
void synchronise(void* stream);

// Between these two, what is put on the stream is written down instead of run: kernels, copies and fills inside the
// device's memory. Nothing else may be asked of the device meanwhile: no memory, no copy from or to the host, no wait.
void begin_recording(void* stream);
void* end_recording(void* stream);
// Gives up what was begun; for the way out of an error.
void abandon_recording(void* stream) noexcept;
// Puts it on the stream as one piece of work, any number of times.
void replay(void* recording, void* stream);
void destroy_recording(void* recording) noexcept;

// For measurements: when things happened on a stream.

// A moment on a stream, by the device's clock.
void* create_event();
void destroy_event(void* event) noexcept;
void record(void* event, void* stream);
// Waits for `end`; both must have been recorded.
double seconds_between(void* begin, void* end);

}  // namespace regrain::device
