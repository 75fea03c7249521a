// Adam and the gradient norm on the device: memory traffic over all parameters, in loads of 16 bytes.
//
// A pack is as many numbers as 16 bytes hold. Where an array doesn't begin at a multiple of 16 bytes its packs are read
// number by number, by the same threads in the same order: the bits don't depend on where an array lies.
#include "kernels/optimizer.hpp"

#include <cstdint>

#include "kernels/cuda/launch.hpp"
#include "kernels/cuda/sums.cuh"

namespace regrain::kernels {

namespace {

template <class T>
struct alignas(16) Pack {
  static constexpr unsigned kSize = 16 / sizeof(T);
  T x[kSize];
};

template <class T>
bool in_packs(const T* p) {
  return reinterpret_cast<std::uintptr_t>(p) % sizeof(Pack<T>) == 0;
}

template <class T>
std::size_t n_packs(std::size_t n) {
  return (n + Pack<T>::kSize - 1) / Pack<T>::kSize;
}

template <class T, bool kAligned>
__device__ inline Pack<T> load_whole(const T* p) {
  if constexpr (kAligned) {
    return *reinterpret_cast<const Pack<T>*>(p);
  } else {
    Pack<T> pack;
    for (unsigned l = 0; l < Pack<T>::kSize; ++l) pack.x[l] = p[l];
    return pack;
  }
}

// Numbers [begin, n) of an array, at most a pack; zeros behind its end.
template <class T, bool kAligned>
__device__ inline Pack<T> load_pack(const T* p, std::size_t begin, std::size_t n) {
  if (begin + Pack<T>::kSize <= n) return load_whole<T, kAligned>(p + begin);
  Pack<T> pack;
  for (unsigned l = 0; l < Pack<T>::kSize; ++l) pack.x[l] = begin + l < n ? p[begin + l] : T(0);
  return pack;
}

template <class T, bool kAligned>
__device__ inline void store_pack(const Pack<T>& pack, T* p, std::size_t begin, std::size_t n) {
  if (kAligned && begin + Pack<T>::kSize <= n) {
    *reinterpret_cast<Pack<T>*>(p + begin) = pack;
    return;
  }
  for (unsigned l = 0; l < Pack<T>::kSize; ++l)
    if (begin + l < n) p[begin + l] = pack.x[l];
}

// large blocks: kSumBlocks of them must ask for enough memory at once to keep it busy
constexpr unsigned kNormBlock = 512;

// partial(b) = sum of the squares of the packs of block b: every kSumBlocks kNormBlock-th one a thread.
// A number read for a multiplication and an addition in double: limited by memory.
template <class T, bool kAligned>
__global__ void __launch_bounds__(kNormBlock) squares_kernel(const T* __restrict__ grad, std::size_t n, double* partial) {
  double sum = 0;
  const auto add = [&](const Pack<T>& g) {
    REGRAIN_UNROLL
    for (unsigned l = 0; l < Pack<T>::kSize; ++l) sum += static_cast<double>(g.x[l]) * static_cast<double>(g.x[l]);
  };
  // whole packs without a branch, so that several loads are on their way; then the rest, whose thread comes next
  const std::size_t whole = n / Pack<T>::kSize;
  std::size_t i = thread_of_grid();
  for (; i < whole; i += std::size_t{kSumBlocks} * kNormBlock) add(load_whole<T, kAligned>(grad + i * Pack<T>::kSize));
  if (i == whole) add(load_pack<T, kAligned>(grad, i * Pack<T>::kSize, n));
  sum = block_sum(sum);
  if (threadIdx.x == 0) partial[blockIdx.x] = sum;
}

// state: the norm from the partial sums, the step counted and what follows from both.
// Grid: one block of kSumBlocks threads; thread 0 writes the state: the time of a launch and of two powers.
__global__ void __launch_bounds__(kSumBlocks) begin_adam_step_kernel(AdamSettings settings, const double* partial,
                                                                     AdamState* state) {
  const double sum = block_sum(partial[threadIdx.x]);
  if (threadIdx.x == 0) begin_adam_step(settings, sum, *state);
}

// Value and moments updated by the gradient. Grid: thread i does pack i. Four arrays read, three written, 14
// operations a parameter: limited by memory.
template <class T, bool kAligned>
__global__ void __launch_bounds__(kBlock) adam_step_kernel(AdamSettings settings, const AdamState* __restrict__ state,
                                                           const T* __restrict__ grad, T* __restrict__ value,
                                                           T* __restrict__ first, T* __restrict__ second, std::size_t n) {
  const std::size_t begin = thread_of_grid() * Pack<T>::kSize;
  if (begin >= n) return;
  const AdamUpdate<T> update(settings, *state);
  const Pack<T> g = load_pack<T, kAligned>(grad, begin, n);
  Pack<T> x = load_pack<T, kAligned>(value, begin, n), m = load_pack<T, kAligned>(first, begin, n);
  Pack<T> v = load_pack<T, kAligned>(second, begin, n);
  REGRAIN_UNROLL
  for (unsigned l = 0; l < Pack<T>::kSize; ++l) update(g.x[l], x.x[l], m.x[l], v.x[l]);
  store_pack<T, kAligned>(x, value, begin, n);
  store_pack<T, kAligned>(m, first, begin, n);
  store_pack<T, kAligned>(v, second, begin, n);
}

}  // namespace

template <class T>
void begin_adam_step(Cuda be, const AdamSettings& settings, View<const T, 1> grad, AdamState* state) {
  const Arena::Scope scope(*be.scratch);
  auto* partial = be.scratch->allocate_array<double>(kSumBlocks);
  if (in_packs(grad.data()))
    launch<squares_kernel<T, true>>(be, kSumBlocks, kNormBlock, 0, grad.data(), grad.size(), partial);
  else
    launch<squares_kernel<T, false>>(be, kSumBlocks, kNormBlock, 0, grad.data(), grad.size(), partial);
  launch<begin_adam_step_kernel>(be, 1, kSumBlocks, 0, settings, partial, state);
}

template <class T>
void adam_step(Cuda be, const AdamSettings& settings, const AdamState* state, View<const T, 1> grad, View<T, 1> value,
               View<T, 1> first_moment, View<T, 1> second_moment) {
  const std::size_t n = value.size();
  const bool aligned = in_packs(grad.data()) && in_packs(value.data()) && in_packs(first_moment.data()) &&
                       in_packs(second_moment.data());
  const dim3 grid = blocks_for(n_packs<T>(n));
  if (aligned)
    launch<adam_step_kernel<T, true>>(be, grid, kBlock, 0, settings, state, grad.data(), value.data(),
                                      first_moment.data(), second_moment.data(), n);
  else
    launch<adam_step_kernel<T, false>>(be, grid, kBlock, 0, settings, state, grad.data(), value.data(),
                                       first_moment.data(), second_moment.data(), n);
}

#define REGRAIN_INSTANTIATE(T)                                                                           \
  template void begin_adam_step<T>(Cuda, const AdamSettings&, View<const T, 1>, AdamState*);             \
  template void adam_step<T>(Cuda, const AdamSettings&, const AdamState*, View<const T, 1>, View<T, 1>,  \
                             View<T, 1>, View<T, 1>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
