// The vectors kernels are written with: the compiler's own, of one register of AVX2 or, where the compiler may use it,
// of AVX-512, and of four elements for rows that come in fours. Loads and stores need no alignment.
//
// Every element is computed by the same operations whatever the width: it changes how many are done at once.
#pragma once

namespace regrain::kernels {

#if defined(REGRAIN_VECTOR_BYTES)  // tests compile the kernels with the width that the build doesn't have
constexpr int kVectorBytes = REGRAIN_VECTOR_BYTES;
#elif defined(__AVX512F__)
constexpr int kVectorBytes = 64;
#else
constexpr int kVectorBytes = 32;
#endif
static_assert(kVectorBytes == 32 || kVectorBytes == 64);
template <class T>
constexpr int kLanes = kVectorBytes / static_cast<int>(sizeof(T));

// Rows that are walked in whole vectors have so many columns: a multiple of the most lanes there are, of 8 at least.
constexpr int row_pitch(int n) { return (n + kLanes<float> - 1) / kLanes<float> * kLanes<float>; }

// Bytes and elements of a vector for which shuffles and tails are written, whatever the width.
constexpr int kShortBytes = 32;
template <class T>
constexpr int kShortLanes = kShortBytes / static_cast<int>(sizeof(T));

template <class T>
struct VectorTypes {
  typedef T Full __attribute__((vector_size(kVectorBytes), aligned(alignof(T)), may_alias));
  typedef T Short __attribute__((vector_size(kShortBytes), aligned(alignof(T)), may_alias));
  typedef T Four __attribute__((vector_size(4 * sizeof(T)), aligned(alignof(T)), may_alias));
};
template <class T>
using Vec = typename VectorTypes<T>::Full;
template <class T>
using ShortVec = typename VectorTypes<T>::Short;
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
inline ShortVec<T> load_short_vec(const T* p) {
  return *reinterpret_cast<const ShortVec<T>*>(p);
}
template <class T>
inline void store_short_vec(T* p, ShortVec<T> v) {
  *reinterpret_cast<ShortVec<T>*>(p) = v;
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
