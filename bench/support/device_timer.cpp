#include "bench/support/device_timer.hpp"

#include <type_traits>

#include "engine/device.hpp"
#include "engine/errors.hpp"

namespace regrain::bench {

Context& device_context() {
  // lives as long as the program: CUDA may be gone by the time static objects are destroyed
  static Context& context = *new Context(Device::cuda, 1);
  return context;
}

#ifdef REGRAIN_HAS_CUDA

std::string Target::name() const { return on_device() ? device::properties(number).name : "cpu"; }

void Target::use() const {
  if (on_device()) device::use(number);
}

std::size_t Target::free_memory() const { return on_device() ? device::free_bytes() : 0; }

DeviceTimer::DeviceTimer(const Target& target, Context& context)
    : begin_(device::create_event()), end_(device::create_event()) {
  context.visit([&](auto be) {
    if constexpr (std::is_same_v<decltype(be), Cuda>) stream_ = be.stream;
  });
  if (target.warm_cache) return;
  flush_bytes_ = 2 * device::properties(target.number).l2_bytes;
  flush_ = device::allocate(flush_bytes_);
  if (!flush_) fail(ErrorKind::device, "cuda: no ", flush_bytes_ >> 20, " MiB left to flush the cache with");
}

DeviceTimer::~DeviceTimer() {
  device::destroy_event(begin_);
  device::destroy_event(end_);
  if (flush_) device::free(flush_);
}

void DeviceTimer::begin() {
  if (flush_) device::zero(flush_, flush_bytes_, stream_);
  device::record(begin_, stream_);
}

double DeviceTimer::end() {
  device::record(end_, stream_);
  return device::seconds_between(begin_, end_);
}

#else

std::string Target::name() const { return "cpu"; }

// the context says what this build lacks
void Target::use() const {
  if (on_device()) device_context();
}

std::size_t Target::free_memory() const { return 0; }
DeviceTimer::DeviceTimer(const Target&, Context&) {}
DeviceTimer::~DeviceTimer() = default;
void DeviceTimer::begin() {}
double DeviceTimer::end() { return 0; }

#endif

}  // namespace regrain::bench
