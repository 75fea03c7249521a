#include "tests/simt/device_memory.hpp"

#include <signal.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <mutex>
#include <string>

#include "tests/simt/emulator.hpp"
#include "tests/simt/stream.hpp"

namespace regrain::simt {

namespace {

// as much as a kernel may use for vector loads; more would leave room behind the end of an array
constexpr std::size_t kPage = 4096, kAlignment = 16;
constexpr int kNan = 0xFF;

struct Allocation {
  std::byte* begin;  // what the caller has
  std::size_t bytes;
  std::byte* pages;  // what can be touched while memory is open, between two guard pages
  std::size_t n_bytes;

  std::byte* end() const { return begin + bytes; }
};

struct Memory {
  std::map<const std::byte*, Allocation> allocations;  // by begin
  std::map<const std::byte*, std::size_t> red_zones;   // of arenas: begin, bytes
  int n_open = 0;
  std::size_t limit = kDeviceMemoryBytes;
};

// Held while anything looks at or changes the memory below, or runs a kernel.
std::recursive_mutex& in_use() {
  static std::recursive_mutex& m = *new std::recursive_mutex;
  return m;
}

Memory& memory() {
  static Memory& m = *new Memory;
  return m;
}

std::size_t round_up(std::size_t n, std::size_t to) { return (n + to - 1) / to * to; }

bool untouched(const std::byte* begin, const std::byte* end) {
  return std::all_of(begin, end, [](std::byte b) { return b == std::byte{kNan}; });
}

void protect(const Allocation& a, int protection) { mprotect(a.pages, a.n_bytes, protection); }

void set_open(bool open) {
  for (const auto& [begin, a] : memory().allocations) protect(a, open ? PROT_READ | PROT_WRITE : PROT_NONE);
}

// "4 bytes behind the end of an allocation of 128 bytes"
std::string place(const std::byte* p) {
  for (const auto& [begin, a] : memory().allocations) {
    if (p < a.pages - kPage || p >= a.pages + a.n_bytes + kPage) continue;
    const std::string of = " an allocation of " + std::to_string(a.bytes) + " bytes";
    if (p >= a.end()) return std::to_string(p - a.end()) + " bytes behind the end of" + of;
    if (p < begin) return std::to_string(begin - p) + " bytes before the begin of" + of;
    return "byte " + std::to_string(p - begin) + " of" + of;
  }
  return "where nothing is allocated";
}

void on_fault(int signal, siginfo_t* info, void*) {
  const auto* p = static_cast<const std::byte*>(info->si_addr);
  const std::string where = place(p);
  ::signal(signal, SIG_DFL);
  if (in_kernel()) {
    if (stack_overflowed_at(p)) die("the thread's stack is full: local arrays are too large");
    if (shared_overflowed_at(p)) die("memory access out of bounds: behind the end of dynamic shared memory");
    die("memory access out of bounds: " + where);
  }
  if (where != "where nothing is allocated")
    die("the host touched device memory: " + where + "; copy it first");
  // something else went wrong: the instruction runs again and ends the program as it would have
}

}  // namespace

void explain_faults() {
  static bool installed = false;
  if (installed) return;
  installed = true;
  // a fault on a full stack needs another one to be reported on
  static std::byte stack[64 << 10];
  stack_t alternative{};
  alternative.ss_sp = stack;
  alternative.ss_size = sizeof stack;
  sigaltstack(&alternative, nullptr);
  struct sigaction action {};
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigaction(SIGSEGV, &action, nullptr);
}

void set_device_memory_limit(std::size_t bytes) { memory().limit = bytes; }

std::size_t device_memory_left() {
  const std::size_t taken = device_bytes();
  return taken < memory().limit ? memory().limit - taken : 0;
}

std::size_t device_bytes() {
  const std::lock_guard lock(in_use());
  std::size_t bytes = 0;
  for (const auto& [begin, a] : memory().allocations) bytes += a.bytes;
  return bytes;
}

void* allocate_device(std::size_t bytes) noexcept {
  const std::lock_guard lock(in_use());
  explain_faults();
  if (bytes > device_memory_left()) return nullptr;
  const std::size_t used = round_up(std::max<std::size_t>(bytes, 1), kAlignment),
                    n_bytes = round_up(used, kPage);
  void* p = mmap(nullptr, n_bytes + 2 * kPage, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (p == MAP_FAILED) return nullptr;
  std::byte* pages = static_cast<std::byte*>(p) + kPage;
  const Allocation a{pages + n_bytes - used, bytes, pages, n_bytes};
  protect(a, PROT_READ | PROT_WRITE);
  std::memset(a.pages, kNan, n_bytes);
  if (memory().n_open == 0) protect(a, PROT_NONE);
  memory().allocations.emplace(a.begin, a);
  return a.begin;
}

void free_device(void* p) noexcept {
  if (!p) return;
  const std::lock_guard lock(in_use());
  Memory& m = memory();
  const auto at = m.allocations.find(static_cast<std::byte*>(p));
  if (at == m.allocations.end()) die("device memory freed that was not allocated, or twice");
  const Allocation& a = at->second;
  m.red_zones.erase(m.red_zones.lower_bound(a.pages), m.red_zones.lower_bound(a.end()));
  munmap(a.pages - kPage, a.n_bytes + 2 * kPage);
  m.allocations.erase(at);
}

namespace {

void mark(std::byte* begin, std::size_t bytes, std::size_t with_red_zone) {
  const OpenDeviceMemory open;
  Memory& m = memory();
  std::memset(begin, kNan, with_red_zone);
  m.red_zones.erase(m.red_zones.lower_bound(begin), m.red_zones.lower_bound(begin + with_red_zone));
  m.red_zones.emplace(begin + bytes, with_red_zone - bytes);
}

}  // namespace

void mark_device(void* p, std::size_t bytes, std::size_t with_red_zone) noexcept {
  auto* begin = static_cast<std::byte*>(p);
  mark(begin, bytes, with_red_zone);
  // steps in between give the memory away in other pieces
  put_in_recording([=] { mark(begin, bytes, with_red_zone); });
}

bool red_zones_intact() {
  const OpenDeviceMemory open;
  for (const auto& [begin, bytes] : memory().red_zones)
    if (!untouched(begin, begin + bytes)) return false;
  for (const auto& [begin, a] : memory().allocations)
    if (!untouched(a.pages, begin) || !untouched(a.end(), a.pages + a.n_bytes)) return false;
  return true;
}

void check_device_range(const void* p, std::size_t bytes, const char* what) {
  const std::lock_guard lock(in_use());
  const auto& allocations = memory().allocations;
  const auto* begin = static_cast<const std::byte*>(p);
  auto at = allocations.upper_bound(begin);
  if (at != allocations.begin() && (--at, begin + bytes <= at->second.end())) return;
  die(std::string(what) + " " + std::to_string(bytes) + " bytes: not inside one allocation of device memory");
}

OpenDeviceMemory::OpenDeviceMemory() {
  in_use().lock();
  if (memory().n_open++ == 0) set_open(true);
}

OpenDeviceMemory::~OpenDeviceMemory() {
  if (--memory().n_open == 0) set_open(false);
  in_use().unlock();
}

}  // namespace regrain::simt
