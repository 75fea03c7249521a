#include "engine/context.hpp"

#include <omp.h>

#include <cstring>

#include "engine/device.hpp"

namespace regrain {

namespace {

#ifdef REGRAIN_HAS_CUDA

const MemorySource& memory_of(Device device) {
  return device == Device::cpu ? host_memory() : device::memory();
}

void* stream_of(Device device, int index, void* callers) {
  if (device == Device::cpu) return nullptr;
  if (device::count() == 0)
    fail(ErrorKind::device,
         "cuda: no device found; nvidia-smi shows whether the driver sees one, the CPU needs none");
  if (index != Context::kDeviceInUse) device::use(index);
  return callers ? callers : device::create_stream();
}

#else

const MemorySource& memory_of(Device) { return host_memory(); }

void* stream_of(Device device, int, void*) {
  if (device == Device::cpu) return nullptr;
  fail(ErrorKind::device,
       "cuda: built for the CPU alone; configure with -DREGRAIN_CUDA=ON (needs nvcc) and build again");
}

#endif

int checked_threads(int n_threads) {
  if (n_threads < 0 || n_threads > 4096)
    fail(ErrorKind::usage, "threads: ", n_threads, " is not between 1 and 4096; give 0 for all cores");
  return n_threads == 0 ? omp_get_max_threads() : n_threads;
}

}  // namespace

Context::Context(Device device, int n_threads, int index) : Context(device, n_threads, index, nullptr) {}

std::unique_ptr<Context> Context::on_stream(void* stream, int index, int n_threads) {
  if (!stream)
    fail(ErrorKind::usage, "context: the default stream can't be worked on beside others; make one with cudaStreamCreateWithFlags");
  return std::unique_ptr<Context>(new Context(Device::cuda, n_threads, index, stream));
}

Context::Context(Device device, int n_threads, int index, void* callers_stream)
    : device_(device),
      n_threads_(checked_threads(n_threads)),
      index_(index),
      owns_stream_(callers_stream == nullptr),
      memory_(&memory_of(device)),
      stream_(stream_of(device, index, callers_stream)),
      values_(*memory_),
      scratch_(*memory_) {
#ifdef REGRAIN_HAS_CUDA
  if (device == Device::cuda) index_ = device::in_use();
#endif
}

Context::~Context() {
#ifdef REGRAIN_HAS_CUDA
  if (stream_ && owns_stream_) device::destroy_stream(stream_);
#endif
}

const MemorySource& Context::staging_memory() const {
#ifdef REGRAIN_HAS_CUDA
  if (device_ == Device::cuda) return device::pinned_memory();
#endif
  return host_memory();
}

void Context::zero(void* p, std::size_t bytes) {
#ifdef REGRAIN_HAS_CUDA
  if (device_ == Device::cuda) return device::zero(p, bytes, stream_);
#endif
  if (bytes) std::memset(p, 0, bytes);
}

void Context::write(void* p, const void* from, std::size_t bytes) {
#ifdef REGRAIN_HAS_CUDA
  if (device_ == Device::cuda) return device::copy_to_device(p, from, bytes, stream_);
#endif
  if (bytes) std::memcpy(p, from, bytes);
}

void Context::read(void* to, const void* p, std::size_t bytes) {
#ifdef REGRAIN_HAS_CUDA
  if (device_ == Device::cuda) {
    device::copy_to_host(to, p, bytes, stream_);
    return device::synchronise(stream_);
  }
#endif
  if (bytes) std::memcpy(to, p, bytes);
}

void Context::copy(void* to, const void* from, std::size_t bytes) {
#ifdef REGRAIN_HAS_CUDA
  if (device_ == Device::cuda) return device::copy_on_device(to, from, bytes, stream_);
#endif
  if (bytes) std::memcpy(to, from, bytes);
}

void Context::enter_thread() {
#ifdef REGRAIN_HAS_CUDA
  if (device_ == Device::cuda) device::use(index_);
#endif
}

void Context::wait() {
#ifdef REGRAIN_HAS_CUDA
  if (device_ == Device::cuda) device::synchronise(stream_);
#endif
}

#ifdef REGRAIN_HAS_CUDA

bool built_for_devices() { return true; }

std::vector<std::string> devices() {
  std::vector<std::string> names;
  for (int i = 0; i < device::count(); ++i) {
    const device::Properties p = device::properties(i);
    names.push_back(concat(p.name, ", ", p.memory_bytes >> 30, " GiB"));
  }
  return names;
}

void Context::begin_recording() {
  REGRAIN_CHECK(device_ == Device::cuda, "context: only work on a device is recorded");
  device::begin_recording(stream_);
}
void Context::abandon_recording() noexcept { device::abandon_recording(stream_); }

std::size_t Context::free_bytes() const {
  REGRAIN_CHECK(device_ == Device::cuda, "context: free memory is asked for of devices alone");
  return device::free_bytes();
}

Context::Recording Context::end_recording() {
  Recording recording;
  recording.handle_ = device::end_recording(stream_);
  return recording;
}

void Context::replay(const Recording& recording) { device::replay(recording.handle_, stream_); }

Context::Recording::~Recording() {
  if (handle_) device::destroy_recording(handle_);
}

#else

bool built_for_devices() { return false; }
std::vector<std::string> devices() { return {}; }
std::size_t Context::free_bytes() const { return 0; }
void Context::begin_recording() { fail(ErrorKind::internal, "context: only work on a device is recorded"); }
void Context::abandon_recording() noexcept {}
Context::Recording Context::end_recording() { return {}; }
void Context::replay(const Recording&) {}
Context::Recording::~Recording() = default;

#endif

}  // namespace regrain
