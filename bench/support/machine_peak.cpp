#include "bench/support/machine_peak.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <vector>

namespace regrain::bench {

namespace {

using Clock = std::chrono::steady_clock;

// shortest of several runs, since others may use the machine
template <class F>
double best_seconds(int rounds, F f) {
  double best = 1e30;
  for (int r = 0; r < rounds; ++r) {
    const auto begin = Clock::now();
    f();
    best = std::min(best, std::chrono::duration<double>(Clock::now() - begin).count());
  }
  return best;
}

using Vector __attribute__((vector_size(32))) = float;

double measure_fma() {
  constexpr int kChains = 12, kSteps = 1 << 18;
  volatile float sink = 0;
  const double seconds = best_seconds(20, [&] {
    Vector acc[kChains], a, b;
    for (int l = 0; l < 8; ++l) a[l] = 0.999999f, b[l] = 1e-6f;
    for (int c = 0; c < kChains; ++c)
      for (int l = 0; l < 8; ++l) acc[c][l] = static_cast<float>(c + l);
    for (int s = 0; s < kSteps; ++s) {
      for (int c = 0; c < kChains; ++c) acc[c] = acc[c] * a + b;
      asm volatile("" : "+x"(a), "+x"(b));  // the loop may not be folded
    }
    float sum = 0;
    for (const Vector& v : acc)
      for (int l = 0; l < 8; ++l) sum += v[l];
    sink = sum;
  });
  (void)sink;
  return 2.0 * 8 * kChains * kSteps / seconds;
}

double measure_stream() {
  constexpr std::size_t kSize = std::size_t{1} << 24;  // 64 MiB an array
  std::vector<float> a(kSize, 1.f), b(kSize, 2.f), c(kSize, 0.f);
  const double seconds = best_seconds(5, [&] {
    for (std::size_t i = 0; i < kSize; ++i) c[i] = a[i] + 0.5f * b[i];
    asm volatile("" : : "r"(c.data()) : "memory");
  });
  // the written line is read first
  return 4.0 * sizeof(float) * kSize / seconds;
}

}  // namespace

double fma_peak() {
  static const double peak = measure_fma();
  return peak;
}

double stream_bandwidth() {
  static const double bandwidth = measure_stream();
  return bandwidth;
}

}  // namespace regrain::bench
