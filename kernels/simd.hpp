// The vectors kernels are written with: the compiler's own, of one AVX2 register, and of four elements for
// rows that come in fours. Loads and stores need no alignment.
#pragma once

namespace regrain::kernels {

constexpr int kVectorBytes = 32;
template <class T>
constexpr int kLanes = kVectorBytes / static_cast<int>(sizeof(T));

template <class T>
struct VectorTypes {
  typedef T Full __attribute__((vector_size(kVectorBytes), aligned(alignof(T)), may_alias));
  typedef T Four __attribute__((vector_size(4 * sizeof(T)), aligned(alignof(T)), may_alias));
};
template <class T>
using Vec = typename VectorTypes<T>::Full;
template <class T>
using Vec4 = typename VectorTypes<T>::Four;

template <class T>
inline Vec<T> load_vec(const T* p) {
  return *reinterpret_cast<const Vec<T>*>(p);
}
template <class T>
inline void store_vec(T* p, Vec<T> v) {
  *reinterpret_cast<Vec<T>*>(p) = v;
}
template <class T>
inline Vec4<T> load_vec4(const T* p) {
  return *reinterpret_cast<const Vec4<T>*>(p);
}
template <class T>
inline void store_vec4(T* p, Vec4<T> v) {
  *reinterpret_cast<Vec4<T>*>(p) = v;
}

}  // namespace regrain::kernels
