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
// "NVIDIA H100, 80 GiB"
std::string name(int device);

// Device memory, at least 16-byte aligned and not initialised; null if there is none left.
void* allocate(std::size_t bytes) noexcept;
void free(void* p) noexcept;
// device memory for arenas
const MemorySource& memory();

// Host memory the device copies from and to without a detour; throws if there is none left.
void* allocate_pinned(std::size_t bytes);
void free_pinned(void* p) noexcept;

void copy_to_device(void* to, const void* from, std::size_t bytes, void* stream);
void copy_to_host(void* to, const void* from, std::size_t bytes, void* stream);
void copy_on_device(void* to, const void* from, std::size_t bytes, void* stream);
void zero(void* p, std::size_t bytes, void* stream);

void* create_stream();
void destroy_stream(void* stream) noexcept;
// Waits for all that was put on the stream; errors of kernels show here at the latest.
void synchronise(void* stream);

// For measurements: which device, what it is, and when things happened on a stream.

// Makes `device` the one that calls of this thread mean, which is 0 otherwise. Throws if there is no such device.
void use(int device);
int in_use();
struct Properties {
  std::string name;  // "NVIDIA H100 80GB HBM3"
  int n_multiprocessors;
  std::size_t l2_bytes, memory_bytes;
};
Properties properties(int device);
// of the device in use: bytes that nobody has taken, this program or another
std::size_t free_memory();

// A moment on a stream, by the device's clock.
void* create_event();
void destroy_event(void* event) noexcept;
void record(void* event, void* stream);
// Waits for `end`; both must have been recorded.
double seconds_between(void* begin, void* end);

}  // namespace regrain::device
