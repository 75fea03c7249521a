// The part of CUDA C++ that the kernels use, in terms of the emulator. kernels/cuda/launch.hpp includes it
// instead of CUDA's own header where REGRAIN_SIMT is defined.
//
// Every word means what it means in CUDA or doesn't exist: __shared__ is missing on purpose (the macros of
// launch.hpp poison shared memory), and so are atomics on floating point numbers, whose order no run repeats.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <cstring>

#include "tests/simt/dim3.hpp"
#include "tests/simt/emulator.hpp"
#include "tests/simt/stream.hpp"

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __launch_bounds__(...)

struct alignas(8) float2 {
  float x, y;
};
struct alignas(16) float4 {
  float x, y, z, w;
};
struct alignas(16) double2 {
  double x, y;
};
struct alignas(8) int2 {
  int x, y;
};
struct alignas(16) int4 {
  int x, y, z, w;
};
inline float2 make_float2(float x, float y) { return {x, y}; }
inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
inline double2 make_double2(double x, double y) { return {x, y}; }
inline int2 make_int2(int x, int y) { return {x, y}; }
inline int4 make_int4(int x, int y, int z, int w) { return {x, y, z, w}; }

inline void __syncthreads(regrain::simt::Where where = regrain::simt::Where::current()) {
  regrain::simt::block_barrier(where);
}
inline void __syncwarp(unsigned mask = 0xFFFFFFFFu,
                       regrain::simt::Where where = regrain::simt::Where::current()) {
  regrain::simt::warp_meeting("__syncwarp", mask, 0, where);
}

namespace regrain::simt {

template <class T>
std::uint64_t to_word(T value) {
  static_assert(sizeof(T) <= 8 && std::is_arithmetic_v<T>);
  std::uint64_t word = 0;
  std::memcpy(&word, &value, sizeof(T));
  return word;
}
template <class T>
T from_word(std::uint64_t word) {
  T value;
  std::memcpy(&value, &word, sizeof(T));
  return value;
}

// the value of lane `source`, which must take part
template <class T>
T shuffle(const char* operation, unsigned mask, T value, unsigned source, int width, const Where& where) {
  if (width < 1 || width > 32 || !std::has_single_bit(static_cast<unsigned>(width)))
    die(std::string(operation) + ": width " + std::to_string(width) + " is no power of two up to 32", where);
  const std::uint64_t* met = warp_meeting(operation, mask, to_word(value), where);
  if (!(mask >> source & 1))
    die(std::string(operation) + ": reads lane " + std::to_string(source) + ", which is not in the mask",
        where);
  return from_word<T>(met[source]);
}

// cvt.rna.tf32.f32: ten bits behind the leading one, ties away from zero; the exponent is float's.
inline std::uint32_t nearest_tf32(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  return std::isfinite(x) ? (bits + 0x1000u) & 0xFFFFE000u : bits & 0xFFFFE000u;
}

// mma.sync m16n8k8 on TF32 by a whole warp; kernels/cuda/tensor_core.cuh says which lane has what. A device would not see
// the bits that no TF32 has: who hands them over forgot to round.
inline void multiply_add_tf32(float (&d)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2], Where where = Where::current()) {
  struct Mine {
    std::uint32_t a[4], b[2];
  };
  const Mine mine{{a[0], a[1], a[2], a[3]}, {b[0], b[1]}};
  if ((a[0] | a[1] | a[2] | a[3] | b[0] | b[1]) & 0x1FFFu) die("multiply_add_tf32: a number that is no TF32", where);
  const std::uint64_t* met = warp_meeting("multiply_add_tf32", 0xFFFFFFFFu, std::bit_cast<std::uintptr_t>(&mine), where);
  const Mine* of[32];
  for (unsigned l = 0; l < 32; ++l) of[l] = std::bit_cast<const Mine*>(static_cast<std::uintptr_t>(met[l]));
  const unsigned g = lane() / 4, t = lane() % 4;
  for (unsigned i = 0; i < 4; ++i)
    for (unsigned k = 0; k < 8; ++k) {
      const unsigned column = 2 * t + i % 2;
      const auto x = std::bit_cast<float>(of[4 * g + k % 4]->a[i / 2 + k / 4 * 2]), y = std::bit_cast<float>(of[4 * column + k % 4]->b[k / 4]);
      d[i] = std::fma(x, y, d[i]);
    }
  warp_meeting("multiply_add_tf32", 0xFFFFFFFFu, 0, where);  // nobody leaves while another one reads
}

}  // namespace regrain::simt

