// The device on the CUDA runtime, see device.hpp.
#include <cuda_runtime_api.h>

#include <algorithm>

#include "engine/device.hpp"
#include "engine/errors.hpp"

namespace regrain::device {

namespace {

// Throws unless a call of the runtime went well.
void check(cudaError_t status, const char* what) {
  if (status == cudaSuccess) return;
  cudaGetLastError();  // or the next call would report it again
  fail(ErrorKind::device, "cuda: ", what, ": ", cudaGetErrorString(status), " (", cudaGetErrorName(status),
       "); nvidia-smi shows whether the device is well and who else uses it");
}

cudaStream_t as_stream(void* stream) { return static_cast<cudaStream_t>(stream); }

void copy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind, void* stream,
          const char* what) {
  if (bytes) check(cudaMemcpyAsync(to, from, bytes, kind, as_stream(stream)), what);
}

}  // namespace

int count() {
  int n = 0;
  if (cudaGetDeviceCount(&n) == cudaSuccess) return n;
  cudaGetLastError();
  return 0;
}

void use(int device) {
  const int n = count();
  if (device < 0 || device >= n)
    fail(ErrorKind::device, "cuda:", device, ": no such device; ", n ? concat("they are numbered 0 to ", n - 1) : "none found",
         "; nvidia-smi shows what the driver sees, the CPU needs none");
  check(cudaSetDevice(device), "choosing the device");
}

int in_use() {
  int device = 0;
  check(cudaGetDevice(&device), "asking for the device in use");
  return device;
}

Properties properties(int device) {
  cudaDeviceProp p{};
  check(cudaGetDeviceProperties(&p, device), "reading the device's properties");
  return {p.name, p.multiProcessorCount, static_cast<std::size_t>(p.l2CacheSize), p.totalGlobalMem};
}

std::size_t free_bytes() {
  std::size_t free = 0, total = 0;
  check(cudaMemGetInfo(&free, &total), "asking for free memory");
  return free;
}

void* allocate(std::size_t bytes) noexcept {
  void* p = nullptr;
  if (cudaMalloc(&p, std::max<std::size_t>(bytes, 1)) == cudaSuccess) return p;
  cudaGetLastError();
  return nullptr;
}

void free(void* p) noexcept { cudaFree(p); }

const MemorySource& memory() {
  static constexpr MemorySource source{[](std::size_t bytes) noexcept { return allocate(bytes); },
                                       [](void* p, std::size_t) noexcept { free(p); }, nullptr, 0, false};
  return source;
}

const MemorySource& pinned_memory() {
  static constexpr MemorySource source{[](std::size_t bytes) noexcept -> void* {
                                         void* p = nullptr;
                                         if (cudaMallocHost(&p, std::max<std::size_t>(bytes, 1)) == cudaSuccess) return p;
                                         cudaGetLastError();
                                         return nullptr;
                                       },
                                       [](void* p, std::size_t) noexcept { cudaFreeHost(p); }};
  return source;
}

void copy_to_device(void* to, const void* from, std::size_t bytes, void* stream) {
  copy(to, from, bytes, cudaMemcpyHostToDevice, stream, "copying to the device");
}
void copy_to_host(void* to, const void* from, std::size_t bytes, void* stream) {
  copy(to, from, bytes, cudaMemcpyDeviceToHost, stream, "copying from the device");
}
void copy_on_device(void* to, const void* from, std::size_t bytes, void* stream) {
  copy(to, from, bytes, cudaMemcpyDeviceToDevice, stream, "copying on the device");
}

void zero(void* p, std::size_t bytes, void* stream) {
  if (bytes) check(cudaMemsetAsync(p, 0, bytes, as_stream(stream)), "zeroing memory");
}

void* create_stream() {
  cudaStream_t stream;
  check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "making a stream");
  return stream;
}

void destroy_stream(void* stream) noexcept { cudaStreamDestroy(as_stream(stream)); }

void synchronise(void* stream) { check(cudaStreamSynchronize(as_stream(stream)), "running kernels"); }

void begin_recording(void* stream) {
  check(cudaStreamBeginCapture(as_stream(stream), cudaStreamCaptureModeThreadLocal), "recording a step");
}

void* end_recording(void* stream) {
  cudaGraph_t graph = nullptr;
  check(cudaStreamEndCapture(as_stream(stream), &graph), "recording a step");
  cudaGraphExec_t exec = nullptr;
  const cudaError_t status = cudaGraphInstantiate(&exec, graph, 0);
  cudaGraphDestroy(graph);
  check(status, "preparing a recorded step");
  return exec;
}

void abandon_recording(void* stream) noexcept {
  cudaGraph_t graph = nullptr;
  if (cudaStreamEndCapture(as_stream(stream), &graph) == cudaSuccess) cudaGraphDestroy(graph);
  cudaGetLastError();
}

void replay(void* recording, void* stream) {
  check(cudaGraphLaunch(static_cast<cudaGraphExec_t>(recording), as_stream(stream)), "replaying a step");
}

void destroy_recording(void* recording) noexcept { cudaGraphExecDestroy(static_cast<cudaGraphExec_t>(recording)); }

// for measurements

void* create_event() {
  cudaEvent_t event;
  check(cudaEventCreate(&event), "making an event");
  return event;
}

void destroy_event(void* event) noexcept { cudaEventDestroy(static_cast<cudaEvent_t>(event)); }

void record(void* event, void* stream) {
  check(cudaEventRecord(static_cast<cudaEvent_t>(event), as_stream(stream)), "recording an event");
}

double seconds_between(void* begin, void* end) {
  check(cudaEventSynchronize(static_cast<cudaEvent_t>(end)), "running kernels");
  float milliseconds = 0;
  check(cudaEventElapsedTime(&milliseconds, static_cast<cudaEvent_t>(begin), static_cast<cudaEvent_t>(end)),
        "reading the time between events");
  return 1e-3 * static_cast<double>(milliseconds);
}

}  // namespace regrain::device
