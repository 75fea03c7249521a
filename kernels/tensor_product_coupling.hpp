// How features and the harmonics of an edge are multiplied, for one channel or a vector of channels.
#pragma once

#include "engine/host_device.hpp"
#include "kernels/tensor_product_paths.hpp"

namespace regrain::kernels::tensor_product {

// Y1 and S of the nine values of one edge
template <class T>
struct Harmonics {
  T y1[3];
  T s[3][3];

  REGRAIN_HD explicit Harmonics(const T* y) : y1{y[1], y[2], y[3]} {
    const T a = y[4], b = y[5], c = y[6], d = y[7], f = y[8], third = c * T(0.57735026918962576);
    s[0][0] = -third - f;
    s[1][1] = 2 * third;
    s[2][2] = -third + f;
    s[0][1] = s[1][0] = b;
    s[0][2] = s[2][0] = a;
    s[1][2] = s[2][1] = d;
  }
};

// The coupling that takes a gradient of the result back to the sender.
constexpr Coupling transposed(Coupling c) {
  return c == Coupling::to_vector ? Coupling::dot : c == Coupling::dot ? Coupling::to_vector : c;
}

// to(m, value) for every component of the result of the coupling, of components x(m); Back: of the transposed map
template <Coupling kCoupling, bool kBack, class T, class Read, class To>
REGRAIN_HD inline void couple_channel(const Harmonics<T>& h, Read x, To to) {
  constexpr Coupling kind = kBack ? transposed(kCoupling) : kCoupling;
  const T* y = h.y1;
  if constexpr (kind == Coupling::scalar) {
    to(0, x(0));
  } else if constexpr (kind == Coupling::to_vector) {
    for (int m = 0; m < 3; ++m) to(m, y[m] * x(0));
  } else if constexpr (kind == Coupling::vector) {
    for (int m = 0; m < 3; ++m) to(m, x(m));
  } else if constexpr (kind == Coupling::dot) {
    to(0, y[0] * x(0) + y[1] * x(1) + y[2] * x(2));
  } else if constexpr (kind == Coupling::cross) {
    // in x Y1; the transposed map is Y1 x in
    constexpr int i = kBack ? 2 : 1, j = kBack ? 1 : 2;
    const decltype(x(0)) v[3] = {x(0), x(1), x(2)};
    for (int m = 0; m < 3; ++m) to(m, y[(m + j) % 3] * v[(m + i) % 3] - y[(m + i) % 3] * v[(m + j) % 3]);
  } else {
    const decltype(x(0)) v[3] = {x(0), x(1), x(2)};
    for (int m = 0; m < 3; ++m) to(m, h.s[m][0] * v[0] + h.s[m][1] * v[1] + h.s[m][2] * v[2]);
  }
}

}  // namespace regrain::kernels::tensor_product
