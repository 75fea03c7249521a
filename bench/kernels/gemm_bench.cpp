// Matrix products of the models, M x N x K.
#include "kernels/gemm.hpp"

#include "bench/support/kernel_bench.hpp"

namespace regrain::bench {

namespace {

using namespace kernels;

Work gemm_work(double m, double n, double k) { return {2 * m * n * k, kFloat * (m * k + k * n + m * n)}; }

// y = x W^T
auto linear(int m, int n, int k) {
  return [=](const Place& on) {
    return KernelCase{gemm_work(m, n, k), [=, x = on(normal({m, k}, 1)), w = on(normal({n, k}, 2)),
                                           y = on(Tensor<float>({m, n}))](auto be) mutable {
                        gemm<float>(be, Trans::no, Trans::yes, View<const float, 2>(x),
                                    View<const float, 2>(w), View<float, 2>(y), Write::overwrite);
                      }};
  };
}

// dW += dy^T x, with K rows of dy and x
auto weight_gradient(int m, int n, int k) {
  return [=](const Place& on) {
    Work work = gemm_work(m, n, k);
    work.bytes += kFloat * m * n;
    return KernelCase{work, [=, dy = on(normal({k, m}, 1)), x = on(normal({k, n}, 2)),
                             dw = on(Tensor<float>({m, n}))](auto be) mutable {
                        gemm<float>(be, Trans::yes, Trans::no, View<const float, 2>(dy),
                                    View<const float, 2>(x), View<float, 2>(dw), Write::accumulate);
                      }};
  };
}

[[maybe_unused]] const bool kRegistered = [] {
  add_kernel("gemm/linear/20x4248x472",
             linear(20, 4248, 472));  // gates of the decoder, two frames of 10 beads
  add_kernel("gemm/linear/50x5067x563", linear(50, 5067, 563));  // one sample of 50 beads
  add_kernel("gemm/linear/100x5067x563", linear(100, 5067, 563));
  add_kernel("gemm/linear/200x5067x563", linear(200, 5067, 563));
  add_kernel("gemm/weight_gradient/4248x472x20", weight_gradient(4248, 472, 20));
  add_kernel("gemm/linear/3200x5067x563", linear(3200, 5067, 563));  // 64 samples of 50 beads
  add_kernel("gemm/linear/220000x12x14", linear(220000, 12, 14));    // embedding of the edges of stage 2
  return true;
}();

}  // namespace

}  // namespace regrain::bench
