// Functions and checks that the host and a CUDA kernel share are written once and marked here.
//
// REGRAIN_HD: callable on both sides. Only nvcc reads the marks; other compilers, and with them the emulation
// of CUDA in tests/simt, see a plain function. nvcc is given --expt-relaxed-constexpr, so constexpr functions
// of the standard library (std::array, std::min, std::bit_cast) need no mark.
// REGRAIN_UNROLL in front of a loop: unroll it.
// REGRAIN_ASSERT: assert, on the device too; the emulation always checks and says which thread it was.
#pragma once

#include <cassert>

#ifdef __CUDACC__
#define REGRAIN_HD __host__ __device__
#define REGRAIN_UNROLL _Pragma("unroll")
#else
#define REGRAIN_HD
#define REGRAIN_UNROLL _Pragma("GCC unroll 32")
#endif

#ifdef REGRAIN_SIMT
namespace regrain::simt {
// Ends the program, naming kernel, block and thread if one runs.
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);
}  // namespace regrain::simt
#define REGRAIN_ASSERT(condition) \
  ((condition) ? static_cast<void>(0) : ::regrain::simt::assertion_failed(#condition, __FILE__, __LINE__))
#else
#define REGRAIN_ASSERT(condition) assert(condition)
#endif
