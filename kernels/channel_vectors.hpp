// Vectors of one channel in rows (3,F): their components lie F apart. Shared by the message kernels of both
// sides.
#pragma once

#include <cstddef>

#include "engine/host_device.hpp"

namespace regrain::kernels::channel_vectors {

template <class T>
struct Vec3 {
  T x, y, z;
};
// `p` points to the channel's x component
template <class T, class U>
REGRAIN_HD Vec3<T> load(const U* p, std::ptrdiff_t f) {
  return {p[0], p[f], p[2 * f]};
}
template <class T>
REGRAIN_HD void store(T* p, std::ptrdiff_t f, Vec3<T> a) {
  p[0] = a.x;
  p[f] = a.y;
  p[2 * f] = a.z;
}
template <class T>
REGRAIN_HD void add_to(T* p, std::ptrdiff_t f, Vec3<T> a) {
  p[0] += a.x;
  p[f] += a.y;
  p[2 * f] += a.z;
}
template <class T>
REGRAIN_HD Vec3<T> cross(Vec3<T> a, Vec3<T> b) {
  return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}
template <class T>
REGRAIN_HD T dot(Vec3<T> a, Vec3<T> b) {
  return a.x * b.x + a.y * b.y + a.z * b.z;
}
template <class T>
REGRAIN_HD Vec3<T> operator*(T s, Vec3<T> a) {
  return {s * a.x, s * a.y, s * a.z};
}
template <class T>
REGRAIN_HD Vec3<T> operator+(Vec3<T> a, Vec3<T> b) {
  return {a.x + b.x, a.y + b.y, a.z + b.z};
}

}  // namespace regrain::kernels::channel_vectors
