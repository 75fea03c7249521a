// Products of small matrices by a warp's tensor cores, with float's precision: every number is the sum of two of TF32 (eight
// bits of exponent, ten behind the leading bit of the significand) and of a rest below 2^-22 of it, and
//
//   a b = a_high b_high + a_high b_low + a_low b_high     but for some 2^-21 of |a| |b|
//
// in three products whose sums are kept in float. Sums have another order than by multiply-adds: results differ in the last
// bits.
// One instruction does D (16 x 8) += A (16 x 8) B (8 x 8), spread over the lanes as PTX lays down for mma.m16n8k8. With
// g = lane / 4 and t = lane % 4 a lane has
//   A   rows g and g + 8 of column t, then of column t + 4
//   B   rows t and t + 4 of column g
//   D   columns 2 t and 2 t + 1 of row g, then of row g + 8
#pragma once

#include <bit>
#include <cstdint>

#include "engine/host_device.hpp"
#include "kernels/cuda/four.cuh"

namespace regrain::kernels::tensor_core {

constexpr int kDepth = 8;  // columns of A, rows of B

// bits of the TF32 that is nearest, of two the one further from zero
__device__ inline std::uint32_t nearest_tf32(float x) {
#ifdef REGRAIN_SIMT
  return simt::nearest_tf32(x);
#else
  std::uint32_t bits;
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(bits) : "f"(x));
  return bits;
#endif
}
__device__ inline float as_float(std::uint32_t bits) {
#ifdef REGRAIN_SIMT
  return std::bit_cast<float>(bits);
#else
  return __uint_as_float(bits);
#endif
}

__device__ inline std::uint32_t bits_of(float x) {
#ifdef REGRAIN_SIMT
  return std::bit_cast<std::uint32_t>(x);
#else
  return __float_as_uint(x);
#endif
}

struct Parts {
  std::uint32_t high, low;
};
__device__ inline Parts parts_of(float x) {
  const std::uint32_t high = nearest_tf32(x);
  return {high, nearest_tf32(x - as_float(high))};
}

// What a lane has of A or of B.
template <int N>
struct Fragment {
  std::uint32_t high[N], low[N];

  __device__ void set(int i, float x) {
    const Parts parts = parts_of(x);
    high[i] = parts.high;
    low[i] = parts.low;
  }
};
using FragmentA = Fragment<4>;
using FragmentB = Fragment<2>;

// The column of D, tiles of 8 side by side, that is number r of those of lanes with t = group.
__device__ inline int column_of(int group, int r) { return r / 2 * kDepth + 2 * group + r % 2; }

// A number's two parts, `part` elements apart, as floats.
__device__ inline void store_parts(float x, float* to, int part) {
  const Parts parts = parts_of(x);
  to[0] = as_float(parts.high);
  to[part] = as_float(parts.low);
}
// A of numbers that were stored so: a lane's rows are elements `first` and `first` + 1 of what it read at its two columns.
__device__ inline FragmentA stored_parts(const Four<float> (&high)[2], const Four<float> (&low)[2], int first) {
  FragmentA a;
  REGRAIN_UNROLL
  for (int i = 0; i < 4; ++i) {
    a.high[i] = bits_of(high[i / 2].v[first + i % 2]);
    a.low[i] = bits_of(low[i / 2].v[first + i % 2]);
  }
  return a;
}

// run(Tensor{}) where the tag asks for tensor cores and T is float, run(Other{}) elsewhere.
template <class T, class Tensor, class Other, class F>
void multiply_by(Cuda be, F run) {
  if constexpr (std::is_same_v<T, float>)
    if (be.tensor_cores) return run(Tensor{});
  run(Other{});
}

__device__ inline void multiply_add_tf32(float (&d)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2]) {
#ifdef REGRAIN_SIMT
  simt::multiply_add_tf32(d, a, b);
#else
  asm volatile(
      "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#endif
}

// D += A B; by a whole warp
__device__ inline void multiply_add(float (&d)[4], const FragmentA& a, const FragmentB& b) {
  multiply_add_tf32(d, a.low, b.high);
  multiply_add_tf32(d, a.high, b.low);
  multiply_add_tf32(d, a.high, b.high);
}

}  // namespace regrain::kernels::tensor_core
