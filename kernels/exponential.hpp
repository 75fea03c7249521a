// exp as a polynomial, so that loops over it become vectors; libm's is one call an element.
//
// exp(x) = 2^n exp(r), r = x - n ln 2 in [-ln 2 / 2, ln 2 / 2], exp(r) by its Taylor series to the last bit of T.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <type_traits>

#include "engine/host_device.hpp"

namespace regrain::kernels {

// Within two units in the last place of libm's where the result is a normal number; at the ends of that range it
// stays at the end. NaN stays NaN.
template <class T>
REGRAIN_HD inline T exponential(T x) {
  constexpr bool single = std::is_same_v<T, float>;
  using Bits = std::conditional_t<single, std::int32_t, std::int64_t>;
  constexpr T lowest = single ? T(-87.3365) : T(-708.396), highest = single ? T(88.3762) : T(709.436);
  // ln 2 in two parts, the first with zeros at the end, so that n times it is exact
  constexpr T log2_e = T(1.44269504088896340736), ln2_high = single ? T(0.693359375) : T(0.693145751953125),
              ln2_low = single ? T(-2.12194440054690581e-4) : T(1.42860682030941723212e-6);
  // each order of comparison keeps NaN
  x = highest < x ? highest : x;
  x = x < lowest ? lowest : x;
  const T n = std::floor(x * log2_e + T(0.5));
  const T r = (x - n * ln2_high) - n * ln2_low;
  constexpr int kTerms = single ? 7 : 13;
  constexpr T inverse[14] = {T(1), T(1), T(1) / 2, T(1) / 3, T(1) / 4, T(1) / 5, T(1) / 6, T(1) / 7, T(1) / 8, T(1) / 9,
                             T(1) / 10, T(1) / 11, T(1) / 12, T(1) / 13};
  T sum = T(1);
  REGRAIN_UNROLL
  for (int k = kTerms; k >= 1; --k) sum = T(1) + r * inverse[k] * sum;
  constexpr int mantissa = single ? 23 : 52, bias = single ? 127 : 1023;
  return sum * std::bit_cast<T>(static_cast<Bits>(static_cast<Bits>(n) + bias) << mantissa);
}

}  // namespace regrain::kernels
