#include "bench/support/device_limits.hpp"

#include <algorithm>
#include <utility>

#include "bench/support/device_timer.hpp"
#include "engine/device.hpp"
#include "engine/tensor.hpp"
#include "kernels/cuda/launch.hpp"

namespace regrain::bench {

namespace {

using kernels::kBlock;

constexpr int kRounds = 10;

// y = x, 16 bytes a thread; limited by memory
__global__ void copy_kernel(const float4* x, float4* y, std::size_t n) {
  const std::size_t i = kernels::thread_of_grid();
  if (i < n) y[i] = x[i];
}

// Independent chains of multiply-adds in every thread, enough of them to hide the latency of one; limited by
// the multiply-add units. The sums are written so that nothing can be left out.
constexpr int kChains = 8;
__global__ void fma_kernel(float a, float b, int steps, float* sum) {
  const std::size_t i = kernels::thread_of_grid();
  float x[kChains];  // in registers: all loops over it have a fixed length
  for (int c = 0; c < kChains; ++c) x[c] = static_cast<float>(threadIdx.x + static_cast<unsigned>(c));
  for (int s = 0; s < steps; ++s)
    for (int c = 0; c < kChains; ++c) x[c] = x[c] * a + b;
  float all = 0;
  for (int c = 0; c < kChains; ++c) all += x[c];
  sum[i] = all;
}

// the shortest of several runs
template <class F>
double best_seconds(Context& context, F f) {
  DeviceTimer timer(Target{.device = Device::cuda, .warm_cache = true}, context);
  double best = timer.seconds_of(f);
  for (int r = 1; r < kRounds; ++r) best = std::min(best, timer.seconds_of(f));
  return best;
}

double copy_bandwidth(Context& context, Cuda be, const device::Properties& device) {
  const int n = static_cast<int>(std::min(16 * device.l2_bytes, device.memory_bytes / 8) / sizeof(float4));
  Tensor<float4> x({n}, device::memory()), y({n}, device::memory());
  device::zero(x.data(), x.bytes(), be.stream);
  const double seconds = best_seconds(context, [&] {
    kernels::launch<copy_kernel>(be, kernels::blocks_for(x.size()), kBlock, 0, std::as_const(x).data(),
                                 y.data(), x.size());
  });
  return 2 * static_cast<double>(x.bytes()) / seconds;
}

double fma_rate(Context& context, Cuda be, const device::Properties& device) {
  constexpr unsigned kBlocksEach = 8;  // as many threads as a multiprocessor holds
  constexpr int kSteps = 1 << 12;      // the loop takes a hundred times as long as its launch
  const auto blocks = kBlocksEach * static_cast<unsigned>(device.n_multiprocessors);
  const std::size_t threads = std::size_t{blocks} * kBlock;
  Tensor<float> sum({static_cast<int>(threads)}, device::memory());
  const double seconds = best_seconds(context, [&] {
    kernels::launch<fma_kernel>(be, dim3(blocks), kBlock, 0, 0.999999f, 1e-6f, kSteps, sum.data());
  });
  return 2.0 * kChains * kSteps * static_cast<double>(threads) / seconds;
}

}  // namespace

const DeviceLimits& device_limits() {
  static const DeviceLimits limits = [] {
    Context& context = device_context();
    DeviceLimits found{};
    context.visit([&](auto be) {
      if constexpr (std::is_same_v<decltype(be), Cuda>) {
        const device::Properties device = device::properties(device::in_use());
        found = {copy_bandwidth(context, be, device), fma_rate(context, be, device)};
      }
    });
    return found;
  }();
  return limits;
}

}  // namespace regrain::bench
