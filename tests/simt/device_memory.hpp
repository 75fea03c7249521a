// Device memory of the emulation: pages the host can't touch outside launches and copies.
//
// Every allocation ends at a page nobody may touch and begins behind one; the few bytes between its end and
// that page, and those between the pieces of an arena, are red zones that are looked at after every launch.
// New memory is NaN. An access that breaks this ends the program with what was touched.
#pragma once

#include <cstddef>

namespace regrain::simt {

void* allocate_device(std::size_t bytes) noexcept;
void free_device(void* p) noexcept;
// Fills a piece of device memory with NaN; what is between its end and that of `with_red_zone` must stay so.
void mark_device(void* p, std::size_t bytes, std::size_t with_red_zone) noexcept;
bool red_zones_intact();
// of all allocations
std::size_t device_bytes();
// From now on a memory access that the system refuses ends the program with what was touched.
void explain_faults();

// Ends the program unless [p, p + bytes) lies inside one allocation.
void check_device_range(const void* p, std::size_t bytes, const char* what);

// What all allocations together may take, and from now on.
constexpr std::size_t kDeviceMemoryBytes = std::size_t{1} << 30;
void set_device_memory_limit(std::size_t bytes);
std::size_t device_memory_left();

// While one exists, device memory can be read and written, and other threads wait with all they want of it.
class OpenDeviceMemory {
 public:
  OpenDeviceMemory();
  ~OpenDeviceMemory();
  OpenDeviceMemory(const OpenDeviceMemory&) = delete;
  OpenDeviceMemory& operator=(const OpenDeviceMemory&) = delete;
};

}  // namespace regrain::simt
