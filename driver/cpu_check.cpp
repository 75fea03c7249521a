// Compiled for every x86-64 CPU (driver/CMakeLists.txt) and run before all other initialisation of the program, which may
// use what the CPU lacks: so nothing of the standard library is called here.
#include "driver/cpu_check.hpp"

#include <unistd.h>

#include <cstring>

#ifdef __x86_64__
namespace {

const char* missing_instructions() {
  const auto& needed = regrain_needed_instructions;
  __builtin_cpu_init();
  if (needed.avx2 && !__builtin_cpu_supports("avx2")) return "AVX2";
  if (needed.fma && !__builtin_cpu_supports("fma")) return "FMA";
  if (needed.avx512f && !__builtin_cpu_supports("avx512f")) return "AVX-512";
  if (needed.avx512vl && !(__builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq")))
    return "AVX-512 VL, BW and DQ";
  return nullptr;
}

void say(const char* text) {
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text, std::strlen(text));
}

// 101: the first priority that programs may take
__attribute__((constructor(101))) void check_cpu() {
  const char* missing = missing_instructions();
  if (!missing) return;
  say("regrain: error: this build needs a CPU with ");
  say(missing);
  say("; build with -DREGRAIN_NATIVE=ON on this machine\n");
  ::_exit(7);  // ErrorKind::device
}

}  // namespace
#endif
