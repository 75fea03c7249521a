// Sorting and running sums on the device, see sort_scan.hpp.
//
// Both are limited by memory: a radix sort moves 24 bytes a pair for every 8 bits of the key (12 read, 12 written) and
// reads the keys once more at the beginning; the sum reads and writes 8 bytes a number once.
#include "kernels/cuda/sort_scan.hpp"

#include "kernels/cuda/launch.hpp"

#ifdef REGRAIN_SIMT
#include <simt/device_memory.hpp>  // tests/simt

#include <numeric>
#include <vector>
#else
#include <cub/device/device_radix_sort.cuh>
#include <cub/device/device_scan.cuh>
#endif

namespace regrain::kernels {

namespace {

#ifdef REGRAIN_SIMT
template <class U>
void check_range(View<U, 1> x) {
  simt::check_device_range(x.data(), x.size() * sizeof(U), "sort_scan");
}
#else
// f(storage, bytes) as CUB has it: called without storage it says how much it needs.
template <class F>
void with_storage(Cuda be, const char* what, F f) {
  const Arena::Scope scope(*be.scratch);
  std::size_t bytes = 0;
  cudaError_t status = f(nullptr, bytes);
  if (status == cudaSuccess) status = f(be.scratch->allocate(bytes), bytes);
  if (status != cudaSuccess) fail(ErrorKind::device, "cuda: ", what, ": ", cudaGetErrorString(status));
}
#endif

}  // namespace

void sort_pairs([[maybe_unused]] Cuda be, int bits, View<const unsigned long long, 1> key_N, View<const int, 1> value_N,
                View<unsigned long long, 1> sorted_key_N, View<int, 1> sorted_value_N) {
  const int n = key_N.dim(0);
  const bool fit = value_N.dim(0) == n && sorted_key_N.dim(0) == n && sorted_value_N.dim(0) == n;
  REGRAIN_CHECK(fit && bits >= 1 && bits <= 64,
                "sort_pairs: ", bits, " bits of ", n, " keys, ", value_N.dim(0), " values into ", sorted_key_N.dim(0),
                " and ", sorted_value_N.dim(0));
  if (n == 0) return;
#ifdef REGRAIN_SIMT
  check_range(key_N), check_range(value_N), check_range(sorted_key_N), check_range(sorted_value_N);
  const simt::OpenDeviceMemory open;
  std::vector<int> order(key_N.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](int a, int b) { return key_N(a) << (64 - bits) < key_N(b) << (64 - bits); });
  for (int i = 0; i < n; ++i) {
    sorted_key_N(i) = key_N(order[static_cast<std::size_t>(i)]);
    sorted_value_N(i) = value_N(order[static_cast<std::size_t>(i)]);
  }
#else
  with_storage(be, "sorting", [&](void* storage, std::size_t& bytes) {
    return cub::DeviceRadixSort::SortPairs(storage, bytes, key_N.data(), sorted_key_N.data(), value_N.data(),
                                           sorted_value_N.data(), n, 0, bits, static_cast<cudaStream_t>(be.stream));
  });
#endif
}

void exclusive_sum([[maybe_unused]] Cuda be, View<long long, 1> x_N) {
  if (x_N.dim(0) == 0) return;
#ifdef REGRAIN_SIMT
  check_range(x_N);
  const simt::OpenDeviceMemory open;
  std::exclusive_scan(x_N.begin(), x_N.end(), x_N.begin(), 0LL);
#else
  with_storage(be, "running sum", [&](void* storage, std::size_t& bytes) {
    return cub::DeviceScan::ExclusiveSum(storage, bytes, x_N.data(), x_N.data(), x_N.dim(0),
                                         static_cast<cudaStream_t>(be.stream));
  });
#endif
}

}  // namespace regrain::kernels
