#include "bench/support/memory.hpp"

#include <fstream>
#include <string>

namespace regrain::bench {

namespace {

std::size_t status_kib(const std::string& key) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(key + ":")) return std::stoull(line.substr(key.size() + 1));
  return 0;
}

}  // namespace

std::size_t resident_bytes() { return status_kib("VmRSS") * 1024; }
std::size_t peak_resident_bytes() { return status_kib("VmHWM") * 1024; }
void start_peak() { std::ofstream("/proc/self/clear_refs") << "5"; }  // proc(5): resets VmHWM

}  // namespace regrain::bench
