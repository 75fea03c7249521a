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

void* stream_of(Device device) {
  if (device == Device::cpu) return nullptr;
  if (device::count() == 0)
    fail(ErrorKind::device,
         "cuda: no device found; nvidia-smi shows whether the driver sees one, the CPU needs none");
  return device::create_stream();
}

#else

const MemorySource& memory_of(Device) { return host_memory(); }

void* stream_of(Device device) {
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

Context::Context(Device device, int n_threads)
    : device_(device),
      n_threads_(checked_threads(n_threads)),
      memory_(&memory_of(device)),
      stream_(stream_of(device)),
      values_(*memory_),
      scratch_(*memory_) {}

Context::~Context() {
#ifdef REGRAIN_HAS_CUDA
  if (stream_) device::destroy_stream(stream_);
#endif
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

}  // namespace regrain