template <class T>
T __shfl_sync(unsigned mask, T value, int source, int width = 32,
              regrain::simt::Where where = regrain::simt::Where::current()) {
  const unsigned base = regrain::simt::lane() & ~(static_cast<unsigned>(width) - 1);
  return regrain::simt::shuffle("__shfl_sync", mask, value,
                                base + (static_cast<unsigned>(source) & (static_cast<unsigned>(width) - 1)),
                                width, where);
}
template <class T>
T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32,
                 regrain::simt::Where where = regrain::simt::Where::current()) {
  const unsigned lane = regrain::simt::lane(), in_segment = lane & (static_cast<unsigned>(width) - 1);
  return regrain::simt::shuffle("__shfl_up_sync", mask, value, in_segment >= delta ? lane - delta : lane,
                                width, where);
}
template <class T>
T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32,
                   regrain::simt::Where where = regrain::simt::Where::current()) {
  const unsigned lane = regrain::simt::lane(), in_segment = lane & (static_cast<unsigned>(width) - 1);
  return regrain::simt::shuffle("__shfl_down_sync", mask, value,
                                in_segment + delta < static_cast<unsigned>(width) ? lane + delta : lane,
                                width, where);
}
template <class T>
T __shfl_xor_sync(unsigned mask, T value, int lane_mask, int width = 32,
                  regrain::simt::Where where = regrain::simt::Where::current()) {
  const unsigned lane = regrain::simt::lane(), other = lane ^ static_cast<unsigned>(lane_mask);
  // a lane of a later segment can't be read, one of an earlier segment can
  const unsigned segment_end = (lane | (static_cast<unsigned>(width) - 1)) + 1;
  return regrain::simt::shuffle("__shfl_xor_sync", mask, value, other < segment_end ? other : lane, width,
                                where);
}

inline unsigned __ballot_sync(unsigned mask, bool yes,
                              regrain::simt::Where where = regrain::simt::Where::current()) {
  const std::uint64_t* met = regrain::simt::warp_meeting("__ballot_sync", mask, yes, where);
  unsigned votes = 0;
  for (unsigned l = 0; l < 32; ++l)
    if (mask >> l & 1 && met[l]) votes |= 1u << l;
  return votes;
}
inline bool __any_sync(unsigned mask, bool yes,
                       regrain::simt::Where where = regrain::simt::Where::current()) {
  return __ballot_sync(mask, yes, where) != 0;
}
inline bool __all_sync(unsigned mask, bool yes,
                       regrain::simt::Where where = regrain::simt::Where::current()) {
  return __ballot_sync(mask, yes, where) == mask;
}
// sm_80 and later; integers alone, as there
template <std::integral T>
T __reduce_add_sync(unsigned mask, T value, regrain::simt::Where where = regrain::simt::Where::current()) {
  const std::uint64_t* met =
      regrain::simt::warp_meeting("__reduce_add_sync", mask, regrain::simt::to_word(value), where);
  T sum = 0;
  for (unsigned l = 0; l < 32; ++l)
    if (mask >> l & 1) sum += regrain::simt::from_word<T>(met[l]);
  return sum;
}

// Threads change at barriers alone, so plain arithmetic is atomic here.
template <std::integral T>
T atomicAdd(T* p, std::type_identity_t<T> value) {
  const T old = *p;
  *p += value;
  return old;
}
template <std::integral T>
T atomicMax(T* p, std::type_identity_t<T> value) {
  const T old = *p;
  *p = std::max(old, value);
  return old;
}
template <std::integral T>
T atomicMin(T* p, std::type_identity_t<T> value) {
  const T old = *p;
  *p = std::min(old, value);
  return old;
}
template <std::integral T>
T atomicCAS(T* p, std::type_identity_t<T> expected, std::type_identity_t<T> value) {
  const T old = *p;
  if (old == expected) *p = value;
  return old;
}

template <class T>
T __ldg(const T* p) {
  return *p;
}
inline int __popc(unsigned x) { return std::popcount(x); }
inline int __ffs(int x) { return x ? std::countr_zero(static_cast<unsigned>(x)) + 1 : 0; }
inline int __clz(int x) { return std::countl_zero(static_cast<unsigned>(x)); }
inline float rsqrtf(float x) { return 1 / std::sqrt(x); }
inline float rsqrt(float x) { return 1 / std::sqrt(x); }
inline double rsqrt(double x) { return 1 / std::sqrt(x); }
